import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, suite, test } from "vitest";
import { FormatError } from "../../src/core/index.ts";
import { type ClipProgress, generatePoseClips } from "../../src/data/node.ts";
import { encodeBvh, generateMotion } from "../../src/simulate/index.ts";
import { COARSE } from "./sample.ts";

let folder = "";
const settings = { split: "train", variants: 2, seed: 1, recording: COARSE };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "saccade-data-"));
  await mkdir(join(folder, "bvh"));
  for (const [name, seconds] of [
    ["a", 0.4],
    ["b", 4.5],
    ["c", 0.1],
  ] as const) {
    const motion = generateMotion({ seed: name, seconds, frameRateHz: 30 });
    await writeFile(join(folder, "bvh", `${name}.bvh`), encodeBvh(motion, new Array<number>(10).fill(0)));
  }
});

afterEach(() => rm(folder, { recursive: true }));

suite("data set", () => {
  test("motions are cut into pieces and filmed in several scenes; too short ones are left out", async () => {
    const clips = await generatePoseClips({ ...settings, mocapDir: join(folder, "bvh") });
    expect(clips.map(({ name }) => name)).toEqual(["a.v0", "a.v1", "b.0.v0", "b.0.v1", "b.1.v0", "b.1.v1"]);
    expect(clips[2]!.seconds).toBeCloseTo(2.23, 1);
    expect(clips[0]!.shape).not.toEqual(clips[1]!.shape);
  });

  test("a clip depends on the seed, its name and the variant alone", async () => {
    const all = await generatePoseClips({ ...settings, mocapDir: join(folder, "bvh") });
    await rm(join(folder, "bvh", "a.bvh"));
    const mocapDir = join(folder, "bvh");
    const [first] = await generatePoseClips({ ...settings, mocapDir, variants: 1 });
    expect(first).toEqual(all[2]);
    const [other] = await generatePoseClips({ ...settings, mocapDir, variants: 1, seed: 2 });
    expect(other!.shape).not.toEqual(first!.shape);
  });

  test("varied clips are motions of their own, but for the first of each; they cache as others do", async () => {
    const options = {
      ...settings,
      mocapDir: join(folder, "bvh"),
      variants: 3,
      cacheDir: join(folder, "cache"),
    };
    const plain = await generatePoseClips(options);
    const cached: boolean[] = [];
    const onProgress = (progress: ClipProgress) => cached.push(progress.cached);
    const varied = await generatePoseClips({ ...options, varied: true, onProgress });
    expect(varied.map((clip, i) => clip.pose.join() === plain[i]!.pose.join())).toEqual(
      plain.map(({ name }) => name.endsWith(".v0")),
    );
    expect(cached).toEqual(plain.map(({ name }) => name.endsWith(".v0")));
    expect(await generatePoseClips({ ...options, varied: true })).toEqual(varied);
  });

  test("splits.json says which motions belong to a split", async () => {
    const clips = [
      { file: "bvh/a.bvh", split: "val", subject: "x", fps: 30 },
      { file: "bvh/b.bvh", split: "train" },
    ];
    await writeFile(join(folder, "splits.json"), JSON.stringify({ clips }));
    const made = await generatePoseClips({ ...settings, mocapDir: folder, split: "val", variants: 1 });
    expect(made.map(({ name }) => name)).toEqual(["bvh/a.v0"]);
    for (const bad of [
      "{",
      "{}",
      '{"clips":[{"file":1}]}',
      '{"clips":[{"file":"../a.bvh","split":"val"}]}',
    ]) {
      await writeFile(join(folder, "splits.json"), bad);
      await expect(generatePoseClips({ ...settings, mocapDir: folder })).rejects.toThrow(FormatError);
    }
  });

  test("generated motions join those of the folder, and differ from split to split", async () => {
    const [train] = await generatePoseClips({ ...settings, proceduralSeconds: 1 });
    const [val] = await generatePoseClips({ ...settings, proceduralSeconds: 1, split: "val" });
    expect(train!.name).toBe("procedural-train.0.v0");
    expect(val!.pose).not.toEqual(train!.pose);
  });

  test("an interrupted call goes on from its cache and ends with the same clips", async () => {
    const cacheDir = join(folder, "cache", "deep");
    const stopping = new AbortController();
    const options = { ...settings, mocapDir: join(folder, "bvh"), cacheDir };
    const stopped = generatePoseClips({
      ...options,
      signal: stopping.signal,
      onProgress: ({ done }) => {
        if (done === 3) stopping.abort();
      },
    });
    await expect(stopped).rejects.toThrow(/abort/i);
    const kept = await readdir(cacheDir);
    expect(kept.length).toBe(3);
    for (const file of kept) await utimes(join(cacheDir, file), 1, 1);

    const progress: ClipProgress[] = [];
    const clips = await generatePoseClips({ ...options, onProgress: (report) => progress.push(report) });
    expect(progress.map(({ done, total, cached }) => [done, total, cached])).toEqual(
      [1, 2, 3, 4, 5, 6].map((done) => [done, 6, done <= 3]),
    );
    for (const file of kept) expect((await stat(join(cacheDir, file))).mtimeMs).toBe(1000);
    expect(clips).toEqual(await generatePoseClips({ ...settings, mocapDir: join(folder, "bvh") }));
  });

  test("a motion of unknown bones is named", async () => {
    const file = join(folder, "bvh", "a.bvh");
    await writeFile(file, (await readFile(file, "utf8")).replaceAll(/(ROOT|JOINT) /g, "$1 q"));
    await expect(generatePoseClips({ ...settings, mocapDir: join(folder, "bvh") })).rejects.toThrow(
      `${file}: bvh at byte 0: expected a skeleton of a known kind`,
    );
  });

  test("a damaged clip in the cache is named, not trained on", async () => {
    const options = { ...settings, mocapDir: join(folder, "bvh"), cacheDir: join(folder, "cache") };
    await generatePoseClips({ ...options, variants: 1 });
    const [file] = await readdir(options.cacheDir);
    await writeFile(join(options.cacheDir, file!), "damaged");
    await expect(generatePoseClips({ ...options, variants: 1 })).rejects.toThrow(file!);
  });
});
