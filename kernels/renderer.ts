// Pictures of tapered capsules, four pixels at a time: a module of its own, with a memory of its own, in the strict build
// only. src/simulate/plain-canvas.ts is the same in plain TypeScript and is the truth; src/simulate/canvas.ts says what is
// where.

/** Float32 that a capsule, a material and a fragment of an outline take. */
const CAPSULE: usize = 40;
const MATERIAL: usize = 8;
const EDGE: usize = 6;
const SIDE_MASK: i32 = 31;

let width: i32 = 0;
let height: i32 = 0;
let depth: usize = 0;
let owner: usize = 0;
let normalX: usize = 0;
let normalY: usize = 0;
let roundX: usize = 0;
let roundY: usize = 0;
let frame: usize = 0;
let capsules: usize = 0;
let materials: usize = 0;
let lens: usize = 0;
let lattice: usize = 0;
let scratch: usize = 0;
let edges: usize = 0;

/** Says where everything is. */
export function place(
  width_: i32,
  height_: i32,
  depth_: usize,
  owner_: usize,
  normalX_: usize,
  normalY_: usize,
  roundX_: usize,
  roundY_: usize,
  frame_: usize,
  capsules_: usize,
  materials_: usize,
  lens_: usize,
  lattice_: usize,
  scratch_: usize,
  edges_: usize,
): void {
  width = width_;
  height = height_;
  depth = depth_;
  owner = owner_;
  normalX = normalX_;
  normalY = normalY_;
  roundX = roundX_;
  roundY = roundY_;
  frame = frame_;
  capsules = capsules_;
  materials = materials_;
  lens = lens_;
  lattice = lattice_;
  scratch = scratch_;
  edges = edges_;
}

/** The k-th number of a record, in every lane. */
function lane4(record: usize, k: usize): v128 {
  return v128.load32_splat(record + 4 * k);
}

function square(x: v128): v128 {
  return f32x4.mul(x, x);
}

/** √max(0, x), not-a-number counting as 0. */
function root(x: v128): v128 {
  return f32x4.sqrt(f32x4.pmax(f32x4.splat(0), x));
}

function clamp(x: v128): v128 {
  return f32x4.pmin(f32x4.splat(1), f32x4.pmax(f32x4.splat(0), x));
}

/** u, u + 1, u + 2, u + 3 */
function columns(u: i32): v128 {
  return i32x4.add(i32x4.splat(u), i32x4(0, 1, 2, 3));
}

