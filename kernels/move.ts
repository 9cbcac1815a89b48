// Copies: permuted axes and strided blocks.
import { at, int, pointer } from "./memory";
import { walk } from "./elementwise";

function copyRun(to: usize, from: usize, count: i32): void {
  if (count >= 32) {
    memory.copy(to, from, count << 2);
    return;
  }
  let i = 0;
  for (; i + 4 <= count; i += 4) v128.store(at(to, i), v128.load(at(from, i)));
  for (; i < count; i++) store<f32>(at(to, i), load<f32>(at(from, i)));
}

/**
 * out = a walked with other strides over a shape of 6 axes (arguments as in `broadcast`, without b). Where the last
 * axis but one is a's innermost, four runs at a time are turned in registers. Task: `group` runs along the last axis.
 */
export function permute(args: usize, task: i32): void {
  const out = pointer(args, 0);
  const a = pointer(args, 1);
  const group = int(args, 4);
  const rows = int(args, 5);
  const runs = int(args, 10);
  const count = int(args, 11);
  const turned = int(args, 16) == 1;
  const stride = int(args, 17);
  const last = min(rows, (task + 1) * group);
  for (let row = task * group; row < last;) {
    const to = at(out, row * count);
    const from = at(a, walk(args, row, 12));
    if (turned && row + 4 <= last && (row % runs) + 4 <= runs) {
      turnRuns(to, from, count, stride);
      row += 4;
      continue;
    }
    if (stride == 1) copyRun(to, from, count);
    else for (let i = 0; i < count; i++) store<f32>(at(to, i), load<f32>(at(from, i * stride)));
    row++;
  }
}

/** Writes four runs of `count` numbers; entry i of run r comes from `from` + i·stride + r. */
function turnRuns(to: usize, from: usize, count: i32, stride: i32): void {
  const to1 = at(to, count);
  const to2 = at(to1, count);
  const to3 = at(to2, count);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const r0 = v128.load(at(from, i * stride));
    const r1 = v128.load(at(from, (i + 1) * stride));
    const r2 = v128.load(at(from, (i + 2) * stride));
    const r3 = v128.load(at(from, (i + 3) * stride));
    const a0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
    const a1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
    const b0 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
    const b1 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
    v128.store(at(to, i), v128.shuffle<f64>(a0, b0, 0, 2));
    v128.store(at(to1, i), v128.shuffle<f64>(a0, b0, 1, 3));
    v128.store(at(to2, i), v128.shuffle<f64>(a1, b1, 0, 2));
    v128.store(at(to3, i), v128.shuffle<f64>(a1, b1, 1, 3));
  }
  for (; i < count; i++) {
    const r = v128.load(at(from, i * stride));
    v128.store32_lane(at(to, i), r, 0);
    v128.store32_lane(at(to1, i), r, 1);
    v128.store32_lane(at(to2, i), r, 2);
    v128.store32_lane(at(to3, i), r, 3);
  }
}

/** Copies (or adds) runs of `length` numbers between strided places. Task: `group` runs. */
export function copyBlocks(args: usize, task: i32): void {
  const out = pointer(args, 0);
  const outStride = int(args, 1);
  const a = pointer(args, 2);
  const aStride = int(args, 3);
  const blocks = int(args, 4);
  const length = int(args, 5);
  const accumulate = int(args, 6);
  const group = int(args, 7);
  const last = min(blocks, (task + 1) * group);
  for (let block = task * group; block < last; block++) {
    const to = at(out, block * outStride);
    const from = at(a, block * aStride);
    if (accumulate == 0) {
      copyRun(to, from, length);
      continue;
    }
    let i = 0;
    for (; i + 4 <= length; i += 4) {
      v128.store(at(to, i), f32x4.add(v128.load(at(to, i)), v128.load(at(from, i))));
    }
    for (; i < length; i++) store<f32>(at(to, i), load<f32>(at(to, i)) + load<f32>(at(from, i)));
  }
}
