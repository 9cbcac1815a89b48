import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { commands } from "../../apps/cli/commands.ts";
import { openShards } from "../../src/data/node.ts";
import { runChild } from "./child.ts";
import { mountDisk, runCli, unmountDisk } from "./harness.ts";

const RECIPE = `
seed: 3
splits:
  train: { motions: [{ procedural: [walk, punch] }], clipsPerMotion: 3 }
  val: { motions: [{ procedural: [wave] }] }
sensor: { width: 64, height: 64 }
clipSeconds: 0.2
shardClips: 2
`;
let folder: string;
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "saccade-generate-"));
  writeFileSync(at("recipe.yaml"), RECIPE);
});
afterAll(() => rmSync(folder, { recursive: true }));

function generate(...args: string[]) {
  return runCli(["generate", ...args], commands);
}

function hashes(out: string): string[] {
  const { shards } = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8")) as {
    shards: { sha256: string }[];
  };
  return shards.map(({ sha256 }) => sha256);
}

suite("saccade generate", () => {
  test("makes shards, a manifest and a contact sheet, and says so", async () => {
    const out = at("out");
    const { code, stdout } = await generate(at("recipe.yaml"), "--out", out, "--jobs", "1", "--preview");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^4 shards, 7 clips, 1\.4 s, \d+ events, [\d.]+ MB\n.*out\n.*preview\.html\n$/,
      ),
    });
    const html = readFileSync(join(out, "preview.html"), "utf8");
    expect(html.match(/<figure>/g)).toHaveLength(7);
    expect(html).not.toMatch(/<script|https?:/);
    expect((await openShards(out)).manifest.shards).toHaveLength(4);
    // Once more: everything is kept.
    const again = await generate(at("recipe.yaml"), "--out", out, "--jobs", "1", "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({ clips: 7, shards: 4, madeSeconds: 0 });
  });

  test("threads and shares make the bytes that one process makes", async () => {
    const threads = await runChild(["generate", at("recipe.yaml"), "--out", at("threads"), "--jobs", "2"]);
    expect(threads).toMatchObject({ code: 0 });
    expect(hashes(at("threads"))).toEqual(hashes(at("out")));
    for (const share of ["1/2", "2/2"]) {
      const { code } = await generate(
        at("recipe.yaml"),
        "--out",
        at("shares"),
        "--jobs",
        "1",
        "--shard",
        share,
      );
      expect(code).toBe(0);
    }
    const { manifest } = await openShards(at("shares"));
    expect(manifest.shards.map(({ sha256 }) => sha256)).toEqual(hashes(at("out")));
  });

  test("an interruption keeps what is finished, and the same command goes on", async () => {
    const out = at("stopped");
    const controller = new AbortController();
    const running = runCli(["generate", at("recipe.yaml"), "--out", out, "--jobs", "1"], commands, {
      signal: controller.signal,
    });
    const shards = () => {
      try {
        return readdirSync(out).filter((name) => name.endsWith(".safetensors")).length;
      } catch {
        return 0;
      }
    };
    while (shards() < 1) await new Promise((resolve) => setTimeout(resolve, 2));
    controller.abort();
    expect(await running).toMatchObject({
      code: 130,
      stderr: expect.stringMatching(/saccade: interrupted\n$/),
    });
    expect(readdirSync(out).filter((name) => name.startsWith("."))).toEqual([]);
    expect(await generate(at("recipe.yaml"), "--out", out, "--jobs", "1")).toMatchObject({ code: 0 });
    expect(hashes(out)).toEqual(hashes(at("out")));
  });

  test("Ctrl-C stops the threads", async () => {
    writeFileSync(at("long.yaml"), RECIPE.replace("clipSeconds: 0.2", "clipSeconds: 60"));
    const { code, stderr } = await runChild(
      ["generate", at("long.yaml"), "--out", at("long"), "--jobs", "2"],
      {
        onStart: async (child) => {
          // The manifest is written before the threads start.
          while (!existsSync(at("long", "manifest.json"))) await new Promise((done) => setTimeout(done, 20));
          await new Promise((resolve) => setTimeout(resolve, 200));
          child.kill("SIGINT");
        },
      },
    );
    expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringMatching(/saccade: interrupted\n$/) });
    expect(readdirSync(at("long"))).toEqual(["manifest.json"]);
  });

  test("a dry run says what would be made, and makes nothing", async () => {
    const { stdout } = await generate(at("recipe.yaml"), "--out", at("dry"), "--dry-run");
    expect(stdout).toMatch(
      /^train: 2 motions, 6 clips in 3 shards, up to 1 s\nval: 1 motions, 1 clips in 1 shards/,
    );
    const json = await generate(
      at("recipe.yaml"),
      "--out",
      at("dry"),
      "--dry-run",
      "--json",
      "--shard",
      "1/4",
    );
    expect(JSON.parse(json.stdout).splits).toMatchObject([
      { split: "train", shards: 1 },
      { split: "val", shards: 0 },
    ]);
    expect(readdirSync(folder)).not.toContain("dry");
  });

  test.each([
    [["--shard", "3/2"], "expected I/N"],
    [["--shard", "0/2"], "expected I/N"],
    [["--jobs", "0"], "expected a whole number from 1 to 256"],
  ])("%j is wrong usage", async (args, message) => {
    const { code, stderr } = await generate(at("recipe.yaml"), "--out", at("x"), ...args);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });

  test.each([
    ["a recipe that is not there", "", /gone\.yaml: no such file/],
    ["a recipe that is no YAML", "a: [", /expected YAML or JSON/],
    ["a recipe with an unknown field", `${RECIPE}sensr: 1\n`, /recipe: top level: .*sensr/],
    [
      "a recipe with a wrong field",
      RECIPE.replace("[wave]", "[swim]"),
      /recipe: splits\.val\.motions\.0: expected/,
    ],
    [
      "a recipe of another data set",
      RECIPE.replace("seed: 3", "seed: 4"),
      /expected the shards of this recipe/,
    ],
    [
      "motions that are not there",
      RECIPE.replace("{ procedural: [wave] }", "{ files: '*.bvh' }"),
      /expected motion files/,
    ],
  ])("refuses %s with one line", async (_, text, message) => {
    const file = text === "" ? at("gone.yaml") : at("bad.yaml");
    if (text !== "") writeFileSync(file, text);
    const { code, stderr } = await generate(file, "--out", at("out"), "--jobs", "1");
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(message) });
    expect(stderr).toMatch(/^saccade: [^\n]*\n$/);
  });

  test("refuses a folder that is a file", async () => {
    const { code, stderr } = await generate(at("recipe.yaml"), "--out", at("recipe.yaml"), "--jobs", "1");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/a file stands where a folder/),
    });
  });

  test("keeps the finished shards on a full disk", async ({ skip }) => {
    const disk = at("disk");
    mkdirSync(disk);
    const shard = readFileSync(at("out", "train-00000.safetensors")).length;
    skip(!mountDisk(disk, Math.ceil((1.6 * shard) / 1024)), "needs the right to mount a small disk");
    try {
      const { code, stderr } = await generate(at("recipe.yaml"), "--out", disk, "--jobs", "1");
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(/no space left on the disk\n$/),
      });
      expect(readdirSync(disk).sort()).toEqual(["manifest.json", "train-00000.safetensors"]);
    } finally {
      unmountDisk(disk);
    }
  });
});
