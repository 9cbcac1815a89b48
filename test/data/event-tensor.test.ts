import { expect, suite, test } from "vitest";
import { ReferenceBackend, setBackend } from "../../src/backend/index.ts";
import { ShapeError } from "../../src/core/index.ts";
import { toTensor } from "../../src/data/index.ts";
import { BinaryVoxelGrid, CountGrid } from "../../src/events/index.ts";

setBackend(new ReferenceBackend());

const events = {
  t: Float64Array.of(0, 1, 2),
  x: Uint16Array.of(0, 0, 1),
  y: new Uint16Array(3),
  on: Uint8Array.of(1, 1, 0),
};
const options = { sensor: { width: 2, height: 1 }, timeSteps: 1, durationUs: 10 };

suite("tensors of events", () => {
  test("are spikes where the grid is binary", () => {
    const grid = new BinaryVoxelGrid(options);
    grid.add(events);
    const spikes = toTensor(grid, { batch: true });
    expect(spikes.shape).toEqual([1, 1, 2, 1, 2]);
    expect(spikes.spikeLevels).toBe(1);
    expect([...spikes.data]).toEqual([0, 1, 1, 0]);
    grid.clear();
    expect([...spikes.data]).toEqual([0, 1, 1, 0]);
  });

  test("are real numbers else", () => {
    const grid = new CountGrid(options);
    grid.add(events);
    const counts = toTensor(grid);
    expect(counts.shape).toEqual([1, 2, 1, 2]);
    expect(counts.spikeLevels).toBe(0);
    expect([...counts.data]).toEqual([0, 1, 2, 0]);
  });

  test("are refused if values and shape do not fit", () => {
    expect(() => toTensor({ values: new Float32Array(3), shape: [2, 2] })).toThrow(ShapeError);
  });
});
