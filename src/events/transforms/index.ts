/** Transforms of events by name, for command lines and recipes. */
import type { Transform } from "./transform.ts";

/** All transforms by name. */
export const transforms: Readonly<Record<string, Transform>> = {};
