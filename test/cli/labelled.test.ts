import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { commands } from "../../apps/cli/commands.ts";
import { packageFile } from "../../apps/cli/package-root.ts";
import type { Classified } from "../../apps/cli/run/classify.ts";
import type { Segmented } from "../../apps/cli/run/segment.ts";
import { ReferenceBackend, setBackend } from "../../src/backend/index.ts";
import { Random } from "../../src/core/index.ts";
import { type InputDescription, inputMetadata } from "../../src/data/index.ts";
import { createModel, encodeModelFile, parseModelConfig } from "../../src/models/index.ts";
import { decodeImage } from "../../src/video/index.ts";
import { ffmpegVersion, writeVideo } from "../../src/video/node.ts";
import { jpeg, rgbPng } from "../data/copies.ts";
import { runCli } from "./harness.ts";

const ffmpeg = await ffmpegVersion().catch(() => undefined);
const RECORDING = packageFile("samples", "walk.aedat4");
const BACKBONE = { model: "spikevideoformer", embedDims: [4, 4, 8, 8], depths: [1, 1, 1, 1, 1], heads: 2 };
const COLOURS = { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] } as const;

let folder: string;
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "saccade-labelled-"));
  setBackend(new ReferenceBackend());
  const classes = ["walking", "waving", "still"];
  const save = (name: string, config: object, input: InputDescription | undefined): void => {
    const model = createModel(parseModelConfig(config), new Random(4));
    const metadata = input === undefined ? {} : inputMetadata({ input, classes });
    writeFileSync(at(name), encodeModelFile(model, { metadata }));
  };
  const classification = { kind: "classification", classes: 3 };
  save(
    "events.safetensors",
    { ...BACKBONE, inChannels: 2, head: classification },
    {
      kind: "events",
      frames: 2,
      by: "time",
      values: "counts",
      size: [32, 32],
      fit: "cover",
      cut: null,
    },
  );
  save(
    "video.safetensors",
    { ...BACKBONE, head: classification },
    {
      kind: "video",
      frames: 2,
      stride: null,
      size: [40, 40],
      cut: [32, 32],
      ...COLOURS,
    },
  );
  const staa = { model: "staa", architecture: "vgg13", width: 2, classes: 3, aggregator: { timeSteps: 2 } };
  save("picture.safetensors", staa, {
    kind: "image",
    frames: null,
    size: 36,
    cut: [32, 32],
    ...COLOURS,
  });
  save(
    "masks.safetensors",
    { ...BACKBONE, head: { kind: "dense", classes: 3 } },
    {
      kind: "image",
      frames: 2,
      size: [32, 48],
      cut: null,
      ...COLOURS,
    },
  );
  save("nothing.safetensors", { ...BACKBONE, head: classification }, undefined);
  setBackend(undefined);
  writeFileSync(at("a.png"), rgbPng(50, 40, [200, 10, 10]));
  writeFileSync(at("b.jpg"), jpeg(40, 60, [10, 200, 10]));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: readonly string[]) {
  return runCli([...args, "--threads", "1"], commands);
}

