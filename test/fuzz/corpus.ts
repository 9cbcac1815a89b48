/** The corpus of malformed files: one for every expectation that a recording can fail. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { damaged } from "./damage.ts";
import { type Outcome, probe } from "./probe.ts";
import { seedFiles } from "./seeds.ts";

/** The checked-in corpus. */
export const CORPUS = fileURLToPath(new URL("../fixtures/malformed/", import.meta.url));

/** What both ways of reading a file end with. */
export type Outcomes = { readonly strict: Outcome; readonly recover: Outcome };

/** Largest file that is kept, bytes. */
const MAX_BYTES = 8192;
/** Files that are kept of one recording: some expectations name what they found, and are without number. */
const MAX_KINDS = 16;

/** Reads a malformed file both ways. */
export async function outcomesOf(bytes: Uint8Array): Promise<Outcomes> {
  const read = (mode: "strict" | "recover") => probe(bytes, bytes.length, mode);
  return { strict: await read("strict"), recover: await read("recover") };
}

/** The files of a corpus by name, and what each should end with. */
export function readCorpus(folder: string): Map<string, { bytes: Uint8Array; expected: Outcomes }> {
  const expected = JSON.parse(readFileSync(join(folder, "outcomes.json"), "utf8")) as Record<
    string,
    Outcomes
  >;
  const names = readdirSync(folder).filter((name) => name.endsWith(".bin"));
  return new Map(
    names.map((name) => [
      name,
      { bytes: new Uint8Array(readFileSync(join(folder, name))), expected: expected[name]! },
    ]),
  );
}

/** Looks for files that fail expectations of their own, the shortest for each, and writes them. */
export async function keepCorpus(
  folder: string,
  names: readonly string[],
  iterations: number,
  seed: string,
): Promise<string> {
  const seeds = await seedFiles();
  const outcomes: Record<string, Outcomes> = {};
  const kept = new Map<string, { name: string; bytes: Uint8Array }>();
  for (const name of names) {
    let kinds = 0;
    for (let iteration = 0; iteration < iterations; iteration++) {
      const { bytes } = damaged(seeds.get(name)!, seed, name, iteration);
      if (bytes.length > MAX_BYTES) continue;
      const { strict } = await outcomesOf(bytes);
      if (strict.error === undefined) continue;
      const kind = strict.error.replace(/, got [^]*/, "").replaceAll(/[-\d.]+|"[^]*"/g, "0");
      const known = kept.get(kind);
      if (known === undefined ? kinds++ < MAX_KINDS : bytes.length < known.bytes.length) {
        kept.set(kind, { name, bytes });
      }
    }
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { name, bytes } of kept.values()) {
    const file = `${name}-${createHash("sha256").update(bytes).digest("hex").slice(0, 8)}.bin`;
    writeFileSync(join(folder, file), bytes);
    outcomes[file] = await outcomesOf(bytes);
  }
  writeFileSync(join(folder, "outcomes.json"), `${JSON.stringify(outcomes, null, 1)}\n`);
  return `${Object.keys(outcomes).length} files in ${folder}`;
}
