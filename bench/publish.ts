/** Pages of figures: printed, and written with their charts under docs/benchmarks/. */
import { mkdir, writeFile } from "node:fs/promises";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { format } from "prettier";
import { processorTime } from "./harness.ts";

/** What a benchmark found out. */
export type Page = {
  /** Name of the benchmark. */
  readonly name: string;
  /** Name of the page's file, without the ending, where it is not that of the benchmark. */
  readonly file?: string;
  /** Where it goes unless `--out` says so: docs/benchmarks if left out. */
  readonly folder?: string;
  readonly title: string;
  /** What was measured and how; Markdown. */
  readonly about: string;
  /** Threads of the measurements, as text. */
  readonly threads: string;
  /** Tables and remarks; Markdown. */
  readonly body: readonly string[];
  /** SVG by name of file, without the ending; those that the body does not show stand above it. */
  readonly charts: ReadonlyMap<string, { readonly svg: string; readonly alt: string }>;
};

/** Where pages go unless `--out` names another folder. */
const FOLDER = join(import.meta.dirname, "..", "docs", "benchmarks");

/** Options of every benchmark with a page. */
export const pageFlags = {
  /** All settings, and the page is written. */
  full: { type: "boolean", default: false },
  /** Writes the page into this folder, whatever the settings. */
  out: { type: "string" },
} as const;

/**
 * Prints a page, and writes it with its charts if that is wanted.
 * @param flags - of the command line, see {@link pageFlags}
 * @param now - when it was measured: now, if left out
 */
export async function publish(
  page: Page,
  flags: { readonly full: boolean; readonly out?: string | undefined },
  now: Date = new Date(),
): Promise<void> {
  const head = `${page.about}\n\n${circumstances(page, now)}`;
  console.log(`# ${page.title}\n\n${head}\n\n${page.body.join("\n\n")}`);
  if (!flags.full && flags.out === undefined) return;
  const folder = flags.out ?? page.folder ?? FOLDER;
  await mkdir(folder, { recursive: true });
  const shown = ([chart]: readonly [string, unknown]) =>
    page.body.some((text) => text.includes(`(${chart}.svg)`));
  const pictures = [...page.charts]
    .filter((chart) => !shown(chart))
    .map(([chart, { alt }]) => `![${alt}](${chart}.svg)`);
  const text = [`# ${page.title}`, head, ...pictures, ...page.body].join("\n\n");
  await writeFile(
    join(folder, `${page.file ?? page.name}.md`),
    await format(text, { parser: "markdown", printWidth: 110 }),
  );
  for (const [chart, { svg }] of page.charts) await writeFile(join(folder, `${chart}.svg`), svg);
  console.log(`\nwritten to ${folder}`);
}

function circumstances({ name, threads }: Page, now: Date): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? "unknown processor";
  const load = loadavg()[0]!;
  return [
    `${processors.length} × ${model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    `Node ${process.versions.node}`,
    `threads: ${threads}`,
    ...(processorTime ? ["processor time, on a busy machine"] : []),
    `${now.toISOString().slice(0, 10)}, load ${load.toFixed(1)} at the end`,
    `\`npm run bench -- ${[name, ...process.argv.slice(2).filter((flag) => flag.startsWith("--"))].join(" ")}\``,
  ].join(" · ");
}