async function lines<T>(...args: readonly string[]): Promise<T[]> {
  const { code, stdout, stderr } = await run(...args, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
}

/** A video of four frames, each of one grey. */
async function video(): Promise<string> {
  const frames = [10, 80, 150, 220].map((grey) => new Uint8Array(48 * 32 * 3).fill(grey));
  await writeVideo(at("clip.mp4"), frames, { rateHz: 10, width: 48, height: 32 });
  return at("clip.mp4");
}

suite("saccade classify", () => {
  test("tells the classes of a recording, the most probable first", async () => {
    const [found] = await lines<Classified>("classify", RECORDING, "--weights", at("events.safetensors"));
    expect(found!.file).toBe(RECORDING);
    const probabilities = found!.classes.map(({ probability }) => probability);
    expect(probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    expect(probabilities).toEqual(probabilities.toSorted((a, b) => b - a));
    expect(found!.classes.map(({ name }) => name).toSorted()).toEqual(["still", "walking", "waving"]);
  });

  test("tells as many as were asked for, of each of several pictures, in a table", async () => {
    const args = [at("a.png"), at("b.jpg"), "--weights", at("picture.safetensors"), "--top", "2"];
    const { code, stdout } = await run("classify", ...args);
    expect(code).toBe(0);
    const rows = stdout.trimEnd().split("\n");
    expect(rows).toHaveLength(4);
    expect(rows[0]).toMatch(/a\.png +\w+ +\d+\.\d %$/);
    expect(rows[2]).toMatch(/b\.jpg/);
  });

  test("writes a page with what the model saw", async () => {
    const page = at("page.html");
    await lines("classify", RECORDING, "--weights", at("events.safetensors"), "--html", page);
    const text = readFileSync(page, "utf8");
    expect(text.match(/data:image\/png/g)).toHaveLength(2);
    expect(text).toContain('"title":"SpikeVideoFormer"');
  });

  test.skipIf(ffmpeg === undefined)("tells those of a video", async () => {
    const [found] = await lines<Classified>("classify", await video(), "--weights", at("video.safetensors"));
    expect(found!.classes).toHaveLength(3);
  });

  test.each([
    [["a.png"], "events.safetensors", /a\.png: .*expected/],
    [["none.png"], "picture.safetensors", /none\.png: no such file/],
    [
      ["a.png"],
      "masks.safetensors",
      /masks\.safetensors: expected a model of classification, got one of seg/,
    ],
    [["a.png"], "nothing.safetensors", /nothing\.safetensors: expected saccade\.input, .* got none/],
    [["a.png"], "a.png", /a\.png: .*expected/],
  ])("names what is wrong with %j and %s", async (inputs, weights, message) => {
    const { code, stdout, stderr } = await run("classify", ...inputs.map(at), "--weights", at(weights));
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(message);
  });
});

suite("saccade segment", () => {
  test("writes a mask with a palette and an overlay, and tells shares", async () => {
    const out = at("mask.png");
    const args = ["segment", at("a.png"), "--weights", at("masks.safetensors"), "--out", out];
    const [found] = await lines<Segmented>(...args);
    expect(found!.classes.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
    const mask = decodeImage(readFileSync(out), { indices: true });
    expect([mask.width, mask.height, mask.channels]).toEqual([48, 32, 1]);
    for (const { name, share } of found!.classes) {
      const label = ["walking", "waving", "still"].indexOf(name);
      const count = [...mask.pixels].filter((pixel) => pixel === label).length;
      expect(share).toBe(count / mask.pixels.length);
    }
    const overlay = decodeImage(readFileSync(found!.overlay));
    expect([found!.overlay, overlay.width, overlay.channels]).toEqual([at("mask-overlay.png"), 48, 3]);
  });

  test.skipIf(ffmpeg === undefined)("writes a mask for every frame of a video", async () => {
    const args = ["segment", await video(), "--weights", at("masks.safetensors"), "--out", at("masks")];
    const { code, stdout } = await run(...args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/%\n\n4 masks in /);
    for (const i of [0, 3]) expect(existsSync(at(`masks/clip-0000${i}-mask.png`))).toBe(true);
    expect(existsSync(at("masks/clip-00004-mask.png"))).toBe(false);
    const single = await run("segment", at("clip.mp4"), ...args.slice(2, 4), "--out", at("one.png"));
    expect(single.stderr).toMatch(/one\.png: expected a folder for the masks of a video, got a PNG/);
  });

  test("writes a page with the picture and its mask", async () => {
    const args = ["segment", at("a.png"), "--weights", at("masks.safetensors"), "--out", at("more")];
    await lines(...args, "--html", at("masks.html"));
    expect(readFileSync(at("masks.html"), "utf8").match(/data:image\/png/g)).toHaveLength(2);
  });

  test("does not write over what it reads", async () => {
    const before = readFileSync(at("a.png"));
    const args = ["segment", at("a.png"), "--weights", at("masks.safetensors"), "--out", at("a.png")];
    const { code, stderr } = await run(...args);
    expect([code, stderr]).toEqual([1, expect.stringContaining("expected different files")]);
    expect(readFileSync(at("a.png"))).toEqual(before);
  });
});
