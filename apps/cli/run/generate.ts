/** What `saccade generate` does. */
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { writeFileAtomic } from "../../../src/core/node.ts";
import { parseRecipe, type ShardManifest } from "../../../src/data/index.ts";
import { readShard } from "../../../src/data/index.ts";
import { diskFolder, generateShards, planRecipe, type ShardPlan } from "../../../src/data/node.ts";
import { type ContactClip, contactClip, renderContactSheet } from "../../report/contact-sheet.ts";
import type { Context } from "../context.ts";
import { reading, writing } from "../faults.ts";
import type { GenerateOptions } from "../generate.ts";
import { duration, type Progress, startProgress } from "../progress.ts";
import { readConfig } from "./config-file.ts";

/** Clips of a contact sheet, and shards that they are taken from. */
const SHEET_CLIPS = 24;
const SHEET_SHARDS = 6;

type Part = NonNullable<GenerateOptions["shard"]>;

/** Makes the shards of a recipe; see `generateShards`. What is finished stays when it is interrupted. */
export async function generate(file: string, options: GenerateOptions, context: Context): Promise<void> {
  const { out, shard: part = { index: 1, of: 1 }, jobs = availableParallelism() } = options;
  const recipe = await readConfig(file, parseRecipe);
  const folder = options.data ?? dirname(file);
  const plan = await reading(file, () => planRecipe(recipe, folder));
  if (options.dryRun) {
    context.stdout.write(
      options.json ? `${JSON.stringify(planned(plan, part), null, 1)}\n` : outline(plan, part),
    );
    return;
  }
  const { manifest, wallSeconds, madeSeconds } = await make(
    plan,
    { out, part, jobs: Math.min(256, jobs) },
    context,
  );
  const sheet = options.preview ? await writeSheet(manifest, out, part) : undefined;
  if (options.json) {
    const { recipe: _, shards, ...rest } = manifest;
    const summary = {
      ...rest,
      ...totals(manifest),
      shards: shards.length,
      wallSeconds,
      madeSeconds,
      preview: sheet,
    };
    context.stdout.write(`${JSON.stringify(summary, null, 1)}\n`);
    return;
  }
  const { clips, seconds, events, bytes } = totals(manifest);
  context.stdout.write(
    `${manifest.shards.length} shards, ${clips} clips, ${seconds.toFixed(1)} s, ${events} events, ${megabytes(bytes)}\n`,
  );
  context.stdout.write(`${out}\n${sheet === undefined ? "" : `${sheet}\n`}`);
}

async function make(
  plan: ShardPlan,
  { out, part, jobs }: { out: string; part: Part; jobs: number },
  { stderr, now, signal }: Context,
) {
  let left = sharesOf(plan, part).reduce((sum, { clips }) => sum + clips.length, 0);
  let progress: Progress | undefined;
  let started = now();
  let [done, madeSeconds] = [0, 0];
  try {
    const manifest = await writing(out, () =>
      generateShards(plan, {
        out,
        part,
        jobs,
        signal,
        onClips: (clips, seconds, kept) => {
          if (kept) {
            left -= clips;
            started = now();
            return;
          }
          progress ??= startProgress(stderr, { label: "generate", total: left, unit: "clips", now });
          done += clips;
          madeSeconds += seconds;
          const wall = (now() - started) / 1000;
          progress.update(done, wall > 0 ? `${(madeSeconds / wall).toPrecision(3)}× real time` : undefined);
        },
      }),
    );
    return { manifest, madeSeconds, wallSeconds: (now() - started) / 1000 };
  } finally {
    progress?.end();
  }
}

/** Writes a page that shows some of the clips; returns its path. */
async function writeSheet(manifest: ShardManifest, out: string, part: Part): Promise<string> {
  const { shards } = manifest;
  const shown = Math.min(SHEET_SHARDS, shards.length);
  const clips: ContactClip[] = [];
  for (let i = 0; i < shown; i++) {
    const shard = shards[Math.floor((i * shards.length) / shown)]!;
    const all = await readShard(diskFolder(out), shard);
    const few = all.slice(0, Math.ceil((SHEET_CLIPS - clips.length) / (shown - i)));
    clips.push(...few.map((clip) => contactClip(clip, shard.split)));
  }
  const path = join(out, part.of === 1 ? "preview.html" : `preview-${part.index}-of-${part.of}.html`);
  const html = renderContactSheet({
    ...totals(manifest),
    shards: shards.length,
    seed: manifest.seed,
    shown: clips,
  });
  await writing(path, () => writeFileAtomic(path, new TextEncoder().encode(html)));
  return path;
}

function totals({ shards }: ShardManifest) {
  const sum = (key: "clips" | "seconds" | "events" | "bytes") =>
    shards.reduce((total, shard) => total + shard[key], 0);
  return { clips: sum("clips"), seconds: sum("seconds"), events: sum("events"), bytes: sum("bytes") };
}

function sharesOf({ shards }: ShardPlan, { index, of }: Part) {
  return shards.filter((_, s) => s % of === index - 1);
}

function planned(plan: ShardPlan, part: Part) {
  const shards = sharesOf(plan, part);
  return {
    recipeHash: plan.recipeHash,
    seed: plan.recipe.seed,
    part,
    splits: Object.keys(plan.recipe.splits).map((split) => {
      const own = shards.filter((shard) => shard.split === split);
      const clips = own.reduce((sum, shard) => sum + shard.clips.length, 0);
      const motions = plan.motions[split]!.length;
      return { split, motions, clips, shards: own.length, secondsAtMost: clips * plan.recipe.clipSeconds };
    }),
  };
}

function outline(plan: ShardPlan, part: Part): string {
  const { sensor, presets } = plan.recipe;
  const lines = planned(plan, part).splits.map(
    ({ split, motions, clips, shards, secondsAtMost }) =>
      `${split}: ${motions} motions, ${clips} clips in ${shards} shards, up to ${duration(secondsAtMost)}`,
  );
  return `${lines.join("\n")}\n${sensor.width}×${sensor.height} pixels, ${presets.join(", ")}; recipe ${plan.recipeHash.slice(0, 16)}\n`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
