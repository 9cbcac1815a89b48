// Steps of the optimisers in float64 on two lanes, rounded to float32 where they are stored. A task is 16384 numbers.
import { at, int, pointer, real } from "./memory";

const GROUP = 16384;

function loadPair(address: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(address));
}

/** Rounds two numbers and stores them, or the first. Returns what was stored. */
function storePair(address: usize, pair: v128, whole: bool): v128 {
  const narrow = v128.demote_zero<f64>(pair);
  if (whole) v128.store64_lane(address, narrow, 0);
  else v128.store32_lane(address, narrow, 0);
  return f64x2.promote_low_f32x4(narrow);
}

/** v = momentum·v + (g + decay·w); w −= rate·(nesterov: g′ + momentum·v, else v). Velocity 0: none. */
export function sgdStep(args: usize, task: i32): void {
  const w = pointer(args, 0);
  const g = pointer(args, 1);
  const velocity = pointer(args, 2);
  const nesterov = int(args, 4) != 0;
  const rate = f64x2.splat(real(args, 0));
  const momentum = f64x2.splat(real(args, 1));
  const weightDecay = f64x2.splat(real(args, 2));
  const end = min(int(args, 3), (task + 1) * GROUP);
  for (let i = task * GROUP; i < end; i += 2) {
    const whole = i + 2 <= end;
    const weight = loadPair(at(w, i));
    let slope = f64x2.add(loadPair(at(g, i)), f64x2.mul(weightDecay, weight));
    if (velocity != 0) {
      const moving = f64x2.add(f64x2.mul(momentum, loadPair(at(velocity, i))), slope);
      const stored = storePair(at(velocity, i), moving, whole);
      slope = nesterov ? f64x2.add(slope, f64x2.mul(momentum, stored)) : stored;
    }
    storePair(at(w, i), f64x2.sub(weight, f64x2.mul(rate, slope)), whole);
  }
}

/**
 * m = β₁m + (1−β₁)g; v = β₂v + (1−β₂)g²; w −= rate/c₁·m / (√(v/c₂) + ε), g with decay·w added, or (decoupled) w
 * first multiplied by 1 − rate·decay.
 */
export function adamStep(args: usize, task: i32): void {
  const w = pointer(args, 0);
  const g = pointer(args, 1);
  const m = pointer(args, 2);
  const v = pointer(args, 3);
  const decoupled = int(args, 5) != 0;
  const beta1 = f64x2.splat(real(args, 0));
  const beta2 = f64x2.splat(real(args, 1));
  const rest1 = f64x2.splat(1 - real(args, 0));
  const rest2 = f64x2.splat(1 - real(args, 1));
  const epsilon = f64x2.splat(real(args, 2));
  const weightDecay = f64x2.splat(real(args, 3));
  const step = f64x2.splat(real(args, 4) / real(args, 5));
  const correction2 = f64x2.splat(real(args, 6));
  const shrink = f64x2.splat(1 - real(args, 4) * real(args, 3));
  const end = min(int(args, 4), (task + 1) * GROUP);
  for (let i = task * GROUP; i < end; i += 2) {
    const whole = i + 2 <= end;
    const weight = loadPair(at(w, i));
    const decay = decoupled ? f64x2.splat(0) : f64x2.mul(weightDecay, weight);
    const slope = f64x2.add(loadPair(at(g, i)), decay);
    const mean = f64x2.add(f64x2.mul(beta1, loadPair(at(m, i))), f64x2.mul(rest1, slope));
    const fresh = f64x2.mul(f64x2.mul(rest2, slope), slope);
    const square = f64x2.add(f64x2.mul(beta2, loadPair(at(v, i))), fresh);
    const m1 = storePair(at(m, i), mean, whole);
    const v1 = storePair(at(v, i), square, whole);
    const root = f64x2.add(f64x2.sqrt(f64x2.div(v1, correction2)), epsilon);
    const decayed = decoupled ? f64x2.mul(weight, shrink) : weight;
    storePair(at(w, i), f64x2.sub(decayed, f64x2.div(f64x2.mul(step, m1), root)), whole);
  }
}
