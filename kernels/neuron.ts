// Leaky integrate-and-fire neurons and integer neurons over T steps. Arrays are [T, size]; blocks of 256 neurons take
// all their steps while their membranes stay in the first cache (one vector at a time would not do: rows a power of
// two apart share cache sets). The order of operations is the reference's, so the bits are, too.
import { at, int, pointer, real } from "./memory";
import { constants, tables } from "./scratch";
import { exp, high, loadLanes, low, prepareExp, storeLanes } from "./lanes";

/** Neurons of a task. */
const GROUP = 1024;
/** Neurons that step together. */
const BLOCK = 256;

/**
 * leak = v − rest; h = v + (x − leak)·decay with decayed input, else v − leak·decay + x; s = h ≥ θ;
 * v = s ? (hard: rest, soft: h − θ) : h. Task: 1024 neurons.
 */
export function neuron(args: usize, task: i32): void {
  const spikes = pointer(args, 0);
  const h = pointer(args, 1);
  const last = pointer(args, 2);
  const x = pointer(args, 3);
  const initial = pointer(args, 4);
  const steps = int(args, 5);
  const size = int(args, 6);
  const decayInput = int(args, 7) != 0;
  const hard = int(args, 8) != 0;
  const decay = f32x4.splat(<f32>real(args, 0));
  const threshold = f32x4.splat(<f32>real(args, 1));
  const rest = f32x4.splat(<f32>real(args, 2));
  const one = f32x4.splat(1);
  const membrane = tables();
  const end = min(size, (task + 1) * GROUP);
  for (let first = task * GROUP; first < end; first += BLOCK) {
    const count = min(BLOCK, end - first);
    fillBlock(membrane, initial, first, count, rest);
    for (let t = 0; t < steps; t++) {
      const row = t * size + first;
      for (let i = 0; i < count;) {
        const whole = i + 4 <= count;
        const offset = (<usize>(row + i)) << 2;
        const cell = at(membrane, i);
        const v = v128.load(cell);
        const input = loadLanes(x + offset, whole);
        const leak = f32x4.sub(v, rest);
        const charge = decayInput
          ? f32x4.add(v, f32x4.mul(f32x4.sub(input, leak), decay))
          : f32x4.add(f32x4.sub(v, f32x4.mul(leak, decay)), input);
        const fired = f32x4.ge(charge, threshold);
        storeLanes(h + offset, charge, whole);
        storeLanes(spikes + offset, v128.and(fired, one), whole);
        const after = v128.bitselect(hard ? rest : f32x4.sub(charge, threshold), charge, fired);
        storeLanes(cell, after, whole);
        i += whole ? 4 : 1;
      }
    }
    if (last != 0) memory.copy(at(last, first), membrane, count << 2);
  }
}

/** Fills a block with the numbers at `source` + `first`, or with one value if there is none. */
function fillBlock(block: usize, source: usize, first: i32, count: i32, value: v128): void {
  if (source != 0) memory.copy(block, at(source, first), count << 2);
  else for (let i = 0; i < count; i += 4) v128.store(at(block, i), value);
}

/** Kinds of surrogates, as the host numbers them. */
const SIGMOID = 1;
const RECTANGULAR = 2;
const GATED = 3;

/** Lays constants out at `table`: 1, the two of the surrogate, and those of {@link exp}. */
function prepareSurrogate(table: usize, first: f32, second: f32): void {
  v128.store(table, f32x4.splat(1));
  v128.store(table, f32x4.splat(first), 16);
  v128.store(table, f32x4.splat(second), 32);
  prepareExp(table + 48);
}

/** Derivative that stands in for the spike's at u. */
function surrogate(kind: i32, u: v128, table: usize): v128 {
  const one = v128.load(table);
  const first = v128.load(table, 16);
  const second = v128.load(table, 32);
  if (kind == SIGMOID) {
    // first = −α, second = α: α·e/(1 + e)² with e = exp(−α·u), limited where the square would overflow
    const e = f32x4.pmin(f32x4.splat(1e18), exp(f32x4.mul(first, u), table + 48));
    const d = f32x4.add(one, e);
    return f32x4.div(f32x4.mul(second, e), f32x4.mul(d, d));
  }
  // first = width/2, second = 1/width
  if (kind == RECTANGULAR) return v128.and(f32x4.lt(f32x4.abs(u), first), second);
  // first = π/2·α, second = α/2
  const z = f32x4.mul(first, u);
  const bell = f32x4.div(second, f32x4.add(one, f32x4.mul(z, z)));
  return kind == GATED ? v128.and(f32x4.ge(u, f32x4.splat(0)), bell) : bell;
}

/**
 * From t = T − 1 down: dh = ds·σ′(h − θ) + dv·∂v/∂h; dx = dh·decay (or dh); dv = dh·(1 − decay). The reset carries
 * (rest − h)·σ′ (hard) or −θ·σ′ (soft) unless detached. Task: 1024 neurons; its share of ∂/∂decay goes to
 * `decays[task]`, float64.
 */