/** Draws a capsule; returns the number of fragments of outlines after it. */
export function rasterise(c: i32, count: i32): i32 {
  const at = capsules + <usize>c * CAPSULE * 4;
  const ua = load<f32>(at);
  const va = load<f32>(at, 4);
  const du = lane4(at, 2);
  const dv = lane4(at, 3);
  const ra = lane4(at, 4);
  const dr = lane4(at, 5);
  const az = lane4(at, 6);
  const unit = lane4(at, 7);
  const dw = lane4(at, 8);
  const length = lane4(at, 9);
  const perLength = lane4(at, 10);
  const bend = lane4(at, 11);
  const skew = lane4(at, 12);
  const lean = lane4(at, 13);
  const alongX = lane4(at, 14);
  const alongY = lane4(at, 15);
  const slope = load<f32>(at, 64);
  const half = load<f32>(at, 68);
  const endOn = load<f32>(at, 72) !== 0;
  const left = <i32>load<f32>(at, 76);
  const right = <i32>load<f32>(at, 80);
  const top = <i32>load<f32>(at, 84);
  const bottom = <i32>load<f32>(at, 88);
  const perBend = lane4(at, 23);
  const farEnd = f32x4.splat(load<f32>(at, 20) > 0 ? 1 : 0);
  const raSquare = square(ra);
  const raDr = f32x4.mul(ra, dr);
  for (let v = top; v <= bottom; v++) {
    const rowY = <f32>v - va;
    const middle = ua + rowY * slope;
    const from = <i32>min<f32>(<f32>(right + 1), max<f32>(<f32>left, ceil<f32>(middle - half)));
    const to = <i32>max<f32>(<f32>(left - 1), min<f32>(<f32>right, floor<f32>(middle + half)));
    const ey = f32x4.splat(rowY);
    const eyX = f32x4.mul(ey, alongX);
    const eyY = f32x4.mul(ey, alongY);
    for (let u = from; u <= to; u += 4) {
      const us = columns(u);
      const ex = f32x4.sub(f32x4.convert_i32x4_s(us), f32x4.splat(ua));
      const x = f32x4.add(f32x4.mul(ex, alongX), eyY);
      const y = f32x4.abs(f32x4.sub(f32x4.mul(ex, alongY), eyX));
      const ySquare = square(y);
      let s = endOn ? farEnd : clamp(f32x4.mul(f32x4.add(x, f32x4.mul(y, skew)), perLength));
      let away = f32x4.sub(x, f32x4.mul(s, length));
      let r = f32x4.add(ra, f32x4.mul(s, dr));
      const outside = f32x4.sub(f32x4.sqrt(f32x4.add(square(away), ySquare)), r);
      const near = v128.and(f32x4.lt(outside, f32x4.splat(0.5)), i32x4.le_s(us, i32x4.splat(to)));
      if (!v128.any_true(near)) continue;
      const inside = f32x4.le(outside, f32x4.splat(-0.5));
      if (v128.any_true(v128.and(near, inside))) {
        let nearest: v128;
        if (endOn) {
          nearest = farEnd;
          let best = f32x4.splat(Infinity);
          for (let k = 0; k <= 6; k++) {
            const step = f32x4.splat(<f32>k * <f32>(1.0 / 6.0));
            const gap = f32x4.sub(x, f32x4.mul(step, length));
            const radius = f32x4.add(ra, f32x4.mul(step, dr));
            const rise = f32x4.sub(f32x4.sub(square(radius), square(gap)), ySquare);
            const w = f32x4.sub(f32x4.mul(step, dw), root(rise));
            const better = v128.and(f32x4.ge(rise, f32x4.splat(0)), f32x4.lt(w, best));
            best = v128.bitselect(w, best, better);
            nearest = v128.bitselect(step, nearest, better);
          }
        } else {
          const bulge = f32x4.add(raDr, f32x4.mul(x, length));
          const below = f32x4.sub(f32x4.sub(raSquare, square(x)), ySquare);
          const under = f32x4.sub(square(bulge), f32x4.mul(below, bend));
          nearest = clamp(f32x4.mul(f32x4.sub(f32x4.mul(lean, root(under)), bulge), perBend));
        }
        s = v128.bitselect(nearest, s, inside);
        away = f32x4.sub(x, f32x4.mul(s, length));
        r = f32x4.add(ra, f32x4.mul(s, dr));
      }
      const rise = f32x4.sub(f32x4.sub(square(r), square(away)), ySquare);
      const z = f32x4.add(az, f32x4.mul(f32x4.sub(f32x4.mul(s, dw), root(rise)), unit));
      const nx = f32x4.div(f32x4.sub(ex, f32x4.mul(s, du)), r);
      const ny = f32x4.div(f32x4.sub(ey, f32x4.mul(s, dv)), r);
      const pixel = <usize>(v * width + u);
      const at4 = pixel << 2;
      const before = v128.load(depth + at4);
      const front = v128.and(v128.and(near, inside), f32x4.lt(z, before));
      if (v128.any_true(front)) {
        v128.store(depth + at4, v128.bitselect(z, before, front));
        v128.store(owner + at4, v128.bitselect(i32x4.splat(c), v128.load(owner + at4), front));
        v128.store(normalX + at4, v128.bitselect(nx, v128.load(normalX + at4), front));
        v128.store(normalY + at4, v128.bitselect(ny, v128.load(normalY + at4), front));
      }
      let outline = i32x4.bitmask(v128.andnot(near, inside));
      if (outline === 0) continue;
      v128.store(scratch, f32x4.sub(f32x4.splat(0.5), outside));
      v128.store(scratch, z, 16);
      v128.store(scratch, nx, 32);
      v128.store(scratch, ny, 48);
      for (; outline !== 0; outline &= outline - 1) {
        const lane = <usize>ctz(outline);
        const edge = edges + 4 * EDGE * <usize>count;
        count++;
        const from4 = scratch + 4 * lane;
        store<i32>(edge, <i32>(pixel + lane));
        store<i32>(edge, c, 4);
        store<f32>(edge, load<f32>(from4), 8);
        store<f32>(edge, load<f32>(from4, 16), 12);
        store<f32>(edge, load<f32>(from4, 32), 16);
        store<f32>(edge, load<f32>(from4, 48), 20);
      }
    }
  }
  return count;
}

