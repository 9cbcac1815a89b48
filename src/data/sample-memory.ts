/** Samples that are made once and kept, as far as memory goes. */
import type { Dataset } from "./dataset.ts";

/** Memory that samples may take, shared by several data sets. */
export class SampleMemory {
  #left: number;

  /** @param maxBytes - bytes of all samples that are kept */
  constructor(maxBytes: number) {
    this.#left = maxBytes;
  }

  /**
   * A data set that keeps its samples once they are made; those for which no memory is left are made whenever they are
   * asked for. Callers must not change what they get.
   *
   * @param bytesOf - what a sample takes
   */
  keep<Sample>(dataset: Dataset<Sample>, bytesOf: (sample: Sample) => number): Dataset<Sample> {
    const kept = new Map<number, Sample>();
    return {
      ...dataset,
      get: async (index) => {
        const known = kept.get(index);
        if (known !== undefined) return known;
        const sample = await dataset.get(index);
        const bytes = bytesOf(sample);
        if (bytes <= this.#left && !kept.has(index)) {
          this.#left -= bytes;
          kept.set(index, sample);
        }
        return sample;
      },
    };
  }
}
