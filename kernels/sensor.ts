// The pixels of an event sensor in which nothing happens: a module of its own, with a memory of its own, in the strict
// build only. `advanceQuietly` of src/simulate/quiet.ts is the same in plain TypeScript and is the truth.

/** Bytes of a block's pixels, as float32. */
const BLOCK_BYTES: usize = 64;

/** ln x of four normal numbers: x = 2^k m with m in [√½, √2), ln m = 2 artanh((m − 1)/(m + 1)) by its series. */
function log(x: v128): v128 {
  const k = i32x4.shr_s(i32x4.sub(x, i32x4.splat(0x3f3504f3)), 23);
  const m = i32x4.sub(x, i32x4.shl(k, 23));
  const f = f32x4.sub(m, f32x4.splat(1));
  const s = f32x4.div(f, f32x4.add(m, f32x4.splat(1)));
  const z = f32x4.mul(s, s);
  let p = f32x4.add(f32x4.mul(z, f32x4.splat(<f32>(2.0 / 7.0))), f32x4.splat(<f32>(2.0 / 5.0)));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(<f32>(2.0 / 3.0)));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(2));
  return f32x4.add(
    f32x4.mul(f32x4.convert_i32x4_s(k), f32x4.splat(<f32>0.6931471805599453)),
    f32x4.mul(p, s),
  );
}

/** Whether 64 bytes are the same in two places. */
function same64(a: usize, b: usize): bool {
  const low = v128.or(v128.xor(v128.load(a), v128.load(b)), v128.xor(v128.load(a, 16), v128.load(b, 16)));
  const high = v128.or(
    v128.xor(v128.load(a, 32), v128.load(b, 32)),
    v128.xor(v128.load(a, 48), v128.load(b, 48)),
  );
  return !v128.any_true(v128.or(low, high));
}

/** Lists the lanes of `fires`, the first of which is pixel `first`; returns the number of pixels listed by then. */
function list(
  fires: i32,
  first: usize,
  before: v128,
  scratch: usize,
  active: usize,
  from: usize,
  count: usize,
): usize {
  v128.store(scratch, before);
  for (; fires !== 0; fires &= fires - 1) {
    const lane = <usize>ctz(fires);
    store<i32>(active + 4 * count, <i32>(first + lane));
    store<f32>(from + 4 * count, load<f32>(scratch + 4 * lane));
    count++;
  }
  return count;
}

/**
 * Moves the levels of linear frames and lists the pixels that may fire, of which it returns the number. `pass` is the
 * table of the low-pass, or 0 without one; `leak` 0 without leak.
 */
export function advanceLinear(
  blocks: usize,
  now: usize,
  before: usize,
  level: usize,
  high: usize,
  low: usize,
  leak: usize,
  pass: usize,
  restUntil: usize,
  looks: usize,
  scratch: usize,
  active: usize,
  from: usize,
  age: f64,
  dark: f32,
  darkOffset: f32,
): i32 {
  let count: usize = 0;
  const ages = f32x4.splat(<f32>age);
  const darks = f32x4.splat(dark);
  const slope = f32x4.splat(1 / dark);
  const offset = f32x4.splat(darkOffset);
  for (let b: usize = 0; b < blocks; b++) {
    const at = b * BLOCK_BYTES;
    const same = same64(now + at, before + at);
    if (same && age < load<f64>(restUntil + 8 * b)) {
      store<u8>(looks + b, 0);
      continue;
    }
    let way = f32x4.splat(0);
    for (let k = at; k < at + BLOCK_BYTES; k += 16) {
      const light = v128.load(now + k);
      // Not a number becomes 0.
      const lit = f32x4.pmax(f32x4.splat(0), light);
      const target = v128.bitselect(
        log(light),
        f32x4.add(f32x4.mul(lit, slope), offset),
        f32x4.ge(light, darks),
      );
      const old = v128.load(level + k);
      let after = target;
      if (pass !== 0) {
        const index = i32x4.shl(
          i32x4.trunc_sat_f32x4_s(f32x4.mul(f32x4.pmin(f32x4.splat(1), lit), f32x4.splat(256))),
          2,
        );
        let share = v128.load32_zero(pass + <usize>i32x4.extract_lane(index, 0));
        share = v128.load32_lane(pass + <usize>i32x4.extract_lane(index, 1), share, 1);
        share = v128.load32_lane(pass + <usize>i32x4.extract_lane(index, 2), share, 2);
        share = v128.load32_lane(pass + <usize>i32x4.extract_lane(index, 3), share, 3);
        after = f32x4.add(old, f32x4.mul(f32x4.sub(target, old), share));
      }
      v128.store(level + k, after);
      way = f32x4.pmax(way, f32x4.abs(f32x4.sub(target, after)));
      const total = leak !== 0 ? f32x4.add(after, f32x4.mul(v128.load(leak + k), ages)) : after;
      const quiet = v128.and(f32x4.lt(total, v128.load(high + k)), f32x4.gt(total, v128.load(low + k)));
      const fires = ~i32x4.bitmask(quiet) & 15;
      if (fires !== 0) count = list(fires, k >> 2, old, scratch, active, from, count);
    }
    const settled = same && i32x4.all_true(f32x4.lt(way, f32x4.splat(<f32>1e-4)));
    store<u8>(looks + b, settled ? 3 : 2);
  }
  return <i32>count;
}

