/** One check for kernels on packed spikes: every build and thread count, bit for bit, in memory with guards. */
import fc from "fast-check";
import { expect } from "vitest";
import {
  type NeuronDynamics,
  type PackedKernels,
  planesOf,
  ReferenceBackend,
  type Settlement,
  stateChannels,
  wordsOf,
} from "../../src/backend/index.ts";
import { Random } from "../../src/core/index.ts";
import { subjects } from "./conformance.ts";

export const seed = fc.integer({ min: 1, max: 1e6 });

/** Bytes before and behind each array that nobody may write; read as numbers they are NaN. */
const GUARD = 64;

export type Numbers = Float32Array | Int32Array | Uint32Array;

/** Lends guarded arrays of the memory of some kernels. */
export class Lender {
  readonly kernels: PackedKernels;
  readonly #blocks: Uint8Array[] = [];

  constructor(kernels: PackedKernels) {
    this.kernels = kernels;
  }

  floats(length: number, contents?: ArrayLike<number>): Float32Array {
    return this.#lend(4 * length, (b, at) => new Float32Array(b, at, length), contents);
  }

  integers(length: number, contents?: ArrayLike<number>): Int32Array {
    return this.#lend(4 * length, (b, at) => new Int32Array(b, at, length), contents);
  }

  words(length: number, contents?: ArrayLike<number>): Uint32Array {
    return this.#lend(4 * length, (b, at) => new Uint32Array(b, at, length), contents);
  }

  /** Packed spikes that were packed by the reference. */
  spikes(counts: Float32Array, channels: number, planes: number): Uint32Array {
    const rows = counts.length / channels;
    const bits = new Uint32Array(rows * planes * wordsOf(channels));
    reference.packSpikes(bits, counts, rows, channels, planes);
    return this.words(bits.length, bits);
  }

  /** Takes everything back; guards must be as they were. */
  close(): void {
    for (const block of this.#blocks) {
      for (const guard of [block.subarray(0, GUARD), block.subarray(block.length - GUARD)]) {
        expect(
          guard.every((byte) => byte === 0xff),
          "guards stay",
        ).toBe(true);
      }
      this.kernels.release(block);
    }
  }

  #lend<T extends Numbers>(
    bytes: number,
    view: (buffer: ArrayBuffer, at: number) => T,
    contents?: ArrayLike<number>,
  ): T {
    const block = this.kernels.allocate(bytes + 2 * GUARD).fill(0xff);
    this.#blocks.push(block);
    const numbers = view(block.buffer, block.byteOffset + GUARD);
    if (contents !== undefined) numbers.set(contents);
    return numbers;
  }
}

/** The first block of a memory lies behind the scratch of its last thread: what leaves that lands here. */
const canaries = subjects.map((backend) => backend.packed.allocate(16384).fill(0xff));

export const reference: PackedKernels = new ReferenceBackend().packed;

/** Runs a job on every backend and expects the bits that the reference gives; returns those. */
export function expectBits(
  job: (kernels: PackedKernels, lend: Lender) => readonly Numbers[],
): readonly Numbers[] {
  const results = [reference, ...subjects.map((backend) => backend.packed)].map((kernels) => {
    const lend = new Lender(kernels);
    const copies = job(kernels, lend).map((numbers) => numbers.slice());
    lend.close();
    return copies;
  });
  for (const canary of canaries)
    expect(
      canary.every((byte) => byte === 0xff),
      "scratch suffices",
    ).toBe(true);
  for (const got of results.slice(1)) same(got, results[0]!);
  return results[0]!;
}

export function same(got: readonly Numbers[], want: readonly Numbers[]): void {
  want.forEach((numbers, i) => {
    const bytes = (of: Numbers): Buffer => Buffer.from(of.buffer, of.byteOffset, of.byteLength);
    if (Buffer.compare(bytes(got[i]!), bytes(numbers)) === 0) return;
    expect(got[i]!.length).toBe(numbers.length);
    const at = numbers.findIndex((value, k) => !Object.is(value, got[i]![k]));
    if (at >= 0) expect.fail(`array ${i}, entry ${at}: expected ${numbers[at]}, got ${got[i]![at]}`);
  });
}

/** Spike counts, each of `levels` at most; `density`: share that is not 0. */
export function counts(length: number, start: number, levels: number, density: number): Float32Array {
  const random = new Random(start);
  return Float32Array.from({ length }, () =>
    random.uniform() < density ? (density === 1 ? levels : random.integer(1, levels + 1)) : 0,
  );
}

/** Sixteenths in [−range, range], so that sums are exact. */
export function sixteenths(length: number, start: number, range = 0.5): Float32Array {
  const random = new Random(start);
  return Float32Array.from({ length }, () => random.integer(-16 * range, 16 * range + 1) / 16);
}

