import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { ReferenceBackend, setBackend } from "../../src/backend/index.ts";
import { ArgumentError } from "../../src/core/index.ts";
import {
  ActivityMonitor,
  compile,
  measureFiringRates,
  profileSession,
  Session,
  totalMj,
  tune,
} from "../../src/engine/index.ts";
import { tensor, withoutGradients } from "../../src/tensor/index.ts";
import { exactInput, exactModel } from "./exact.ts";

beforeAll(() => void setBackend(new ReferenceBackend()));
afterAll(() => void setBackend(undefined));

const [T, B, C, H, W] = [2, 2, 2, 18, 21];
const frame = { input: [B, C, H, W], timeSteps: T };

/** A clock on which every look takes a millisecond. */
function clock(): () => number {
  let ms = 0;
  return () => ms++;
}

/** A plan that keeps its spikes, with kernels as at a rate. */
function prepared(config: object, firingRate: number, events: boolean) {
  const model = exactModel({ head: { kind: "classification", classes: 3 }, ...config });
  const numbers = exactInput([T, B, C, H, W]);
  const clip = tensor(events ? numbers.map((x) => Number(x > 1)) : numbers, [T, B, C, H, W]);
  const rates = new Map(model.namedModules().map(([path]) => [path, firingRate]));
  const plan = compile(model, { ...frame, keepSpikes: true, firingRates: rates });
  return { model, clip, session: new Session(plan) };
}

suite("a profile", () => {
  test.each([
    ["convolutions of three factors, from reals", {}, 1, false],
    ["merged convolutions, from events", {}, 1e-3, true],
    [
      "attention along time, of spike counts",
      { attention: "factorised", neuron: { kind: "integer-lif" } },
      1,
      true,
    ],
    ["a dense head", { head: { kind: "dense", classes: 3 } }, 0.1, false],
  ])("counts for each spike the outputs that it reaches: %s", (_, config, firingRate, events) => {
    const { clip, session } = prepared(config, firingRate, events);
    const { steps } = withoutGradients(() => profileSession(session, clip, { now: clock(), runs: 1 }));
    const { plan } = session;
    let spikes = 0;
    plan.steps.forEach(({ work, layer }, i) => {
      const row = steps[i]!;
      expect(row.layer).toBe(layer);
      const firedAt = (id: number) => {
        if (id === plan.graph.input) return events ? channelsLast(clip.data) : null;
        return plan.value(id).levels === 0 ? null : session.spikes(plan.value(id).layer).data;
      };
      if (work.kind === "convolution") {
        const input = firedAt(work.input);
        const from = plan.value(work.input).shape;
        const to = plan.value(work.output).shape;
        const macs = (T * B * to[0] * to[1] * work.weights.weight.length) as number;
        expect(row.denseMacs).toBe(macs);
        expect({ layer, macs: row.macs }).toEqual({ layer, macs: input === null ? macs : 0 });
        const acs = input === null ? 0 : reached(input, from, to, work.weights);
        expect({ layer, acs: row.acs }).toEqual({ layer, acs });
        spikes += acs;
      } else if (work.kind === "attention") {
        const depth = plan.value(work.q).shape[2] / work.heads;
        const [q, v] = [work.q, work.v].map((id) => sum(firedAt(id)!)) as [number, number];
        expect(row.acs).toBe((q + v) * depth);
        expect(row.denseMacs).toBe(2 * T * B * plan.value(work.q).shape.reduce((a, b) => a * b) * depth);
      }
    });
    expect(spikes).toBeGreaterThan(1000);
  });

  test("its totals are sums, its shares make one, and its times are those of the clock", () => {
    const { clip, session } = prepared({}, 0.2, false);
    const { steps, total, ms, fastestMs, runs } = withoutGradients(() =>
      profileSession(session, clip, { now: clock(), runs: 3 }),
    );
    expect({ ms, fastestMs, runs }).toEqual({ ms: 1, fastestMs: 1, runs: 3 });
    expect(steps.every((step) => step.ms === 1)).toBe(true);
    expect(steps.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
    for (const key of ["denseMacs", "macs", "acs"] as const) {
      expect(total[key]).toBe(steps.reduce((sum, step) => sum + step[key], 0));
    }
    total.energy.forEach(({ node, spiking, dense }, i) => {
      const all = (of: "spiking" | "dense") => sum(steps.map(({ energy }) => totalMj(energy[i]![of])));
      expect(node).toBe(["45 nm", "7 nm"][i]);
      expect(totalMj(spiking)).toBeCloseTo(all("spiking"), 12);
      expect(totalMj(dense)).toBeCloseTo(all("dense"), 12);
      expect(totalMj(spiking)).toBeLessThan(totalMj(dense));
    });
  });

  test("it tells what there was to choose from, and the choice is the cheaper", () => {
    const { clip, session } = prepared({}, 0.2, false);
    const { steps } = withoutGradients(() => profileSession(session, clip, { now: clock(), runs: 1 }));
    const choices = steps.filter(({ kernel }) => kernel === "gather" || kernel === "dense");
    const told = choices.filter(({ estimates }) => estimates.some(({ kernel }) => kernel === "gather"));
    expect(told.length).toBeGreaterThan(5);
    expect(told.map(({ firingRate }) => firingRate)).not.toContain(null);
    for (const { kernel, estimates } of told) {
      const ns = (name: string) => estimates.find((estimate) => estimate.kernel === name)!.ns;
      expect(kernel).toBe(ns("gather") <= ns("dense") ? "gather" : "dense");
    }
  });

  test("it leaves no watch behind, and needs a run", () => {
    const { clip, session } = prepared({}, 0.2, false);
    const now = clock();
    withoutGradients(() => profileSession(session, clip, { now, runs: 1 }));
    const before = now();
    withoutGradients(() => session.run(clip));
    expect(now()).toBe(before + 1);
    expect(() => profileSession(session, clip, { now, runs: 0 })).toThrow(ArgumentError);
  });
});

suite("tuning", () => {
  test("measures the rates of the eager pass, and compiles with them", () => {
    const { model, clip, session } = prepared({}, 0.2, true);
    withoutGradients(() => {
      const rates = measureFiringRates(session, () => session.run(clip));
      const monitor = new ActivityMonitor(model);
      model.forward(clip);
      monitor.close();
      for (const { layer, ratePerStep } of monitor.firing()) {
        expect(rates.get(layer), layer).toBeCloseTo(ratePerStep.reduce((a, b) => a + b) / T, 12);
      }
      expect(rates.get("input")).toBeCloseTo(sum(clip.data) / clip.size, 12);
      const expected = compile(model, { ...frame, firingRates: rates });
      const plan = tune(model, frame, clip);
      expect(plan.steps.map(({ kernel }) => kernel)).toEqual(expected.steps.map(({ kernel }) => kernel));
      expect(plan.steps.map(({ estimates }) => estimates)).toEqual(
        expected.steps.map(({ estimates }) => estimates),
      );
    });
  });

  test("takes rates that are given as they are", () => {
    const { model, clip } = prepared({}, 0.2, false);
    const firingRates = new Map(model.namedModules().map(([path]) => [path, 0]));
    withoutGradients(() => {
      const plan = tune(model, { ...frame, firingRates }, clip);
      expect(plan.steps.filter(({ kernel }) => kernel === "dense").map(({ layer }) => layer)).toEqual(
        compile(model, { ...frame, firingRates })
          .steps.filter(({ kernel }) => kernel === "dense")
          .map(({ layer }) => layer),
      );
    });
  });
});

function sum(numbers: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < numbers.length; i++) total += numbers[i]!;
  return total;
}

