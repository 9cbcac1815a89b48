/** The programs ffmpeg and ffprobe as child processes that end when they should. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { UnsupportedError } from "../core/index.ts";

/** Text of a program's messages that is kept, characters: the end of it. */
const MESSAGES_KEPT = 8192;

/** Arguments that hold no spaces. */
export function words(line: string): string[] {
  return line.split(" ");
}

/** A running program. */
export type Program = {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Exit code once it has ended and all it printed was received; null after a signal. */
  readonly ended: Promise<number | null>;
  /** The lines that it has printed to standard error, the last {@link MESSAGES_KEPT} characters of them. */
  readonly messages: () => string[];
  /** Ends it at once, if it still runs, and waits until it is gone. */
  readonly stop: () => Promise<void>;
};

/**
 * Starts ffmpeg or ffprobe.
 *
 * @param signal - ends it when aborted
 * @throws UnsupportedError if the program is not installed
 */
export async function startProgram(
  name: "ffmpeg" | "ffprobe",
  args: readonly string[],
  signal?: AbortSignal,
): Promise<Program> {
  signal?.throwIfAborted();
  const child = spawn(name, args, { stdio: "pipe", windowsHide: true });
  await spawned(child, name);
  let text = "";
  child.stderr.setEncoding("utf8");
  child.stderr.on("data", (part: string) => (text = (text + part).slice(-MESSAGES_KEPT)));
  // A program that ends early breaks the pipe; its exit code and messages tell why.
  child.stdin.on("error", () => undefined);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const kill = () => void child.kill("SIGKILL");
  signal?.addEventListener("abort", kill);
  void ended.then(() => signal?.removeEventListener("abort", kill));
  if (signal?.aborted === true) kill();
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    ended,
    messages: () => text.split(/[\r\n]+/).filter((line) => line.trim() !== ""),
    stop: async () => {
      kill();
      // Output that nobody reads would keep the process from being closed.
      child.stdout.destroy();
      child.stdin.destroy();
      await ended;
    },
  };
}

async function spawned(child: ChildProcess, name: string): Promise<void> {
  try {
    await once(child, "spawn");
  } catch (error) {
    const missing = (error as { code?: string }).code === "ENOENT";
    throw new UnsupportedError(
      `${name}: expected it on the PATH, got ${missing ? "no such program" : String(error)}; install FFmpeg: ` +
        "apt-get install ffmpeg, brew install ffmpeg, winget install ffmpeg, or https://ffmpeg.org/download.html",
      { cause: error },
    );
  }
}

/** Version of the ffmpeg that is used, for example `"5.1.9"`; undefined where there is none. */
export async function ffmpegVersion(): Promise<string | undefined> {
  let program: Program;
  try {
    program = await startProgram("ffmpeg", ["-version"]);
  } catch (error) {
    if (error instanceof UnsupportedError) return undefined;
    throw error;
  }
  const text = await shortOutput(program, 1 << 16);
  return /^ffmpeg version (\S+)/.exec(text)?.[1];
}

/** All that a program prints, at most so many bytes; what is beyond is left out. */
export async function shortOutput(program: Program, maxBytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of program.stdout as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > maxBytes) await program.stop();
    else parts.push(part);
  }
  await program.ended;
  return Buffer.concat(parts).toString("utf8");
}
