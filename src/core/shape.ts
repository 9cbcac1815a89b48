/** Shape specifications: one string is the document and the check. */
import { ShapeError } from "./errors.ts";

/** A shape: the size along each axis. */
export type Shape = readonly number[];

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Row-major strides of a shape: how many elements one step along each axis passes over. */
export function stridesOf(shape: Shape): number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/** `[2, 3]` as text for messages. */
export function show(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/**
 * Checks a shape against a specification such as `"T B C H W"`. Letters bind at first use and must agree afterwards,
 * numbers must match, a leading `...` stands for any number of axes.
 *
 * @param where - the operation, for the message
 * @param spec - axis names, separated by blanks
 * @param shape - the shape to check
 * @param bound - letters bound before; extended and returned
 * @throws ShapeError `where: expected […], got […]`
 */
export function dims(
  where: string,
  spec: string,
  shape: Shape,
  bound: Record<string, number> = {},
): Record<string, number> {
  const open = spec.startsWith("...");
  const names = spec
    .replace("...", "")
    .split(" ")
    .filter((s) => s !== "");
  const fail = (): never => {
    const known = Object.entries(bound).map(([k, v]) => `${k}=${v}`);
    const given = known.length > 0 ? ` with ${known.join(", ")}` : "";
    throw new ShapeError(`${where}: expected [${spec}]${given}, got ${show(shape)}`);
  };
  if (open ? shape.length < names.length : shape.length !== names.length) fail();
  const tail = shape.slice(shape.length - names.length);
  names.forEach((name, i) => {
    const want = /^\d+$/.test(name) ? Number(name) : (bound[name] ??= tail[i]!);
    if (want !== tail[i]) fail();
  });
  return bound;
}