/** Averages normals with those `step` pixels to the sides, above and below, where depths differ by less than `reach`. */
export function roundCreases(left: i32, right: i32, top: i32, bottom: i32, step: i32, reach: f32): void {
  const one = f32x4.splat(1);
  for (let v = top; v <= bottom; v++) {
    for (let u = left; u <= right; u += 4) {
      const at = (<usize>(v * width + u)) << 2;
      const z = v128.load(depth + at);
      if (!v128.any_true(f32x4.lt(z, f32x4.splat(Infinity)))) continue;
      let nx = v128.load(normalX + at);
      let ny = v128.load(normalY + at);
      let count = one;
      const us = columns(u);
      for (let k = 0; k < 4; k++) {
        const du = k === 0 ? -step : k === 1 ? step : 0;
        const over = k === 2 ? v - step : k === 3 ? v + step : v;
        if (over < 0 || over >= height) continue;
        const other = 4 * (over * width + u + du);
        const beside = i32x4.add(us, i32x4.splat(du));
        const way = f32x4.abs(f32x4.sub(v128.load(depth + other), z));
        const goesOn = v128.and(
          f32x4.lt(way, f32x4.splat(reach)),
          v128.and(i32x4.ge_s(beside, i32x4.splat(0)), i32x4.lt_s(beside, i32x4.splat(width))),
        );
        nx = f32x4.add(nx, v128.and(v128.load(normalX + other), goesOn));
        ny = f32x4.add(ny, v128.and(v128.load(normalY + other), goesOn));
        count = f32x4.add(count, v128.and(one, goesOn));
      }
      v128.store(roundX + at, f32x4.div(nx, count));
      v128.store(roundY + at, f32x4.div(ny, count));
    }
  }
}

function mix(a: v128, b: v128, f: v128): v128 {
  return f32x4.add(a, f32x4.mul(f32x4.sub(b, a), f));
}

/** f²(3 − 2f) */
function ease(f: v128): v128 {
  return f32x4.mul(square(f), f32x4.sub(f32x4.splat(3), f32x4.add(f, f)));
}

/** Four values of the lattice. */
function corner(index: v128): v128 {
  const at = i32x4.shl(index, 2);
  let four = v128.load32_zero(lattice + <usize>i32x4.extract_lane(at, 0));
  four = v128.load32_lane(lattice + <usize>i32x4.extract_lane(at, 1), four, 1);
  four = v128.load32_lane(lattice + <usize>i32x4.extract_lane(at, 2), four, 2);
  return v128.load32_lane(lattice + <usize>i32x4.extract_lane(at, 3), four, 3);
}

/** The noise field, see src/simulate/noise.ts. */
function noise(x: v128, y: v128, z: v128): v128 {
  const mask = i32x4.splat(SIDE_MASK);
  const one = i32x4.splat(1);
  const floorX = f32x4.floor(x);
  const floorY = f32x4.floor(y);
  const floorZ = f32x4.floor(z);
  const i = i32x4.trunc_sat_f32x4_s(floorX);
  const j = i32x4.trunc_sat_f32x4_s(floorY);
  const k = i32x4.trunc_sat_f32x4_s(floorZ);
  const fx = ease(f32x4.sub(x, floorX));
  const fy = ease(f32x4.sub(y, floorY));
  const fz = ease(f32x4.sub(z, floorZ));
  const x0 = v128.and(i, mask);
  const x1 = v128.and(i32x4.add(i, one), mask);
  const y0 = i32x4.shl(v128.and(j, mask), 5);
  const y1 = i32x4.shl(v128.and(i32x4.add(j, one), mask), 5);
  const z0 = i32x4.shl(v128.and(k, mask), 10);
  const z1 = i32x4.shl(v128.and(i32x4.add(k, one), mask), 10);
  const near0 = v128.or(y0, z0);
  const near1 = v128.or(y1, z0);
  const far0 = v128.or(y0, z1);
  const far1 = v128.or(y1, z1);
  const a = mix(corner(v128.or(x0, near0)), corner(v128.or(x1, near0)), fx);
  const b = mix(corner(v128.or(x0, near1)), corner(v128.or(x1, near1)), fx);
  const c = mix(corner(v128.or(x0, far0)), corner(v128.or(x1, far0)), fx);
  const d = mix(corner(v128.or(x0, far1)), corner(v128.or(x1, far1)), fx);
  return mix(mix(a, b, fy), mix(c, d, fy), fz);
}

