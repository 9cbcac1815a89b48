import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, suite, test } from "vitest";
import { ArgumentError, FormatError } from "../../src/core/index.ts";
import { encodeShard, type LabelledClip, parseRecipe, parseShard, partMask } from "../../src/data/index.ts";
import { generateShards, openShards, planRecipe } from "../../src/data/node.ts";
import { parseSafetensors } from "../../src/io/index.ts";
import { encodeBvh, generateMotion } from "../../src/simulate/index.ts";

const RECIPE = {
  seed: 5,
  splits: {
    train: { motions: [{ procedural: ["walk", "wave", "jump"], count: 1 }], clipsPerMotion: 2 },
    val: { motions: [{ procedural: ["kick"] }, { files: "mocap/*.bvh", action: "hello" }] },
  },
  sensor: { width: 64, height: 48 },
  presets: ["clean", "noisy"],
  clipSeconds: 0.2,
  shardClips: 2,
};
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "saccade-shards-"));
  mkdirSync(join(folder, "mocap"));
  const motion = generateMotion({ seed: 1, seconds: 0.5, frameRateHz: 60, kind: "wave" });
  writeFileSync(join(folder, "mocap", "b.bvh"), encodeBvh(motion, new Float64Array(10)));
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (...names: string[]) => join(folder, ...names);
const plan = (change: object = {}) => planRecipe(parseRecipe({ ...RECIPE, ...change }), folder);

/** Bytes of the shards of a folder, by name. */
function shardsIn(out: string): Record<string, string> {
  const names = readdirSync(out).filter((name) => name.endsWith(".safetensors"));
  return Object.fromEntries(
    names.sort().map((name) => [name, readFileSync(join(out, name)).toString("base64")]),
  );
}

