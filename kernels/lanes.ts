// Four lanes at a time, and the same formula for the one to three numbers at an end.
import { madd } from "./memory";

/** Four numbers, or the first in every lane. */
export function loadLanes(address: usize, whole: bool): v128 {
  return whole ? v128.load(address) : v128.load32_splat(address);
}

/** Stores four numbers, or the first. */
export function storeLanes(address: usize, lanes: v128, whole: bool): void {
  if (whole) v128.store(address, lanes);
  else v128.store32_lane(address, lanes, 0);
}

/** The two low lanes as float64. */
export function low(lanes: v128): v128 {
  return f64x2.promote_low_f32x4(lanes);
}

/** The two high lanes as float64. */
export function high(lanes: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(lanes, lanes, 1, 1));
}

/** Four float32 from two pairs of float64, rounded once. */
export function narrow(lower: v128, upper: v128): v128 {
  return v128.shuffle<i64>(v128.demote_zero<f64>(lower), v128.demote_zero<f64>(upper), 0, 2);
}

/** Writes what {@link exp} needs, twelve vectors, to `table`. */
export function prepareExp(table: usize): void {
  v128.store(table, f32x4.splat(88));
  v128.store(table, f32x4.splat(-87), 16);
  v128.store(table, f32x4.splat(1.44269504), 32);
  v128.store(table, f32x4.splat(12582912), 48);
  v128.store(table, f32x4.splat(0.693359375), 64);
  v128.store(table, f32x4.splat(0.00021219444), 80);
  v128.store(table, f32x4.splat(0.0013888889), 96);
  v128.store(table, f32x4.splat(0.0083333333), 112);
  v128.store(table, f32x4.splat(0.041666667), 128);
  v128.store(table, f32x4.splat(0.16666667), 144);
  v128.store(table, f32x4.splat(0.5), 160);
  v128.store(table, f32x4.splat(1), 176);
}

/**
 * e^x on four lanes within 2 units in the last place; x is limited to [−87, 88]. Cody and Waite's reduction by ln 2,
 * then a Taylor polynomial of degree 6 on |r| ≤ ln 2 / 2. Adding 1.5·2²³ rounds to an integer, which then stands in
 * the low bits, ready to be shifted into the exponent.
 */
export function exp(x: v128, table: usize): v128 {
  x = f32x4.pmin(v128.load(table), f32x4.pmax(v128.load(table, 16), x));
  const shifted = f32x4.add(f32x4.mul(x, v128.load(table, 32)), v128.load(table, 48));
  const n = f32x4.sub(shifted, v128.load(table, 48));
  let r = f32x4.sub(x, f32x4.mul(n, v128.load(table, 64)));
  r = madd(n, v128.load(table, 80), r);
  let p = madd(v128.load(table, 96), r, v128.load(table, 112));
  p = madd(p, r, v128.load(table, 128));
  p = madd(p, r, v128.load(table, 144));
  p = madd(p, r, v128.load(table, 160));
  p = madd(p, r, v128.load(table, 176));
  p = madd(p, r, v128.load(table, 176));
  return i32x4.add(p, i32x4.shl(shifted, 23));
}