/** Level and low-pass of a code, from the pair of float32 in the table. */
function entry(table: usize, code: usize): usize {
  return table + 8 * code;
}

/** As {@link advanceLinear}, for 8-bit codes; `table` holds level and low-pass of each code. */
export function advanceCodes(
  blocks: usize,
  now: usize,
  before: usize,
  level: usize,
  high: usize,
  low: usize,
  leak: usize,
  table: usize,
  restUntil: usize,
  looks: usize,
  scratch: usize,
  active: usize,
  from: usize,
  age: f64,
): i32 {
  let count: usize = 0;
  const ages = f32x4.splat(<f32>age);
  for (let b: usize = 0; b < blocks; b++) {
    const codes = now + 16 * b;
    const same = !v128.any_true(v128.xor(v128.load(codes), v128.load(before + 16 * b)));
    if (same && age < load<f64>(restUntil + 8 * b)) {
      store<u8>(looks + b, 0);
      continue;
    }
    const at = b * BLOCK_BYTES;
    let way = f32x4.splat(0);
    for (let k: usize = 0; k < BLOCK_BYTES; k += 16) {
      const four = load<u32>(codes + (k >> 2));
      let first = v128.load64_zero(entry(table, four & 255));
      first = v128.load64_lane(entry(table, (four >> 8) & 255), first, 1);
      let second = v128.load64_zero(entry(table, (four >> 16) & 255));
      second = v128.load64_lane(entry(table, four >> 24), second, 1);
      const target = v128.shuffle<i32>(first, second, 0, 2, 4, 6);
      const share = v128.shuffle<i32>(first, second, 1, 3, 5, 7);
      const old = v128.load(level + at + k);
      const after = f32x4.add(old, f32x4.mul(f32x4.sub(target, old), share));
      v128.store(level + at + k, after);
      way = f32x4.pmax(way, f32x4.abs(f32x4.sub(target, after)));
      const total = leak !== 0 ? f32x4.add(after, f32x4.mul(v128.load(leak + at + k), ages)) : after;
      const quiet = v128.and(
        f32x4.lt(total, v128.load(high + at + k)),
        f32x4.gt(total, v128.load(low + at + k)),
      );
      const fires = ~i32x4.bitmask(quiet) & 15;
      if (fires !== 0) count = list(fires, (at + k) >> 2, old, scratch, active, from, count);
    }
    const settled = same && i32x4.all_true(f32x4.lt(way, f32x4.splat(<f32>1e-4)));
    store<u8>(looks + b, settled ? 3 : 2);
  }
  return <i32>count;
}