suite("shards", () => {
  test("are the same bytes from the same recipe, in parts, and after an interruption", async () => {
    const whole = await generateShards(await plan(), { out: at("whole") });
    expect(whole).toMatchObject({ seed: 5, part: { index: 1, of: 1 }, splits: { train: 3, val: 1 } });
    expect(readdirSync(at("whole")).sort()).toEqual([
      "manifest.json",
      ...["train-00000", "train-00001", "train-00002", "val-00000"].map((name) => `${name}.safetensors`),
    ]);
    const expected = shardsIn(at("whole"));

    for (const index of [2, 1])
      await generateShards(await plan(), { out: at("parts"), part: { index, of: 2 } });
    expect(shardsIn(at("parts"))).toEqual(expected);
    const set = await openShards(at("parts"));
    expect(set.manifest.shards).toEqual(whole.shards);

    const controller = new AbortController();
    let clips = 0;
    const onClips = () => {
      if (++clips === 3) controller.abort();
    };
    const stopped = generateShards(await plan(), { out: at("stopped"), signal: controller.signal, onClips });
    await expect(stopped).rejects.toThrow("abort");
    expect(Object.keys(shardsIn(at("stopped")))).toEqual(["train-00000.safetensors"]);
    await expect(openShards(at("stopped"))).rejects.toThrow(
      /expected 3 shards of the split train, got 1: go on/,
    );
    const kept: boolean[] = [];
    await generateShards(await plan(), { out: at("stopped"), onClips: (_, __, was) => kept.push(was) });
    expect(kept).toEqual([true, ...Array.from({ length: 6 }, () => false)]);
    expect(shardsIn(at("stopped"))).toEqual(expected);
    expect(readFileSync(at("stopped", "manifest.json"))).toEqual(readFileSync(at("whole", "manifest.json")));
  });

  test("hold what was asked for, and labels that fit each other", async () => {
    const set = await openShards(at("whole"));
    const clips: LabelledClip[] = [];
    for await (const clip of set.clips()) clips.push(clip);
    expect(clips).toHaveLength(8);
    expect(clips.map(({ action }) => action).sort()).toEqual([
      "hello",
      "jump",
      "jump",
      "kick",
      "walk",
      "walk",
      "wave",
      "wave",
    ]);
    for (const clip of clips) {
      expect(clip).toMatchObject({ sensor: { width: 64, height: 48 }, durationUs: 200_000 });
      expect(clip.times).toHaveLength(21);
      const { fx, cx } = clip.camera!.intrinsics;
      clip.joints2d!.forEach((value, i) => {
        if (i % 2 > 0) return;
        const [x, z] = [clip.joints3d![(3 * i) / 2]!, clip.joints3d![(3 * i) / 2 + 2]!];
        expect(value).toBeCloseTo((fx * x) / z + cx, 2);
      });
      expect(clip.masks!.times).toHaveLength(6);
      // The pelvis is in front of the camera, behind no limb of more than a few pixels.
      const mask = partMask(clip.masks!, 0);
      const around = mask.filter((part) => part > 0).length;
      expect(around).toBeGreaterThan(50);
    }
    const again: string[] = [];
    for await (const { name } of set.clips("val")) again.push(name);
    expect(again).toHaveLength(2);
    expect(() => set.shards("test")).toThrow(/expected a split of train, val, got test/);
  });

  test("leave out the labels that nobody wants", async () => {
    const { shards } = await generateShards(await plan({ labels: ["joints3d"] }), {
      out: at("few"),
      part: { index: 1, of: 4 },
    });
    const { tensors } = parseSafetensors(readFileSync(at("few", shards[0]!.file)));
    const columns = [...tensors.keys()]
      .filter((name) => name.startsWith("0000."))
      .map((name) => name.slice(5));
    expect(columns.sort()).toEqual(["events.on", "events.t", "events.x", "events.y", "joints3d", "times"]);
  });

  test("no shard of another recipe, or of changed motions, is kept beside them", async () => {
    const other = generateShards(await plan({ seed: 6 }), { out: at("whole") });
    await expect(other).rejects.toThrow(/manifest\.json: expected the shards of this recipe/);
    await expect(other).rejects.toThrow(ArgumentError);
    expect((await plan()).recipeHash).toBe((await plan({ poseHz: 100 })).recipeHash);
    expect((await plan()).recipeHash).not.toBe((await plan({ poseHz: 50 })).recipeHash);
    const before = (await plan()).recipeHash;
    const bvh = readFileSync(at("mocap", "b.bvh"), "utf8");
    writeFileSync(at("mocap", "b.bvh"), `${bvh}\n`);
    expect((await plan()).recipeHash).not.toBe(before);
    writeFileSync(at("mocap", "b.bvh"), bvh);
  });

  test("that are damaged are refused when read, and made again", async () => {
    const out = at("damaged");
    mkdirSync(out);
    for (const name of readdirSync(at("whole"))) copyFileSync(at("whole", name), join(out, name));
    const set = await openShards(out);
    const [cut, changed, missing] = set.shards("train").map(({ file }) => join(out, file));
    truncateSync(cut!, 1000);
    const bytes = readFileSync(changed!);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(changed!, bytes);
    rmSync(missing!);
    await expect(set.read(set.shards("train")[0]!)).rejects.toThrow(
      /expected \d+ bytes as the manifest says, got 1000/,
    );
    await expect(set.read(set.shards("train")[1]!)).rejects.toThrow(/expected the SHA-256/);
    await expect(set.read(set.shards("train")[2]!)).rejects.toThrow(
      /expected the file train-00002\.safetensors, got none/,
    );
    await generateShards(await plan(), { out });
    expect(shardsIn(out)).toEqual(shardsIn(at("whole")));
  });

  test("manifests that are damaged or do not fit together are refused", async () => {
    const out = at("manifests");
    mkdirSync(out);
    await expect(openShards(out)).rejects.toThrow(/expected a manifest\.json/);
    const text = readFileSync(at("whole", "manifest.json"), "utf8");
    const refused = async (change: string, message: RegExp) => {
      writeFileSync(join(out, "manifest.json"), change);
      await expect(openShards(out)).rejects.toThrow(message);
      await expect(openShards(out)).rejects.toThrow(FormatError);
    };
    await refused(text.slice(0, 400), /expected JSON/);
    await refused(
      text.replace("train-00000.safetensors", "../train-0.safetensors"),
      /shards\.0\.file: expected a name/,
    );
    await refused(text.replace(/"bytes": \d+/, '"bytes": -1'), /shards\.0\.bytes/);
    writeFileSync(join(out, "manifest.json"), text);
    const other = text.replace(/"recipeHash": "./, '"recipeHash": "g').replace('"g', '"0');
    writeFileSync(
      join(out, "manifest-1-of-2.json"),
      other.replace(/"recipeHash": "[^"]*"/, `"recipeHash": "${"0".repeat(64)}"`),
    );
    await expect(openShards(out)).rejects.toThrow(/expected a part of the recipe/);
  });

  test("whatever is cut off or changed in a shard gives clips or a FormatError", () => {
    const [name] = Object.keys(shardsIn(at("whole")));
    const bytes = new Uint8Array(readFileSync(at("whole", name!)));
    const clips = parseShard(bytes);
    expect(encodeShard(clips)).toEqual(bytes);
    const header = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const read = (content: Uint8Array) => {
      try {
        parseShard(content, "x");
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    };
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        fc.nat(255),
        (at, inHeader, byte) => {
          const place = Math.floor(at * ((inHeader ? header : bytes.length) - 1));
          read(bytes.subarray(0, place));
          const changed = bytes.slice();
          changed[place] = byte;
          read(changed);
        },
      ),
      { numRuns: 100, seed: 1 },
    );
  });
});

