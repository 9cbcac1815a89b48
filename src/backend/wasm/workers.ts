/** Waiting for workers to start, which one that dies early never says. */
import { WorkerError } from "../../core/index.ts";

/**
 * Resolves when all have started.
 * @param started - one promise a worker
 * @throws WorkerError when one is rejected, or none resolves for `patienceMs`
 */
export async function allStarted(started: readonly Promise<void>[], patienceMs: number): Promise<void> {
  const all = Promise.all(started);
  for (const start of started) await within(Promise.race([start, all]), patienceMs);
}

/** For a worker that ended, or never came to be. */
export function notStarted(reason: unknown): WorkerError {
  return new WorkerError(`worker: expected it to start, got ${String(reason)}`, { cause: reason });
}

async function within(event: Promise<unknown>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(notStarted(`nothing for ${ms} ms`)), ms);
  });
  try {
    await Promise.race([event, late]);
  } finally {
    clearTimeout(timer);
  }
}
