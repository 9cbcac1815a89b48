import { Command, CommanderError } from "commander";
import type { Context } from "./context.ts";
import { ClosedOutput, describe, EXIT, InputError } from "./faults.ts";
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
  const code = await attempt(program, args, context);
  // One turn of the event loop: a fault of the output is told after the write.
  await new Promise((resolve) => setImmediate(resolve));
  return context.signal.aborted ? stopped(context) : code;
}

async function attempt(program: Command, args: readonly string[], context: Context): Promise<number> {
  try {
    await program.parseAsync(args, { from: "user" });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!context.signal.aborted) context.stderr.write(`saccade: ${describe(error, context.env)}\n`);
    return EXIT.badInput;
  }
}

/** Ends a command that was asked to stop: by its user, or because its output can take no more. */
function stopped({ signal, stderr, env }: Context): number {
  const reason: unknown = signal.reason;
  if (reason instanceof ClosedOutput) return EXIT.ok;
  const fault = reason instanceof InputError;
  stderr.write(`saccade: ${fault ? describe(reason, env) : "interrupted"}\n`);
  return fault ? EXIT.badInput : EXIT.interrupted;
}
