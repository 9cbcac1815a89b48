/** Where the batches of a training run come from. */
import { ArgumentError, CheckpointError, isRandomState, Random } from "../core/index.ts";
import type { Json } from "../io/index.ts";
import { shuffledOrder } from "./dataset.ts";

/** All that the next batch of a source depends on, besides its options; as JSON, for checkpoints. */
export type BatchState = { readonly [key: string]: Json };

/** Endless batches for training. */
export interface BatchSource<Batch> {
  /** The next batch. */
  next(): Batch | Promise<Batch>;
  /** All that the next batch depends on. */
  save(): BatchState;
  /** Goes on from a saved state: the batches are those that followed it. @throws ArgumentError or CheckpointError for another kind of state */
  restore(state: BatchState): void;
}

/**
 * Takes over the generator of a source that has no other state.
 *
 * @param state - `random` of what the source saved
 * @throws CheckpointError if it is another
 */
export function restoreRandom(random: Random, { random: state }: BatchState): void {
  if (!isRandomState(state)) {
    throw new CheckpointError("batches: expected the state of a generator of random numbers, got another");
  }
  random.restore(state);
}

/** One sample that a batch is to hold. */
export type Draw = {
  readonly index: number;
  /** Random numbers of this sample in this epoch: what augments it. */
  readonly random: Random;
};

/** Options of {@link ShuffledBatches}. */
export type ShuffledOptions<Batch> = {
  /** Number of samples. */
  readonly length: number;
  /** Samples of a batch. */
  readonly batch: number;
  readonly seed: number;
  /** Makes a batch; `random` is for what concerns all of its samples. */
  readonly make: (draws: readonly Draw[], random: Random) => Promise<Batch>;
};

/**
 * The samples of a data set, all of them in each epoch, in an order drawn anew. Batches are always full: one that reaches the
 * end of an epoch goes on with the next. Where a batch stands in this row of samples says all of it, so that the state is
 * that place alone, and a resumed run has the same batches.
 */
export class ShuffledBatches<Batch> implements BatchSource<Batch> {
  readonly #options: ShuffledOptions<Batch>;
  /** Samples that were drawn. */
  #position = 0;
  #order: { readonly epoch: number; readonly indices: Uint32Array } | undefined;

  /** @throws ArgumentError if there are no samples, or the batch is not of one or more */
  constructor(options: ShuffledOptions<Batch>) {
    const { length, batch } = options;
    if (!(length >= 1)) throw new ArgumentError(`batches: expected a sample or more, got ${length}`);
    if (!(Number.isInteger(batch) && batch >= 1)) {
      throw new ArgumentError(`batches: expected a batch of 1 or more, got ${batch}`);
    }
    this.#options = options;
  }

  async next(): Promise<Batch> {
    const { batch, seed, make } = this.#options;
    const start = this.#position;
    this.#position += batch;
    const draws = Array.from({ length: batch }, (_, i) => this.#draw(start + i));
    return make(draws, new Random(`batch ${seed} ${start}`));
  }

  save(): BatchState {
    return { position: this.#position };
  }

  restore({ position }: BatchState): void {
    if (!(typeof position === "number" && Number.isSafeInteger(position) && position >= 0)) {
      throw new ArgumentError(`batches: expected a position of 0 or more, got ${JSON.stringify(position)}`);
    }
    this.#position = position;
  }

  #draw(position: number): Draw {
    const { length, seed } = this.#options;
    const epoch = Math.floor(position / length);
    if (this.#order?.epoch !== epoch) {
      this.#order = { epoch, indices: shuffledOrder(length, { seed, epoch }) };
    }
    const index = this.#order.indices[position % length]!;
    return { index, random: new Random(`augment ${seed} ${epoch} ${index}`) };
  }
}