/** What a settlement is asked for. */
export type Ending = {
  readonly residual: "none" | "apart" | "in place";
  readonly membrane: boolean;
  readonly dynamics: NeuronDynamics | null;
  readonly state: "none" | "fresh" | "resumed";
};

const lif = fc.record({
  kind: fc.constant("lif" as const),
  decay: fc.constantFrom(0.5, 0.3),
  decayInput: fc.boolean(),
  firingThreshold: fc.constantFrom(1, 0.5, 0.3),
  reset: fc.constantFrom("hard" as const, "soft" as const),
  resetPotential: fc.constantFrom(0, -0.1),
});

export const endings: fc.Arbitrary<Ending> = fc
  .record({
    residual: fc.constantFrom("none" as const, "apart" as const, "in place" as const),
    membrane: fc.boolean(),
    dynamics: fc.oneof(
      fc.constant(null),
      lif,
      lif,
      fc.record({
        kind: fc.constant("integer-lif" as const),
        keep: fc.constantFrom(0.25, 0.3),
        levels: fc.constantFrom(4, 1, 2),
      }),
    ),
    state: fc.constantFrom("none" as const, "fresh" as const, "resumed" as const),
  })
  .map((e) => ({ ...e, membrane: e.membrane || e.residual === "in place" || e.dynamics === null }));

type Sizes = Pick<Settlement, "timeSteps" | "pixels" | "channels">;

/** Arrays for a settlement, and what they hold after it. */
function lendSettlement(
  lend: Lender,
  sizes: Sizes,
  { residual, membrane, dynamics, state }: Ending,
  start: number,
): { readonly settlement: Settlement; readonly results: () => Numbers[] } {
  const { timeSteps, pixels, channels } = sizes;
  const length = timeSteps * pixels * channels;
  const kept = membrane ? lend.floats(length) : null;
  const given = sixteenths(length, start, 1);
  if (residual === "in place") kept!.set(given);
  const planes = dynamics?.kind === "integer-lif" ? planesOf(dynamics.levels) : 1;
  const row = stateChannels(channels);
  const neuron =
    dynamics === null
      ? null
      : {
          dynamics,
          spikes: lend.words(timeSteps * pixels * planes * wordsOf(channels)),
          state: state === "none" ? null : lend.floats(pixels * row, sixteenths(pixels * row, start + 1, 1)),
          resume: state === "resumed",
        };
  const before = residual === "apart" ? lend.floats(length, given) : residual === "none" ? null : kept;
  const carried = neuron?.state ?? null;
  return {
    settlement: { ...sizes, residual: before, membrane: kept, neuron },
    results: () =>
      [kept, neuron?.spikes, carried?.filter((_, i) => i % row < channels)].filter(
        (numbers) => numbers !== null && numbers !== undefined,
      ),
  };
}

/** Steps `from` to `until` of a settlement. */
function part(s: Settlement, from: number, until: number): Settlement {
  const { pixels, channels, residual, membrane, neuron } = s;
  const share = (numbers: Float32Array | null): Float32Array | null =>
    numbers?.subarray(from * pixels * channels, until * pixels * channels) ?? null;
  const words = neuron === null ? 0 : neuron.spikes.length / s.timeSteps;
  return {
    ...s,
    timeSteps: until - from,
    residual: share(residual),
    membrane: share(membrane),
    neuron: neuron && {
      ...neuron,
      spikes: neuron.spikes.subarray(from * words, until * words),
      resume: from > 0 || neuron.resume,
    },
  };
}

/**
 * Settles with every backend: the bits must be those of the reference and, where states are carried, those of two
 * runs after one another.
 * @param prepare - lends what is read; its function settles steps from `from` on. What it adds to `kept` is compared
 * @param options - `together`: steps cannot be settled in two runs
 */
export function expectSettled(
  sizes: Sizes,
  ending: Ending,
  start: number,
  prepare: (kernels: PackedKernels, lend: Lender, kept: Numbers[]) => (s: Settlement, from: number) => void,
  options: { readonly together?: boolean } = {},
): readonly Numbers[] {
  return expectBits((kernels, lend) => {
    const once = lendSettlement(lend, sizes, ending, start);
    const kept: Numbers[] = [];
    prepare(kernels, lend, kept)(once.settlement, 0);
    const stateless = ending.dynamics !== null && ending.state === "none";
    if (sizes.timeSteps > 1 && !stateless && options.together !== true) {
      const twice = lendSettlement(lend, sizes, ending, start);
      const keptTwice: Numbers[] = [];
      const run = prepare(kernels, lend, keptTwice);
      const cut = 1 + (start % (sizes.timeSteps - 1));
      run(part(twice.settlement, 0, cut), 0);
      run(part(twice.settlement, cut, sizes.timeSteps), cut);
      same([...twice.results(), ...keptTwice], [...once.results(), ...kept]);
    }
    return [...once.results(), ...kept];
  });
}
