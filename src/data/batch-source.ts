/** Where a run of training gets its batches. */

/** What a source saves, as JSON. */
export type BatchState = { readonly [key: string]: unknown };

/** Endless batches for training. What it saves is all that the next batch depends on, besides how it was made. */
export interface BatchSource<Batch> {
  /** The next batch. */
  next(): Batch | Promise<Batch>;
  save(): BatchState;
  /** Goes on from a saved state. */
  restore(state: BatchState): void;
}
