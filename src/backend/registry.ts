/** The one place that remembers which backend computes. */
import { UnsupportedError } from "../core/index.ts";
import type { Backend } from "./backend.ts";

const registry: { current: Backend | undefined } = { current: undefined };

/** Makes a backend the one that tensors are made in from now on. Returns the one it replaces. */
export function setBackend(backend: Backend | undefined): Backend | undefined {
  const previous = registry.current;
  registry.current = backend;
  return previous;
}

/**
 * The backend in use.
 * @throws UnsupportedError when none was set
 */
export function backend(): Backend {
  if (registry.current === undefined) {
    throw new UnsupportedError("backend: expected setBackend(…) before the first tensor, got none");
  }
  return registry.current;
}
