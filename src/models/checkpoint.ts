/** Stored weights under the names of a model: ours, or those of the released code. */
import { CheckpointError } from "../core/index.ts";
import type { Module } from "../nn/index.ts";
import { DenseUNet } from "./dense-unet.ts";
import {
  Hybrid,
  officialDenseName,
  officialHybridName,
  officialSpikingPoseName,
  SpikingPose,
} from "./hybrid.ts";
import { officialPoseTrackerName, PoseTracker } from "./pose-tracker.ts";
import { officialName, SpikeVideoFormer } from "./spikevideoformer.ts";

/** The models whose authors have published code, and the names that their tensors have there. */
const OFFICIAL: readonly (readonly [abstract new (...args: never[]) => Module, (own: string) => string])[] = [
  [SpikeVideoFormer, officialName],
  [PoseTracker, officialPoseTrackerName],
  [Hybrid, officialHybridName],
  [SpikingPose, officialSpikingPoseName],
  [DenseUNet, officialDenseName],
];

/** Tensors that released checkpoints hold besides the model's: counters of batches, and the body model with its buffers. */
const BESIDES = /(^|\.)(num_batches_tracked$|smpl\.)/;

/**
 * Stored tensors by the names of the model. They may be stored under these names or under those of the released
 * code, whichever fits more of them; a prefix `module.` that all share is left out, and so are the counters
 * `num_batches_tracked` and the buffers of a body model (`smpl.`).
 *
 * @param model - whose tensors are looked for
 * @param stored - what was read, by name
 * @returns what was read, for `model.load`
 * @throws CheckpointError that lists what is missing and what is unexpected
 */
export function modelTensors<T>(model: Module, stored: ReadonlyMap<string, T>): Map<string, T> {
  const given = withoutWrapping(stored);
  const own = [...model.namedTensors().keys()];
  const nameOf = OFFICIAL.find(([type]) => model instanceof type)?.[1] ?? ((name: string) => name);
  const official = own.map(nameOf);
  const known = (names: readonly string[]) => names.filter((name) => given.has(name)).length;
  const names = known(official) > known(own) ? official : own;
  const missing = names.filter((name) => !given.has(name));
  const expected = new Set(names);
  const unexpected = [...given.keys()].filter((name) => !expected.has(name));
  if (missing.length > 0 || unexpected.length > 0) {
    throw new CheckpointError(
      `modelTensors: expected ${names.length} tensors under ${names === own ? "the model's own" : "the official"} names, ` +
        `got ${[...listed("missing", missing), ...listed("unexpected", unexpected)].join(" and ")}`,
    );
  }
  return new Map(own.map((name, i) => [name, given.get(names[i]!)!]));
}

function withoutWrapping<T>(stored: ReadonlyMap<string, T>): Map<string, T> {
  const prefix = "module.";
  const wrapped = [...stored.keys()].every((name) => name.startsWith(prefix));
  return new Map(
    [...stored]
      .filter(([name]) => !BESIDES.test(name))
      .map(([name, value]) => [wrapped ? name.slice(prefix.length) : name, value]),
  );
}

function listed(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [`${names.length} ${what} (${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""})`];
}