export function neuronGrad(args: usize, task: i32): void {
  const dx = pointer(args, 0);
  const dInitial = pointer(args, 1);
  const decays = pointer(args, 2);
  const dSpikes = pointer(args, 3);
  const dLast = pointer(args, 4);
  const h = pointer(args, 5);
  const x = pointer(args, 6);
  const initial = pointer(args, 7);
  const steps = int(args, 8);
  const size = int(args, 9);
  const decayInput = int(args, 10) != 0;
  const hard = int(args, 11) != 0;
  const detached = int(args, 12) != 0;
  const kind = int(args, 13);
  const decay = f32x4.splat(<f32>real(args, 0));
  const threshold = f32x4.splat(<f32>real(args, 1));
  const rest = f32x4.splat(<f32>real(args, 2));
  const table = constants();
  prepareSurrogate(table, <f32>real(args, 3), <f32>real(args, 4));
  const keep = f32x4.splat(<f32>(1 - real(args, 0)));
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  const carried = tables();
  const end = min(size, (task + 1) * GROUP);
  let total = f64x2.splat(0);
  let totalOne: f64 = 0;
  for (let start = task * GROUP; start < end; start += BLOCK) {
    const count = min(BLOCK, end - start);
    fillBlock(carried, dLast, start, count, zero);
    for (let t = steps - 1; t >= 0; t--) {
      const row = t * size + start;
      for (let i = 0; i < count;) {
        const whole = i + 4 <= count;
        const offset = (<usize>(row + i)) << 2;
        const cell = at(carried, i);
        const charge = loadLanes(h + offset, whole);
        const u = f32x4.sub(charge, threshold);
        const fired = f32x4.ge(u, zero);
        const slope = surrogate(kind, u, table);
        let reset = hard ? v128.andnot(one, fired) : one;
        if (!detached) {
          reset = hard
            ? f32x4.add(reset, f32x4.mul(f32x4.sub(rest, charge), slope))
            : f32x4.sub(reset, f32x4.mul(threshold, slope));
        }
        const ds = loadLanes(dSpikes + offset, whole);
        const dh = f32x4.add(f32x4.mul(ds, slope), f32x4.mul(v128.load(cell), reset));
        storeLanes(dx + offset, decayInput ? f32x4.mul(dh, decay) : dh, whole);
        storeLanes(cell, f32x4.mul(dh, keep), whole);
        if (decays != 0) {
          let before = initial != 0 ? loadLanes(at(initial, start + i), whole) : rest;
          if (t > 0) {
            const earlier = loadLanes(at(h, row - size + i), whole);
            const after = hard ? rest : f32x4.sub(earlier, threshold);
            before = v128.bitselect(earlier, after, f32x4.lt(earlier, threshold));
          }
          const leak = f32x4.sub(before, rest);
          const rate = decayInput ? f32x4.sub(loadLanes(x + offset, whole), leak) : f32x4.neg(leak);
          const part = f32x4.mul(dh, rate);
          if (whole) total = f64x2.add(total, f64x2.add(low(part), high(part)));
          else totalOne += <f64>f32x4.extract_lane(part, 0);
        }
        i += whole ? 4 : 1;
      }
    }
    if (dInitial != 0) memory.copy(at(dInitial, start), carried, count << 2);
  }
  if (decays == 0) return;
  const sum = f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1) + totalOne;
  store<f64>(decays + ((<usize>task) << 3), sum);
}

/** u = (u′ − n′)·keep + x in float64, rounded once; n = nearest even of u limited to [0, levels]. 1024 neurons. */
export function integerNeuron(args: usize, task: i32): void {
  const n = pointer(args, 0);
  const u = pointer(args, 1);
  const x = pointer(args, 2);
  const steps = int(args, 3);
  const size = int(args, 4);
  const keep = real(args, 0);
  const levels = real(args, 1);
  const end = min(size, (task + 1) * GROUP);
  const back = (<usize>size) << 2;
  for (let first = task * GROUP; first < end; first += BLOCK) {
    const count = min(BLOCK, end - first);
    for (let t = 0; t < steps; t++) {
      for (let i = 0; i < count; i++) {
        const offset = (<usize>(t * size + first + i)) << 2;
        let potential = load<f32>(x + offset);
        if (t > 0) {
          const left = <f64>load<f32>(u + offset - back) - <f64>load<f32>(n + offset - back);
          potential = <f32>(left * keep + <f64>potential);
        }
        store<f32>(u + offset, potential);
        store<f32>(n + offset, <f32>nearest(min(max(<f64>potential, 0), levels)));
      }
    }
  }
}

/** du = carried + (0 ≤ u ≤ levels ? dn : 0); carried = du·keep, in float64. Task: 1024 neurons. */
export function integerNeuronGrad(args: usize, task: i32): void {
  const dx = pointer(args, 0);
  const dn = pointer(args, 1);
  const u = pointer(args, 2);
  const steps = int(args, 3);
  const size = int(args, 4);
  const keep = real(args, 0);
  const levels = real(args, 1);
  const carried = tables();
  const end = min(size, (task + 1) * GROUP);
  for (let first = task * GROUP; first < end; first += BLOCK) {
    const count = min(BLOCK, end - first);
    memory.fill(carried, 0, count << 3);
    for (let t = steps - 1; t >= 0; t--) {
      for (let i = 0; i < count; i++) {
        const offset = (<usize>(t * size + first + i)) << 2;
        const cell = carried + ((<usize>i) << 3);
        const potential = <f64>load<f32>(u + offset);
        let du = load<f64>(cell);
        if (potential >= 0 && potential <= levels) du += <f64>load<f32>(dn + offset);
        store<f32>(dx + offset, <f32>du);
        store<f64>(cell, du * keep);
      }
    }
  }
}
