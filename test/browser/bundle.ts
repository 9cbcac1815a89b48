/** Scripts for pages. */
import { join } from "node:path";

/** A file, by its path from this folder, and all that it imports as one script, whose exports are in `library`. */
export async function bundle(file: string): Promise<string> {
  const { build } = await import("vite");
  const entry = join(import.meta.dirname, file);
  const lib = { entry, formats: ["iife" as const], name: "library", fileName: "library" };
  const result = await build({
    configFile: false,
    logLevel: "warn",
    build: { write: false, lib, target: "es2022" },
  });
  const [first] = [result].flat();
  if (first === undefined || !("output" in first)) throw new Error("vite: expected a bundle, got a watcher");
  return first.output[0].code;
}
