/** Streams frames of events through a compiled model: membranes and attention carry on, memory stays as it is. */
import assert from "node:assert/strict";
import {
  compile,
  presets,
  Random,
  Session,
  setBackend,
  SpikeVideoFormer,
  tensor,
  withoutGradients,
} from "../src/index.ts";
import { createWasmBackend } from "../src/backend/wasm/node.ts";

const backend = await createWasmBackend({ threads: 1 });
setBackend(backend);
const FRAMES = 24;
const shape = [4, 64, 64] as const;
const random = new Random(1);
const size = shape.reduce<number>((a, b) => a * b, 1);
const frames = Array.from({ length: FRAMES }, () =>
  Float32Array.from({ length: size }, () => (random.uniform() < 0.08 ? 1 : 0)),
);

withoutGradients(() => {
  const model = new SpikeVideoFormer(presets.nano, new Random(0)).eval();
  // Frame by frame; attention sees the last 8.
  const plan = compile(model, { input: shape, timeSteps: 1, stream: { window: 8 } });
  const session = new Session(plan);
  const pushed = frames.map((frame) => Array.from(session.push(tensor(frame, shape))["translation"]!.data));
  console.log(`${FRAMES} frames pushed, ${(session.bytes / 1e6).toFixed(2)} MB`);

  // The same clip at once, in the same causal manner: the same numbers.
  const whole = compile(model, { input: shape, timeSteps: FRAMES, stream: { window: 8 } });
  const clip = Float32Array.from(frames.flatMap((frame) => [...frame]));
  const { translation } = new Session(whole).run(tensor(clip, [FRAMES, 1, ...shape]));
  assert.deepEqual(pushed.flat(), Array.from(translation!.data));
  console.log("equal to the clip at once, bit for bit");
});
backend.dispose();
