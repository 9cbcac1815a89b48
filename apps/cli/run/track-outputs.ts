/** The files of a tracking run: all of them appear at the end, or none. */
import { join } from "node:path";
import type { Pose } from "../../../src/body/index.ts";
import type { TrackedStep } from "../../../src/track/index.ts";
import { checkDistinct } from "./distinct-files.ts";
import { commitTogether, GrowingFile } from "./growing-file.ts";
import { BvhWriter, csvHeader, csvStep, jsonStep } from "./track-files.ts";

/** Which files are written beside the report. */
export type OutputFormats = {
  readonly json: boolean;
  readonly csv: boolean;
  /** Takes a body. */
  readonly bvh: boolean;
  /** Whether steps have a body, or joints alone. */
  readonly body: boolean;
};

type Output = {
  readonly file: GrowingFile;
  readonly line: (step: TrackedStep) => string;
  readonly head: (frameRateHz: number) => string;
};

/** Open files of a run. */
export class TrackOutputs {
  readonly #outputs: readonly Output[];
  readonly #report: GrowingFile;

  private constructor(outputs: readonly Output[], report: GrowingFile) {
    this.#outputs = outputs;
    this.#report = report;
  }

  /**
   * Opens the files; fails at once where nothing can be written.
   *
   * @param folder - made if it does not exist
   * @param stem - name of the files without their extension
   * @param inputs - files that are read, which none of these may replace
   */
  static async open(
    folder: string,
    stem: string,
    formats: OutputFormats,
    inputs: readonly (string | undefined)[],
  ): Promise<TrackOutputs> {
    const bvh = new BvhWriter();
    const kinds = [
      { wanted: formats.json, end: "jsonl", line: jsonStep, head: () => "" },
      { wanted: formats.csv, end: "csv", line: csvStep, head: () => csvHeader(formats.body) },
      {
        wanted: formats.bvh,
        end: "bvh",
        line: (step: TrackedStep) => bvh.frame(step as Pose),
        head: (rate: number) => bvh.head(rate),
      },
    ].filter(({ wanted }) => wanted);
    const names = ["report.html", ...kinds.map((kind) => `${stem}.${kind.end}`)];
    const paths = names.map((name) => join(folder, name));
    checkDistinct(inputs, paths);
    const files: GrowingFile[] = [];
    try {
      for (const path of paths) files.push(await GrowingFile.open(path));
    } catch (error) {
      await Promise.all(files.map((file) => file.discard()));
      throw error;
    }
    const [report, ...rest] = files as [GrowingFile, ...GrowingFile[]];
    return new TrackOutputs(
      kinds.map((kind, i) => ({ file: rest[i]!, line: kind.line, head: kind.head })),
      report,
    );
  }

  /** Adds a step to every file. */
  async add(step: TrackedStep): Promise<void> {
    for (const { file, line } of this.#outputs) await file.write(line(step));
  }

  /**
   * Puts all files in their places.
   * @returns their paths
   */
  async commit(report: string, frameRateHz: number): Promise<string[]> {
    await this.#report.write(report);
    await this.#report.finish();
    for (const { file, head } of this.#outputs) await file.finish(head(frameRateHz));
    const files = [...this.#outputs.map(({ file }) => file), this.#report];
    await commitTogether(files);
    return files.map(({ path }) => path);
  }

  /** Removes what was not committed. */
  async discard(): Promise<void> {
    await Promise.all([this.#report, ...this.#outputs.map(({ file }) => file)].map((file) => file.discard()));
  }
}
