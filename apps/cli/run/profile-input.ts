/** Clips to profile a model on: tensors, a window of a recording, or noise. */
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { dims, Random } from "../../../src/core/index.ts";
import { openRecording } from "../../../src/events/node.ts";
import { readFileBounded } from "../../../src/core/node.ts";
import type { SpikeVideoFormerConfig } from "../../../src/models/index.ts";
import { voxelWindows } from "../../../src/track/index.ts";
import type { ProfiledInput } from "../../report/profile-data.ts";
import { InputError, reading } from "../faults.ts";
import type { ProfileOptions } from "../profile.ts";
import { type Clip, readClip } from "./clip-file.ts";
import { TIME_STEPS, WINDOW_MS } from "./pose-window.ts";

/** Side of pictures where nobody says. */
const SIDE = 224;
/** Share of voxels that noise sets: what an event camera sees of a person who moves. */
const EVENTS = 0.08;

/** A clip, how it is named, and what it is not good for. */
export type ProfileClip = {
  readonly clip: Clip;
  readonly input: ProfiledInput;
  readonly warnings: readonly string[];
};

/** The clip that was asked for. @throws {InputError} naming the file */
export async function profileClip(
  options: ProfileOptions,
  config: SpikeVideoFormerConfig,
  signal: AbortSignal,
): Promise<ProfileClip> {
  const { input, at } = options;
  if (input === undefined) return noise(options, config);
  return reading(input, async () => {
    if (!(await isTensors(input))) return recorded(input, at, config, signal);
    if (at !== undefined) throw new InputError(input, "expected a recording for --at, got tensors");
    const clip = readClip(await readFileBounded(input), input);
    dims("SpikeVideoFormer", `T B ${config.inChannels} H W`, clip.shape);
    const constant = clip.data.every((value) => value === clip.data[0]);
    const warnings = constant ? ["The input is constant: firing rates mean nothing."] : [];
    return { clip, input: { name: basename(input), shape: clip.shape }, warnings };
  });
}

function noise({ size, steps = 8 }: ProfileOptions, config: SpikeVideoFormerConfig): ProfileClip {
  const { head, inChannels } = config;
  const side = head.kind === "pose" ? head.inputSize : SIDE;
  const { width, height } = size ?? { width: side, height: side };
  const shape = [steps, 1, inChannels, height, width];
  const random = new Random(0);
  const draw = (): number => (head.kind === "pose" ? Number(random.uniform() < EVENTS) : random.normal());
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, draw);
  const warnings = ["The input is noise: firing rates, and all that follows from them, mean nothing."];
  return { clip: { shape, data }, input: { name: "noise", shape }, warnings };
}

/** The header of safetensors begins at byte 8 with a brace. */
async function isTensors(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(new Uint8Array(9), 0, 9, 0);
    return bytesRead === 9 && buffer[8] === 0x7b;
  } finally {
    await file.close();
  }
}

/** The window of a recording that holds a time, cut as `track` cuts it. */
async function recorded(
  path: string,
  at: number | undefined,
  config: SpikeVideoFormerConfig,
  signal: AbortSignal,
): Promise<ProfileClip> {
  const { head, inChannels } = config;
  if (head.kind !== "pose") {
    throw new InputError(path, `expected a model of poses for a recording, got one of ${head.kind}`);
  }
  const source = await openRecording(path, { mode: "strict", signal });
  try {
    const voxels = { inChannels, inputSize: head.inputSize };
    const options = { windowUs: 1000 * WINDOW_MS, timeSteps: TIME_STEPS };
    let firstUs: number | undefined;
    let found: (ProfileClip & { readonly whole: boolean }) | undefined;
    for await (const { window, values, shape } of voxelWindows(source, voxels, options)) {
      firstUs ??= window.startUs;
      const fromSeconds = (window.startUs - firstUs) / 1e6;
      found = {
        clip: { shape, data: values.slice() },
        input: { name: basename(path), shape, fromSeconds },
        warnings: window.whole ? [] : ["The recording ends within the window."],
        whole: window.whole,
      };
      if (at === undefined ? window.whole : window.endUs - firstUs > at * 1e6) return found;
    }
    if (found === undefined) throw new InputError(path, "expected events, got none");
    // A recording shorter than a window still has one; a time behind the end has none.
    if (at === undefined) return found;
    const end = (found.input.fromSeconds ?? 0) + WINDOW_MS / 1000;
    throw new InputError(path, `expected --at within the recording, which ends before ${end} s, got ${at}`);
  } finally {
    await source.close();
  }
}
