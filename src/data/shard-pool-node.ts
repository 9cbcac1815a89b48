/** Threads that make shards. */
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { ArgumentError, FormatError, WorkerError } from "../core/index.ts";
import type { MadeShard, ShardPlan } from "./generate-shards-node.ts";
import type { PlannedShard } from "./shard-plan.ts";

/** What a thread tells. */
export type ShardReport =
  | { readonly kind: "clip"; readonly seconds: number }
  | { readonly kind: "shard"; readonly made: MadeShard }
  | { readonly kind: "fault"; readonly fault: ShardFault };

/** An error as it passes from thread to thread. */
export type ShardFault = Partial<Pick<FormatError, "format" | "offset" | "what" | "file">> & {
  readonly name: string;
  readonly message: string;
  readonly system?: { readonly code?: string; readonly syscall?: string; readonly path?: string };
};

/** A number of threads, each with the recipe. */
export class ShardPool {
  readonly #workers: readonly Worker[];

  constructor({ recipe, folder }: ShardPlan, threads: number) {
    // The program lies beside this file, as source or built.
    const program = new URL(`./shard-worker-node${extname(import.meta.url)}`, import.meta.url);
    const workerData = { recipe, folder };
    this.#workers = Array.from({ length: threads }, () => new Worker(program, { workerData }));
  }

  /**
   * Makes shards, each on the next thread that is free; the first fault ends it.
   *
   * @throws the fault of a thread; WorkerError if one dies
   */
  async make(
    shards: readonly PlannedShard[],
    options: {
      readonly save: (made: MadeShard) => Promise<void>;
      readonly onClip: (seconds: number) => void;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<void> {
    const { save, onClip, signal } = options;
    const waiting = [...shards];
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      let busy = this.#workers.length;
      const next = (worker: Worker): void => {
        const shard = waiting.shift();
        if (shard !== undefined) worker.postMessage(shard);
        else if (--busy === 0) resolve();
      };
      for (const worker of this.#workers) {
        worker.on("error", (error) => reject(died(error)));
        worker.on("exit", (code) => reject(died(`exit code ${code}`)));
        worker.on("message", (report: ShardReport) => {
          if (report.kind === "clip") onClip(report.seconds);
          else if (report.kind === "fault") reject(errorOf(report.fault));
          else save(report.made).then(() => next(worker), reject);
        });
        next(worker);
      }
    });
  }

  /** Ends the threads, whatever they do. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

/** An error as data. */
export function faultOf(error: unknown): ShardFault {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message } = error;
  if (error instanceof FormatError) {
    const { format, offset, what, file } = error;
    return { name, message, format, offset, what, ...(file !== undefined && { file }) };
  }
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return { name, message };
  return { name, message, system: { code, syscall, ...(path !== undefined && { path }) } };
}

function errorOf({ name, message, format, offset, what, file, system }: ShardFault): Error {
  if (name === "FormatError") return new FormatError(format!, offset!, what!, file);
  if (name === "ArgumentError") return new ArgumentError(message);
  if (system !== undefined) return Object.assign(new Error(message), system);
  return new WorkerError(`shard worker: expected a shard, got ${name}: ${message}`);
}

function died(reason: unknown): WorkerError {
  return new WorkerError(`shard worker: expected it to run, got ${String(reason)}`, { cause: reason });
}
