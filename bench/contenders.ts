/** Processes that run networks, as contenders: one for each number of threads, and again with revectorisation. */
import { type ChildProcess, execSync, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { EngineName, Job, Setup } from "./contender.ts";
import type { Contender } from "./harness.ts";

/** A process that is ready to run. */
export type Team = {
  readonly threads: number;
  readonly revectorize: boolean;
  readonly setup: Setup;
  readonly contenders: readonly Contender[];
  readonly stop: () => void;
};

/** Name of a contender: the engine, how it is compiled, threads. */
export function nameOf(engine: EngineName, threads: number, revectorize = false): string {
  return `${engine}${revectorize ? " revectorised" : ""} ${threads}`;
}

/** Starts a process for a job; null where it cannot do what is asked. */
export async function startTeam(job: Job): Promise<Team | null> {
  const child = fork(join(import.meta.dirname, "contender.ts"), { serialization: "advanced" });
  const setup = await ask<Setup>(child, job);
  const stop = (): void => void child.kill();
  if (!setup.able) {
    stop();
    return null;
  }
  const { threads, revectorize } = job;
  const contenders = job.engines.map((engine) => ({
    name: nameOf(engine, threads, revectorize),
    measure: (ms: number) => ask<number[]>(child, { run: engine, ms }),
  }));
  return { threads, revectorize, setup, contenders, stop };
}

async function ask<Answer>(child: ChildProcess, message: object): Promise<Answer> {
  const died = new AbortController();
  const end = once(child, "exit", { signal: died.signal }).then(([code]) => {
    throw new Error(`contender: expected an answer, got exit code ${code}`);
  });
  child.send(message);
  try {
    return (await Promise.race([once(child, "message"), end]))[0] as Answer;
  } finally {
    died.abort();
    end.catch(() => {});
  }
}

/**
 * Milliseconds of the official network in PyTorch: `SACCADE_TORCH_FORWARD` is a command that takes
 * `--T N --size N --threads N` and prints `{"seconds": …}` as JSON; null without it.
 */
export function torch(timeSteps: number, side: number, threads: number): number | null {
  const command = process.env["SACCADE_TORCH_FORWARD"];
  if (command === undefined) return null;
  const env = { ...process.env, OMP_NUM_THREADS: `${threads}`, OPENBLAS_NUM_THREADS: `${threads}` };
  const given = `--T ${timeSteps} --size ${side} --threads ${threads}`;
  const text = execSync(`${command} ${given}`, { encoding: "utf8", env });
  return 1000 * (JSON.parse(text) as { seconds: number }).seconds;
}
