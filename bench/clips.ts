/** Networks and their inputs: SpikeVideoFormer with rates that are set, and the trained pose model on a recording. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Random } from "../src/core/index.ts";
import { openRecording } from "../src/events/node.ts";
import { isKind, presets, SpikeVideoFormer } from "../src/models/index.ts";
import { type Tensor, tensor } from "../src/tensor/index.ts";
import { parsePoseModel, trackPoses } from "../src/track/index.ts";
import { applyCalibration, calibrate, type Calibration } from "./calibrate.ts";
import { disposeAll } from "./rates.ts";

const ROOT = join(import.meta.dirname, "..");

/** A network by its preset, with what it sees. */
export type Preset = "15M" | "tiny" | "nano";

/** `[C, H, W]` of a frame. */
export function frameShape(preset: Preset, side: number): readonly [number, number, number] {
  return [presets[preset].inChannels, side, side];
}

/** An untrained network. */
export function untrained(preset: Preset): SpikeVideoFormer {
  return new SpikeVideoFormer(presets[preset], new Random(0)).eval();
}

/** Frames of independent Gaussians, `[T, 1, C, H, W]`. */
export function noise(preset: Preset, timeSteps: number, side: number): Tensor {
  const random = new Random(timeSteps);
  const shape = [timeSteps, 1, ...frameShape(preset, side)];
  const length = shape.reduce((a, b) => a * b);
  return tensor(
    Float32Array.from({ length }, () => random.normal()),
    shape,
  );
}

/** Calibrates an untrained network on {@link noise}; see {@link calibrate}. */
export function calibration(preset: Preset, timeSteps: number, side: number, rate: number): Calibration {
  const model = untrained(preset);
  const clip = noise(preset, timeSteps, side);
  const found = calibrate(model, () => disposeAll(model.forward(clip)), rate);
  clip.dispose();
  model.dispose();
  return found;
}

/** An untrained network with a calibration. */
export function calibrated(preset: Preset, calibration: Calibration): SpikeVideoFormer {
  const model = untrained(preset);
  applyCalibration(model, calibration);
  return model;
}

/** The trained pose model. */
export async function trainedNano(): Promise<SpikeVideoFormer> {
  const { model } = parsePoseModel(await readFile(join(ROOT, "weights", "nano-pose.safetensors")));
  if (isKind(model, "spikevideoformer")) return model;
  throw new Error(`expected a spikevideoformer, got a ${model.config.model}`);
}

/** Whole windows of the sample recording as the pose model sees them, `[T, 1, 4, 64, 64]`, from the second on. */
export async function recordedWindows(model: SpikeVideoFormer, count: number, timeSteps = 8) {
  const recording = await openRecording(join(ROOT, "samples", "walk.aedat4"));
  const windows: Tensor[] = [];
  let steps: Float32Array[] = [];
  let passed = 0;
  for await (const { voxels } of trackPoses(recording, { model, inputSize: 64 }, { timeSteps })) {
    steps.push(voxels);
    if (steps.length < timeSteps) continue;
    if (passed++ > 0) windows.push(clipOf(steps));
    steps = [];
    if (windows.length === count) break;
  }
  return windows;
}

function clipOf(steps: readonly Float32Array[]): Tensor {
  const clip = tensor(new Float32Array(steps.length * steps[0]!.length), [steps.length, 1, 4, 64, 64], {
    spikeLevels: 1,
  });
  steps.forEach((voxels, t) => clip.data.set(voxels, t * voxels.length));
  return clip;
}
