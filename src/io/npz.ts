/** The .npz format of NumPy: a zip archive of .npy files. */
import { zipSync } from "fflate";
import { encodeNpy, type NumpyArray, parseNpy } from "./npy.ts";
import { readZip } from "./zip.ts";

/**
 * Reads the arrays of a .npz file by name.
 *
 * @param options - `names`: read these alone, so that object arrays beside them do no harm; all by default; `file`: name
 *   for messages; `maxBytes`: bound of the inflated size, 2 GiB by default
 * @throws FormatError if the archive or an array that is read is damaged or of a dtype that {@link parseNpy} refuses
 */
export function parseNpz(
  bytes: Uint8Array,
  options: { names?: readonly string[]; file?: string | undefined; maxBytes?: number } = {},
): Map<string, NumpyArray> {
  const { names, file, ...bounds } = options;
  const arrays = new Map<string, NumpyArray>();
  for (const [member, entry] of readZip(bytes, { file, ...bounds })) {
    const name = member.replace(/\.npy$/, "");
    if (member.endsWith("/") || (names !== undefined && !names.includes(name))) continue;
    arrays.set(name, parseNpy(entry.read(), file === undefined ? member : `${file}/${member}`));
  }
  return arrays;
}

/**
 * Writes arrays of numbers as an uncompressed .npz file. The same arrays give the same bytes.
 *
 * @throws ArgumentError if an array does not fit its shape or is text
 */
export function encodeNpz(arrays: ReadonlyMap<string, NumpyArray>): Uint8Array {
  const members = [...arrays].map(([name, array]) => [`${name}.npy`, encodeNpy(array)] as const);
  // The earliest time that zip can express, in local time as fflate reads it.
  return zipSync(Object.fromEntries(members), { level: 0, mtime: new Date(1980, 0, 1) });
}
