/** Options of transforms: their types, their checks, and how they are read from text. */
import { ArgumentError } from "../../core/index.ts";
import type { BooleanOption, NumberOption, OptionSpecs, OptionValues, TransformOption } from "./transform.ts";

/** The value of an option. */
type ValueOf<O> = O extends BooleanOption
  ? boolean
  : O extends { readonly type: "choice"; readonly choices: readonly (infer C)[] }
    ? C
    : number;

type Omissible = { readonly default: number | boolean | string } | { readonly optional: true };

/** Options as a caller gives them: those with a default, and optional ones, may be left out. */
export type OptionsOf<S extends OptionSpecs> = {
  readonly [K in keyof S as S[K] extends Omissible ? never : K]: ValueOf<S[K]>;
} & { readonly [K in keyof S as S[K] extends Omissible ? K : never]?: ValueOf<S[K]> | undefined };

/** Options after their check: all are there but for optional ones. */
export type CheckedOptions<S extends OptionSpecs> = {
  readonly [K in keyof S]: S[K] extends { readonly optional: true }
    ? ValueOf<S[K]> | undefined
    : ValueOf<S[K]>;
};

/**
 * Checks options and fills in defaults.
 *
 * @param where - name of the transform, for messages
 * @throws ArgumentError that names the option: unknown, missing, of another type or out of its range
 */
export function checkOptions<S extends OptionSpecs>(
  where: string,
  specs: S,
  options: OptionValues,
): CheckedOptions<S> {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(specs, name)) {
      const known = Object.keys(specs).join(", ") || "none";
      throw new ArgumentError(`${where}: expected an option of ${known}, got ${JSON.stringify(name)}`);
    }
  }
  const values = Object.entries(specs).map(([name, spec]) => {
    const value = options[name] ?? ("default" in spec ? spec.default : undefined);
    if (value === undefined && "optional" in spec) return [name, undefined] as const;
    if (!fits(spec, value)) {
      throw new ArgumentError(`${where}: expected ${name} ${expected(spec)}, got ${shown(value)}`);
    }
    return [name, value] as const;
  });
  return Object.fromEntries(values) as CheckedOptions<S>;
}

/**
 * The value of an option that is given as text, for example in `name=value` on a command line.
 *
 * @param where - name of the transform, for messages
 * @throws ArgumentError that names the option, if the text is no value of its type
 */
export function optionFromText(
  where: string,
  specs: OptionSpecs,
  name: string,
  text: string,
): number | boolean | string {
  const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
  if (spec === undefined) {
    const known = Object.keys(specs).join(", ") || "none";
    throw new ArgumentError(`${where}: expected an option of ${known}, got ${JSON.stringify(name)}`);
  }
  if (spec.type === "choice") return text;
  const value =
    spec.type === "boolean"
      ? { true: true, false: false }[text]
      : text.trim() === ""
        ? undefined
        : Number(text);
  if (value === undefined || !fits(spec, value)) {
    throw new ArgumentError(`${where}: expected ${name} ${expected(spec)}, got ${JSON.stringify(text)}`);
  }
  return value;
}

function fits(spec: TransformOption, value: unknown): boolean {
  if (spec.type === "boolean") return typeof value === "boolean";
  if (spec.type === "choice") return typeof value === "string" && spec.choices.includes(value);
  const { min = -Number.MAX_VALUE, max = Number.MAX_VALUE, type } = spec;
  if (typeof value !== "number" || !(value >= min && value <= max)) return false;
  return type === "number" || Number.isSafeInteger(value);
}

function expected(spec: TransformOption): string {
  if (spec.type === "boolean") return "of true or false";
  if (spec.type === "choice") return `of ${spec.choices.join(", ")}`;
  return `to be ${spec.type === "integer" ? "a whole number" : "a number"}${range(spec)}`;
}

function range({ min, max }: NumberOption): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of ${min} or more`;
  return max === undefined ? "" : ` of ${max} or less`;
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : value === undefined ? "none" : String(value);
}