let theActive: usize = 0;
let theBefore: usize = 0;
let theLevel: usize = 0;
let theHigh: usize = 0;
let theLow: usize = 0;
let theLeak: usize = 0;
let theReference: usize = 0;
let theThresholdOn: usize = 0;
let theThresholdOff: usize = 0;
let theHeldUntil: usize = 0;
let theShots: usize = 0;
let theOffsets: usize = 0;
let theCodes: usize = 0;
let theTally: usize = 0;
let theRoom: i32 = 0;

/** Says where the columns are that {@link fire} needs, and for how many events there is room. */
export function placeFire(
  active: usize,
  before: usize,
  level: usize,
  high: usize,
  low: usize,
  leak: usize,
  reference: usize,
  thresholdOn: usize,
  thresholdOff: usize,
  heldUntil: usize,
  shots: usize,
  offsets: usize,
  codes: usize,
  tally: usize,
  room: i32,
): void {
  theActive = active;
  theBefore = before;
  theLevel = level;
  theHigh = high;
  theLow = low;
  theLeak = leak;
  theReference = reference;
  theThresholdOn = thresholdOn;
  theThresholdOff = thresholdOff;
  theHeldUntil = heldUntil;
  theShots = shots;
  theOffsets = offsets;
  theCodes = codes;
  theTally = tally;
  theRoom = room;
}

/**
 * Runs listed pixels from the k-th through an interval, as `EventSensor` does, and stores their events: offsets and codes
 * (2 · pixel + polarity), their number at `tally`. Stops before a pixel that has noise events, or more events than there
 * is `room` for, and returns its place in the list.
 */
export function fire(from: i32, count: i32, lastUs: f64, spanUs: f64, age: f64, refractoryUs: f64): i32 {
  let events = 0;
  let k = from;
  for (; k < count; k++) {
    const i = load<i32>(theActive + 4 * <usize>k);
    const at4 = 4 * <usize>i;
    const at8 = 8 * <usize>i;
    if (load<i32>(theShots + at4) >= 0) break;
    const after = <f64>load<f32>(theLevel + at4);
    const drift = <f64>load<f32>(theLeak + at4);
    const rest = load<f64>(theReference + at8);
    const start = <f64>load<f32>(theBefore + 4 * <usize>k) - rest + drift * age;
    const end = after - rest + drift * (age + spanUs);
    const on = load<f64>(theThresholdOn + at8);
    const off = load<f64>(theThresholdOff + at8);
    const slope = (end - start) / spanUs;
    const rises = slope > 0;
    const threshold = rises ? on : -off;
    if (!((abs(start) + abs(end)) / abs(threshold) + 4 < <f64>(theRoom - events))) break;
    let offset: f64 = 0;
    let now = start;
    let held = load<f64>(theHeldUntil + at8);
    if (held > lastUs) {
      offset = held - lastUs;
      now = 0;
    }
    let left: f64 = 0;
    while (offset < spanUs) {
      const crossing = slope === 0 ? Infinity : offset + (threshold - now) / slope;
      const at = max<f64>(offset, crossing);
      if (at > spanUs) {
        left = now + slope * (spanUs - offset);
        break;
      }
      // An event of this interval, though rounding may have let it come a moment before.
      const stamp = max<f64>(1, ceil<f64>(at));
      store<i32>(theOffsets + 4 * <usize>events, <i32>stamp);
      store<i32>(theCodes + 4 * <usize>events, 2 * i + <i32>rises);
      events++;
      now = 0;
      offset = refractoryUs > 0 ? stamp + refractoryUs : at;
      held = lastUs + offset;
    }
    if (refractoryUs > 0) store<f64>(theHeldUntil + at8, held);
    const reset = after + drift * (age + spanUs) - left;
    store<f64>(theReference + at8, reset);
    store<f32>(theLow + at4, <f32>(reset - off));
    const isHeld = refractoryUs > 0 && held > lastUs + spanUs;
    store<f32>(theHigh + at4, isHeld ? -Infinity : <f32>(reset + on));
  }
  store<i32>(theTally, events);
  return k;
}
