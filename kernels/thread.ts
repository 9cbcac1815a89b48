// Parallel-for inside the module. The host writes arguments into the control block and calls `parallel`; workers
// sleep in `workerLoop`. Tickets count down from `tasks` to 1, so that a worker that wakes late draws a number ≤ 0
// and can never repeat a task or see the arguments of another job. Nobody waits for a worker that did not wake.
import { run } from "./run";

// Addresses in the first page; those that threads write at the same time are cache lines apart.
const EPOCH: usize = 64;
const TICKETS: usize = 128;
const DONE: usize = 192;
const TASKS: usize = 256;
const KERNEL: usize = 260;
// How many workers sleep, and whether the host does: only then is a call to wake them worth its price.
const SLEEPING: usize = 264;
const HOST_SLEEPS: usize = 268;
export const ARGS: usize = 320;

/** Loads before a thread gives up spinning and sleeps: some 50 µs, longer than the pause between most jobs. */
const SPINS = 50000;

function work(): void {
  for (;;) {
    const ticket = atomic.sub<i32>(TICKETS, 1);
    if (ticket <= 0) return;
    const tasks = load<i32>(TASKS);
    run(load<i32>(KERNEL), ARGS, tasks - ticket);
    if (atomic.add<i32>(DONE, 1) + 1 == tasks && atomic.load<i32>(HOST_SLEEPS)) atomic.notify(DONE, 1);
  }
}

/** Runs tasks 0 … tasks − 1 of a kernel on this thread and on those of the workers that wake in time. */
export function parallel(kernel: i32, tasks: i32, workers: i32): void {
  store<i32>(KERNEL, kernel);
  store<i32>(TASKS, tasks);
  atomic.store<i32>(DONE, 0);
  atomic.store<i32>(TICKETS, tasks);
  atomic.add<i32>(EPOCH, 1);
  if (atomic.load<i32>(SLEEPING)) atomic.notify(EPOCH, workers);
  work();
  for (let spins = 0; ; spins++) {
    const done = atomic.load<i32>(DONE);
    if (done == tasks) return;
    if (spins > SPINS) {
      atomic.store<i32>(HOST_SLEEPS, 1);
      atomic.wait<i32>(DONE, done, -1);
      atomic.store<i32>(HOST_SLEEPS, 0);
    }
  }
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

/** Lets every worker leave its loop. */
export function stop(workers: i32): void {
  store<i32>(KERNEL, -1);
  atomic.add<i32>(EPOCH, 1);
  atomic.notify(EPOCH, workers);
}