/** `[T, B, C, H, W]` → `[T, B, H, W, C]` */
function channelsLast(numbers: ArrayLike<number>): Float32Array {
  const out = new Float32Array(numbers.length);
  for (let i = 0; i < out.length; i++) {
    const c = i % C;
    const pixel = Math.floor(i / C) % (H * W);
    out[i] = numbers[(Math.floor(i / (C * H * W)) * C + c) * H * W + pixel]!;
  }
  return out;
}

/** Accumulates by brute force: every output of every spike is visited. */
function reached(
  spikes: ArrayLike<number>,
  [h, w, c]: readonly [number, number, number],
  [outH, outW]: readonly [number, number, number],
  {
    kernel,
    stride,
    padding,
    outChannels,
    groups,
  }: {
    kernel: number;
    stride: number;
    padding: number;
    outChannels: number;
    groups: number;
  },
): number {
  let total = 0;
  for (let i = 0; i < spikes.length; i++) {
    if (spikes[i] === 0) continue;
    const [y, x] = [Math.floor(i / (c * w)) % h, Math.floor(i / c) % w];
    for (let oy = 0; oy < outH; oy++) {
      const ky = y + padding - oy * stride;
      if (ky < 0 || ky >= kernel) continue;
      for (let ox = 0; ox < outW; ox++) {
        const kx = x + padding - ox * stride;
        if (kx >= 0 && kx < kernel) total += (spikes[i]! * outChannels) / groups;
      }
    }
  }
  return total;
}
