import { expect, suite, test } from "vitest";
import {
  accessPj,
  demandOf,
  denseDemand,
  energyParts,
  type LayerLoad,
  memoryCosts,
  totalMj,
} from "../../src/engine/index.ts";

const [at45, at7] = memoryCosts;
const KIB = 1024;

/** A 3×3 convolution of 2 to 4 channels on 4×4 pixels over 5 steps: 30 spikes in, 7 out. */
const conv: LayerLoad = {
  driver: "spikes",
  macs: 0,
  acs: 900,
  inputSpikes: 30,
  inputs: 5 * 16 * 2,
  outputs: 5 * 16 * 4,
  outputSpikes: 7,
  frames: 5,
  weights: 9 * 8 + 4,
  weightBytes: 4,
  biased: true,
  added: 0,
  kept: 0,
  taps: 36,
  spatial: true,
};

suite("accesses to memory", () => {
  test("cost what is known at three sizes, what lies between them, and no less or more beyond", () => {
    const sizes = [1, 8 * KIB, 20 * KIB, 32 * KIB, 528 * KIB, 1024 * KIB, 2 ** 30];
    expect(sizes.map((bytes) => accessPj(bytes, at45))).toEqual([10, 10, 15, 20, 60, 100, 100]);
    expect(sizes.map((bytes) => accessPj(bytes, at7))).toEqual([7.5, 7.5, 8, 8.5, 11.25, 14, 14]);
  });
});

suite("what a layer asks for", () => {
  test("driven by spikes, after the equations of Lemaire et al.", () => {
    expect(demandOf(conv)).toEqual({
      macs: 0,
      acs: 900,
      leaks: 320,
      updates: 320 + 7,
      addressAdds: 900,
      addressMacs: 60,
      memories: {
        inputs: { accesses: 30, bytes: 4000 },
        weights: { accesses: 900 + 320, bytes: 304 },
        potentials: { accesses: 2 * (900 + 320), bytes: 256 },
        outputs: { accesses: 7, bytes: 4000 },
      },
    });
  });

  test("driven by reals, with and without neurons", () => {
    const reals: LayerLoad = { ...conv, driver: "reals", macs: 5760, acs: 0, inputSpikes: 0 };
    expect(demandOf(reals)).toMatchObject({
      addressAdds: 160 + 320 + 5 * 36,
      addressMacs: 0,
      memories: {
        inputs: { accesses: 5760, bytes: 128 },
        weights: { accesses: 5760 + 320, bytes: 304 },
        potentials: { accesses: 640, bytes: 256 },
        outputs: { accesses: 7, bytes: 4000 },
      },
    });
    const silent = demandOf({ ...reals, outputSpikes: null });
    expect(silent).toMatchObject({ leaks: 0, updates: 320 });
    expect(silent.memories).toMatchObject({
      potentials: { accesses: 0 },
      outputs: { accesses: 320, bytes: 256 },
    });
    expect(denseDemand(conv, 5760)).toEqual(silent);
  });

  test("a residual sum reads and adds; one that is kept beside its spikes is written too", () => {
    const plain = demandOf(conv);
    const summed = demandOf({ ...conv, added: 320, kept: 320 });
    expect(summed.updates - plain.updates).toBe(320);
    expect(summed.memories.potentials.accesses - plain.memories.potentials.accesses).toBe(640);
  });

  test("costs energy by parts, in millijoules", () => {
    const parts = energyParts(demandOf(conv), at45);
    expect(parts.synapsesMj).toBeCloseTo(900 * 0.9e-9, 18);
    expect(parts.neuronsMj).toBeCloseTo((320 * 4.6 + 327 * 0.9) * 1e-9, 18);
    expect(parts.addressesMj).toBeCloseTo((900 * 0.1 + 60 * 3.2) * 1e-9, 18);
    // All four memories are small.
    expect(parts.memoryMj).toBeCloseTo((30 + 1220 + 2440 + 7) * 10e-9, 18);
    expect(totalMj(parts)).toBeCloseTo(
      Object.values(parts).reduce((a, b) => a + b),
      18,
    );
  });
});
