/** Streams that end where they are damaged, so that what came before is decoded first. */
import { FormatError } from "../../../core/index.ts";
import type { Faults } from "../../faults.ts";

/** Why a stream ended before its time, once it has. */
export type Damage = { error?: FormatError };

/** Chunks up to the first damage, which is noted. */
export async function* untilDamage(
  chunks: AsyncIterable<Uint8Array>,
  damage: Damage,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    damage.error = error;
  }
}

/** Meets the damage of a stream, or else the fault that its end is. */
export function meetEnd(faults: Faults, { error }: Damage, offset: number, what: string, bytes = 0): void {
  faults.meet(error?.offset ?? offset, error?.what ?? what, { bytes });
}
