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
 * out = a walked with other strides over a shape of 6 axes (arguments as in `broadcast`, without b). Task: `group`
 * runs along the last axis.
 */
export function permute(args: usize, task: i32): void {
  const out = pointer(args, 0);
  const a = pointer(args, 1);
  const group = int(args, 4);
  const rows = int(args, 5);
  const count = int(args, 11);
  const stride = int(args, 17);
  const last = min(rows, (task + 1) * group);
  for (let row = task * group; row < last; row++) {
    const to = at(out, row * count);
    let from = at(a, walk(args, row, 12));
    if (stride == 1) copyRun(to, from, count);
    else {
      for (let i = 0; i < count; i++) {
        store<f32>(at(to, i), load<f32>(from));
        from = at(from, stride);
      }
    }
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
