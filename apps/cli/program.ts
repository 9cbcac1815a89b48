import { Command, CommanderError } from "commander";
import type { Context } from "./context.ts";
import { describe, EXIT } from "./faults.ts";
import { packageVersion } from "./package-root.ts";

/** Adds one command to the program. */
export type Register = (program: Command, context: Context) => void;

/**
 * Parse the arguments, run the command, and turn whatever happens into an exit code: 0 done, 1 bad input,
 * 2 wrong usage, 130 interrupted. Never throws.
 *
 * @param args - the arguments after the program's name
 * @param commands - what the program can do
 */
export async function runProgram(
  args: readonly string[],
  commands: readonly Register[],
  context: Context,
): Promise<number> {
  const program = new Command("saccade")
    .description("Spiking video transformers: events and video in, 3D pose out.")
    .version(packageVersion())
    .showHelpAfterError("(--help lists what there is)")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, "saccade: ")),
    });
  commands.forEach((register) => register(program, context));
  try {
    await program.parseAsync(args, { from: "user" });
    return context.signal.aborted ? interrupted(context) : EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (context.signal.aborted) return interrupted(context);
    context.stderr.write(`saccade: ${describe(error, context.env)}\n`);
    return EXIT.badInput;
  }
}

function interrupted(context: Context): number {
  context.stderr.write("saccade: interrupted\n");
  return EXIT.interrupted;
}
