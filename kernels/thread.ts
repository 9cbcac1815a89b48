// Parallel-for inside the module. The host writes arguments into the control block and calls `parallel`; workers
// sleep in `workerLoop`. Tickets count down from `tasks` to 1, so that a worker that wakes late draws a number ≤ 0
// and can never repeat a task or see the arguments of another job. Nobody waits for a worker that did not wake, and
// for one that died with a task in its hands only so long.
import { run } from "./run";

// Addresses in the first page; those that threads write at the same time are cache lines apart.
const EPOCH: usize = 64;
const TICKETS: usize = 128;
/** Tasks that ended; negative once a worker failed. */
const DONE: usize = 192;
const TASKS: usize = 256;
const KERNEL: usize = 260;
// How many workers sleep, and whether the host does: only then is a call to wake them worth its price.
const SLEEPING: usize = 264;
const HOST_SLEEPS: usize = 268;
export const ARGS: usize = 320;

/** Loads before a thread gives up spinning and sleeps: some 50 µs, longer than the pause between most jobs. */
const SPINS = 50000;

/** Waits that the host's patience is cut into, so that a machine that stood still uses up no more than one. */
const WAITS = 8;

// How a job ended.
const FINISHED = 0;
const FAILED = 1;
const STUCK = 2;

function work(): void {
  for (;;) {
    const ticket = atomic.sub<i32>(TICKETS, 1);
    if (ticket <= 0) return;
    const tasks = load<i32>(TASKS);
    run(load<i32>(KERNEL), ARGS, tasks - ticket);
    if (atomic.add<i32>(DONE, 1) + 1 == tasks && atomic.load<i32>(HOST_SLEEPS)) atomic.notify(DONE, 1);
  }
}

/**
 * Runs tasks 0 … tasks − 1 of a kernel on this thread and on those of the workers that wake in time.
 * @returns 0 when all are done, 1 when a worker failed, 2 when no task ended for `patienceMs`
 */
export function parallel(kernel: i32, tasks: i32, workers: i32, patienceMs: f64): i32 {
  store<i32>(KERNEL, kernel);
  store<i32>(TASKS, tasks);
  atomic.store<i32>(DONE, 0);
  atomic.store<i32>(TICKETS, tasks);
  atomic.add<i32>(EPOCH, 1);
  if (atomic.load<i32>(SLEEPING)) atomic.notify(EPOCH, workers);
  work();
  for (let spins = 0; spins <= SPINS; spins++) {
    if (atomic.load<i32>(DONE) == tasks) return FINISHED;
  }
  atomic.store<i32>(HOST_SLEEPS, 1);
  const outcome = sleep(tasks, <i64>(patienceMs * (1e6 / WAITS)));
  atomic.store<i32>(HOST_SLEEPS, 0);
  return outcome;
}

/** Waits until all tasks are done, a worker failed, or none ended in {@link WAITS} times `nanoseconds`. */
function sleep(tasks: i32, nanoseconds: i64): i32 {
  let done = atomic.load<i32>(DONE);
  let waits = 0;
  while (done != tasks && done >= 0 && waits < WAITS) {
    const before = done;
    atomic.wait<i32>(DONE, before, nanoseconds);
    done = atomic.load<i32>(DONE);
    waits = done == before ? waits + 1 : 0;
  }
  return done == tasks ? FINISHED : done < 0 ? FAILED : STUCK;
}

/** Runs tasks 0 … tasks − 1 of a kernel on this thread. */
export function serial(kernel: i32, tasks: i32): void {
  for (let task = 0; task < tasks; task++) run(kernel, ARGS, task);
}

/** The life of a worker; ends when the kernel of a job is −1. */
export function workerLoop(): void {
  let seen = 0;
  for (;;) {
    for (let spins = 0; atomic.load<i32>(EPOCH) == seen; spins++) {
      if (spins > SPINS) {
        atomic.add<i32>(SLEEPING, 1);
        atomic.wait<i32>(EPOCH, seen, -1);
        atomic.sub<i32>(SLEEPING, 1);
      }
    }
    seen = atomic.load<i32>(EPOCH);
    if (load<i32>(KERNEL) < 0) return;
    work();
  }
}

/** For a worker whose task ended in a trap: lets the host know. */
export function fail(): void {
  atomic.or<i32>(DONE, i32.MIN_VALUE);
  atomic.notify(DONE, 1);
}

/** Lets every worker leave its loop. */
export function stop(workers: i32): void {
  store<i32>(KERNEL, -1);
  atomic.add<i32>(EPOCH, 1);
  atomic.notify(EPOCH, workers);
}