suite("recipes", () => {
  const recipe = (change: object) => () => parseRecipe({ ...RECIPE, ...change });
  test.each([
    [null, /recipe: top level: /],
    [{ ...RECIPE, seed: -1 }, /recipe: seed: /],
    [{ ...RECIPE, sensr: 1 }, /recipe: top level: .*sensr/],
    [{ ...RECIPE, splits: {} }, /recipe: splits: expected one split/],
    [{ ...RECIPE, splits: { "../x": RECIPE.splits.val } }, /recipe: splits\.\.\.\/x: /],
    [{ ...RECIPE, splits: { a: { motions: [] } } }, /recipe: splits\.a\.motions: /],
    [
      { ...RECIPE, splits: { a: { motions: [{ procedural: ["swim"] }] } } },
      /recipe: splits\.a\.motions\.0: expected procedural/,
    ],
    [{ ...RECIPE, presets: ["best"] }, /recipe: presets\.0: /],
    [{ ...RECIPE, clipSeconds: 1e9 }, /recipe: clipSeconds: /],
    [
      { ...RECIPE, clothes: { skin: [0.5, 0.2] } },
      /recipe: clothes\.skin: expected the smaller number first/,
    ],
    [{ ...RECIPE, lights: { lamps: [1, 1.5] } }, /recipe: lights\.lamps: expected whole numbers/],
    [{ ...RECIPE, render: { maxHz: 10 } }, /recipe: render\.maxHz: expected maskHz \(25\) or more, got 10/],
  ])("%# is refused with the path of the field", (value, message) => {
    expect(() => parseRecipe(value)).toThrow(ArgumentError);
    expect(() => parseRecipe(value)).toThrow(message);
  });

  test("what is left out is filled in", () => {
    expect(recipe({})()).toMatchObject({
      poseHz: 100,
      maskHz: 25,
      render: { maxHz: 500 },
      bodies: { limit: 2.2 },
    });
  });

  test("motions that are not there, come twice or are too short are told with their place", async () => {
    const motions = (list: object[]) => plan({ splits: { a: { motions: list } } });
    await expect(motions([{ files: "gone/*.bvh" }])).rejects.toThrow(/gone/);
    await expect(motions([{ files: "mocap/*.amc" }])).rejects.toThrow(
      /splits\.a\.motions\.0\.files: expected motion files/,
    );
    await expect(motions([{ files: "mocap" }, { files: "**/b.bvh" }])).rejects.toThrow(
      /expected each motion once, got mocap\/b twice/,
    );
    const short = generateMotion({ seed: 1, seconds: 0.05, frameRateHz: 60 });
    mkdirSync(at("short"));
    writeFileSync(at("short", "s.bvh"), encodeBvh(short, new Float64Array(10)));
    const made = generateShards(await motions([{ files: "short" }]), { out: at("too short") });
    await expect(made).rejects.toThrow(/s\.bvh: bvh at byte 0: expected a motion of 0\.1 s or more/);
    writeFileSync(
      at("mocap", "splits.json"),
      JSON.stringify({ clips: [{ file: "b.bvh", split: "x", action: "wave" }] }),
    );
    const { motions: found } = await motions([{ index: "mocap/splits.json", split: "x" }]);
    expect(found["a"]).toEqual([{ name: "mocap/b", action: "wave", file: "mocap/b.bvh" }]);
    await expect(motions([{ index: "mocap/splits.json", split: "y" }])).rejects.toThrow(
      /clips of the split y, got none/,
    );
    rmSync(at("mocap", "splits.json"));
  });
});
