import type { Command } from "commander";

/** Add `saccade demo`. */
export function addDemo(program: Command, run: () => Promise<void>): void {
  program
    .command("demo")
    .description("track the built-in sample recording, print a table, write report.html")
    .action(() => run());
}
