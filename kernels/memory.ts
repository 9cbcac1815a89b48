// Words of the argument block, addresses of numbers, and the fused multiply-add where the build has it.

/** The i-th argument as an integer. */
export function int(args: usize, i: i32): i32 {
  return load<i32>(args + ((<usize>i) << 2));
}

/** The i-th argument as an address. */
export function pointer(args: usize, i: i32): usize {
  return load<usize>(args + ((<usize>i) << 2));
}

/** The i-th argument of the list of reals, float64, which starts 192 bytes into the block. */
export function real(args: usize, i: i32): f64 {
  return load<f64>(args + ((<usize>i) << 3), 192);
}

/** Address of float32 number `i` of the array at `base`. */
export function at(base: usize, i: i32): usize {
  return base + ((<usize>i) << 2);
}

/** x·y + z on four lanes: fused (one rounding) in the relaxed build, two roundings in the strict one. */
export function madd(x: v128, y: v128, z: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(x, y, z);
  return f32x4.add(f32x4.mul(x, y), z);
}