/** Share of the figure in a wave of equal stripes, averaged over a pixel's width `blur` (in periods). */
function stripe(phase: v128, blur: v128): v128 {
  const saw = f32x4.sub(phase, f32x4.floor(phase));
  const wave = f32x4.sub(f32x4.abs(f32x4.sub(f32x4.add(saw, saw), f32x4.splat(1))), f32x4.splat(0.5));
  const half = f32x4.mul(wave, f32x4.splat(0.5));
  return clamp(f32x4.add(f32x4.splat(0.5), f32x4.div(half, f32x4.pmax(f32x4.splat(<f32>1e-6), blur))));
}

function dot(record: usize, a: usize, b: usize, c: usize, x: v128, y: v128, z: v128): v128 {
  return f32x4.add(
    f32x4.add(f32x4.mul(x, lane4(record, a)), f32x4.mul(y, lane4(record, b))),
    f32x4.mul(z, lane4(record, c)),
  );
}

/** Reflectance of a material, see `Textures`. */
function reflectance(material: usize, x: v128, y: v128, z: v128, footprint: v128): v128 {
  const pattern = <i32>load<f32>(material);
  const perPeriod = lane4(material, 3);
  let share = f32x4.splat(0);
  if (pattern === 4) {
    const dx = f32x4.sub(f32x4.abs(f32x4.sub(x, lane4(lens, 8))), lane4(lens, 11));
    const dy = f32x4.sub(f32x4.sub(y, lane4(lens, 9)), lane4(lens, 12));
    const distance = f32x4.sqrt(f32x4.add(square(dx), square(dy)));
    const covered = f32x4.div(f32x4.sub(lane4(lens, 14), distance), footprint);
    const front = f32x4.ge(f32x4.sub(z, lane4(lens, 10)), lane4(lens, 13));
    share = v128.and(clamp(f32x4.add(f32x4.splat(0.5), covered)), front);
  } else if (pattern === 3) {
    const px = f32x4.mul(x, perPeriod);
    const py = f32x4.mul(y, perPeriod);
    const pz = f32x4.mul(z, perPeriod);
    const coarse = noise(px, py, pz);
    const fine = noise(
      f32x4.add(f32x4.add(px, px), f32x4.splat(<f32>7.3)),
      f32x4.add(f32x4.add(py, py), f32x4.splat(<f32>3.1)),
      f32x4.add(pz, pz),
    );
    share = f32x4.div(f32x4.add(coarse, f32x4.mul(f32x4.splat(0.5), fine)), f32x4.splat(1.5));
  } else if (pattern !== 0) {
    const blur = f32x4.mul(footprint, perPeriod);
    share = stripe(f32x4.mul(dot(material, 4, 5, 6, x, y, z), perPeriod), blur);
    if (pattern === 2) {
      const other = stripe(f32x4.mul(dot(material, 5, 6, 4, x, y, z), perPeriod), blur);
      share = f32x4.sub(f32x4.add(share, other), f32x4.mul(f32x4.add(share, share), other));
    }
  }
  const flat = f32x4.add(lane4(material, 1), f32x4.mul(lane4(material, 2), share));
  if (load<f32>(material, 28) === 0) return flat;
  const wrinkle = noise(
    f32x4.mul(x, f32x4.splat(13)),
    f32x4.mul(y, f32x4.splat(<f32>7.8)),
    f32x4.mul(z, f32x4.splat(13)),
  );
  const fold = f32x4.mul(lane4(material, 7), f32x4.sub(f32x4.add(wrinkle, wrinkle), f32x4.splat(1)));
  return f32x4.mul(flat, f32x4.add(f32x4.splat(1), fold));
}

