import type { Register } from "./program.ts";

/** The commands, in the order of the help text. */
export const commands: readonly Register[] = [];
