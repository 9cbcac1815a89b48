/** Operations and accesses to memory of a layer, after the equations of [Lemaire2022]. */
import type { LayerDemand, Traffic } from "./energy.ts";

/** A layer as it ran; all counts are sums over steps and clips. */
export type LayerLoad = {
  /** What drives it: spikes are handled one by one, reals all. */
  readonly driver: "spikes" | "reals";
  /** Multiply-accumulates of its synapses. */
  readonly macs: number;
  /** Accumulates of its synapses: of each spike, as many as outputs it reaches. */
  readonly acs: number;
  /** Spikes that came in; 0 for reals. */
  readonly inputSpikes: number;
  /** Numbers that came in. */
  readonly inputs: number;
  /** Currents that went out. */
  readonly outputs: number;
  /** Spikes that neurons made of them; null without neurons. */
  readonly outputSpikes: number | null;
  /** Steps times clips. */
  readonly frames: number;
  /** Numbers that it holds as weights, a table of attention included, and the bytes of one. */
  readonly weights: number;
  readonly weightBytes: number;
  readonly biased: boolean;
  /** Membrane potentials that are added, and that other layers read: 0, or as many as outputs. */
  readonly added: number;
  readonly kept: number;
  /** Weights of one input channel, Co·k²: their addresses are counted on once a frame. */
  readonly taps: number;
  /** Whether an input's place decides which outputs it reaches. */
  readonly spatial: boolean;
};

/** Messages that a queue of spikes holds, as in the paper's experiments, and the bytes of one. */
const QUEUE = 1000;
const WORD = 4;

/**
 * What a layer asks for. θ are spikes in, S the accumulates that they cause, M multiply-accumulates, N currents out
 * over all steps, θ′ spikes out. Every access is one number of a memory that is as large as what it holds for one step.
 *
 * | | driven by spikes | driven by reals |
 * | --- | --- | --- |
 * | synapses | S accumulates | M multiply-accumulates |
 * | neurons | N leaks, N biases, θ′ resets | the same |
 * | addresses | S additions, in a map 2·θ multiply-accumulates | additions: inputs + N + Co·k² a frame |
 * | inputs | θ reads of a queue of 1000 messages | M reads of the input |
 * | weights | S reads, N of biases | M reads, N of biases |
 * | potentials | S + N reads and as many writes | with neurons N reads and N writes |
 * | outputs | θ′ writes to a queue | the same; without neurons N writes |
 *
 * Departures from [Lemaire2022]: S is counted spike by spike where the paper estimates θ·Co·k² (or θ·Co·⌈k/stride⌉²),
 * which overstates it at borders; arithmetic is float32, only addresses are integers; a residual sum reads and adds N
 * potentials, and one that is kept beside its spikes writes N more; attention is a layer whose weights are the tables kᵀv: of a value's spike it
 * adds a row of keys to them, of a query's a row of theirs to a current. Memory below 8 KiB costs what 8 KiB do, above
 * 1 MiB what 1 MiB does.
 */
export function demandOf(load: LayerLoad): LayerDemand {
  const { driver, macs, acs, inputSpikes, inputs, outputs, outputSpikes, frames, biased, added } = load;
  const { kept, weights, weightBytes, taps, spatial } = load;
  const fires = outputSpikes !== null;
  const bySpikes = driver === "spikes";
  const biases = biased ? outputs : 0;
  const states = fires || bySpikes ? outputs : 0;
  const perFrame = (numbers: number): number => (WORD * numbers) / frames;
  const queue = (accesses: number): Traffic => ({ accesses, bytes: WORD * QUEUE });
  const sums = 2 * ((bySpikes ? acs : 0) + states);
  return {
    macs,
    acs,
    leaks: fires ? outputs : 0,
    updates: biases + (outputSpikes ?? 0) + added,
    addressAdds: bySpikes ? acs : inputs + outputs + frames * taps,
    addressMacs: bySpikes && spatial ? 2 * inputSpikes : 0,
    memories: {
      inputs: bySpikes
        ? queue(inputSpikes)
        : { accesses: macs + acs === 0 ? inputs : macs + acs, bytes: perFrame(inputs) },
      weights: { accesses: (bySpikes ? acs : macs) + biases, bytes: weightBytes * weights },
      potentials: { accesses: sums + added + (fires ? kept : 0), bytes: perFrame(outputs) },
      outputs: fires ? queue(outputSpikes) : { accesses: bySpikes ? 0 : outputs, bytes: perFrame(outputs) },
    },
  };
}

/** The same layer in a dense network of the same shape: every input is a real, and nothing fires. */
export function denseDemand(load: LayerLoad, denseMacs: number): LayerDemand {
  const dense = { ...load, driver: "reals", macs: denseMacs, inputSpikes: 0, outputSpikes: null } as const;
  // Sums without weights, as those of a mean, are the same in both.
  return demandOf({ ...dense, acs: denseMacs === 0 && load.driver === "reals" ? load.acs : 0 });
}