/** Luminance that points of capsule c send to the camera. */
function radianceOf(c: i32, u: v128, v: v128, z: v128, nx: v128, ny: v128): v128 {
  const x = f32x4.mul(f32x4.mul(f32x4.sub(u, lane4(lens, 0)), lane4(lens, 2)), z);
  const y = f32x4.mul(f32x4.mul(f32x4.sub(v, lane4(lens, 1)), lane4(lens, 3)), z);
  const at = capsules + <usize>c * CAPSULE * 4;
  const restX = f32x4.add(dot(at, 24, 25, 26, x, y, z), lane4(at, 33));
  const restY = f32x4.add(dot(at, 27, 28, 29, x, y, z), lane4(at, 34));
  const restZ = f32x4.add(dot(at, 30, 31, 32, x, y, z), lane4(at, 35));
  const facing = root(f32x4.sub(f32x4.sub(f32x4.splat(1), square(nx)), square(ny)));
  const wide = f32x4.pmax(f32x4.splat(0.25), facing);
  const footprint = f32x4.div(z, f32x4.mul(lane4(lens, 4), wide));
  const material = materials + <usize>load<f32>(at, 88 + 56) * MATERIAL * 4;
  const nz = f32x4.neg(facing);
  const upward = dot(lens, 5, 6, 7, nx, ny, nz);
  let light = f32x4.add(
    lane4(lens, 15),
    f32x4.mul(lane4(lens, 16), f32x4.add(f32x4.splat(0.5), f32x4.mul(f32x4.splat(0.5), upward))),
  );
  const lights = <usize>load<f32>(lens, 68);
  for (let k: usize = 0; k < lights; k++) {
    const lamp = lens + 72 + 16 * k;
    const falls = dot(lamp, 0, 1, 2, nx, ny, nz);
    light = f32x4.add(light, f32x4.mul(lane4(lamp, 3), f32x4.pmax(f32x4.splat(0), falls)));
  }
  return f32x4.mul(reflectance(material, restX, restY, restZ, footprint), light);
}

/** As {@link radianceOf} for points of different capsules, where `wanted`. */
function radiance(c: v128, wanted: v128, u: v128, v: v128, z: v128, nx: v128, ny: v128): v128 {
  let out = f32x4.splat(0);
  for (let left = i32x4.bitmask(wanted); left !== 0;) {
    v128.store(scratch, c, 64);
    const first = load<i32>(scratch + 4 * <usize>ctz(left), 64);
    const own = i32x4.eq(c, i32x4.splat(first));
    out = v128.bitselect(radianceOf(first, u, v, z, nx, ny), out, own);
    left &= ~i32x4.bitmask(own);
  }
  return out;
}

/** Colours the pixels that capsules cover entirely. */
export function shade(left: i32, right: i32, top: i32, bottom: i32): void {
  for (let v = top; v <= bottom; v++) {
    for (let u = left; u <= right; u += 4) {
      const at = (<usize>(v * width + u)) << 2;
      const z = v128.load(depth + at);
      const us = columns(u);
      const wanted = v128.and(f32x4.lt(z, f32x4.splat(Infinity)), i32x4.le_s(us, i32x4.splat(right)));
      if (!v128.any_true(wanted)) continue;
      const light = radiance(
        v128.load(owner + at),
        wanted,
        f32x4.convert_i32x4_s(us),
        f32x4.splat(<f32>v),
        z,
        v128.load(roundX + at),
        v128.load(roundY + at),
      );
      v128.store(frame + at, v128.bitselect(light, v128.load(frame + at), wanted));
    }
  }
}

/** Blends the fragments of outlines that nothing hides over what is there. */
export function blend(count: i32): void {
  // Fours of fragments in the rest of the scratch: pixel, capsule, coverage, z, nx, ny, u, v.
  const four = scratch + 128;
  let gathered: usize = 0;
  for (let e = 0; e <= count; e++) {
    if (e < count) {
      const edge = edges + 4 * EDGE * <usize>e;
      const pixel = load<i32>(edge);
      if (load<f32>(edge, 12) > load<f32>(depth + 4 * <usize>pixel)) continue;
      const to = four + 4 * gathered++;
      for (let k: usize = 0; k < EDGE; k++) store<u32>(to + 16 * k, load<u32>(edge + 4 * k));
      const v = pixel / width;
      store<f32>(to, <f32>(pixel - v * width), 96);
      store<f32>(to, <f32>v, 112);
    }
    if (gathered === 0 || (gathered < 4 && e < count)) continue;
    const light = radiance(
      v128.load(four, 16),
      i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(<i32>gathered)),
      v128.load(four, 96),
      v128.load(four, 112),
      v128.load(four, 48),
      v128.load(four, 64),
      v128.load(four, 80),
    );
    v128.store(scratch, light);
    for (let k: usize = 0; k < gathered; k++) {
      const at = frame + 4 * <usize>load<i32>(four + 4 * k);
      const behind = load<f32>(at);
      store<f32>(at, behind + (load<f32>(scratch + 4 * k) - behind) * load<f32>(four + 4 * k, 32));
    }
    gathered = 0;
  }
}
