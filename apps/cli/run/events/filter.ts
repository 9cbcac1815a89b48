/** What `saccade events filter` does. */
import { ArgumentError, Random } from "../../../../src/core/index.ts";
import {
  type EventStream,
  type OptionValues,
  type Transform,
  type TransformOption,
  transforms,
} from "../../../../src/events/index.ts";
import type { Context } from "../../context.ts";
import type { InputOptions } from "../../events-options.ts";
import type { FilterOptions, OutputOptions } from "../../events.ts";
import { InputError } from "../../faults.ts";
import { convert } from "./convert.ts";

type Step = { readonly name: string; readonly transform: Transform; readonly values: OptionValues };

/** Passes a recording through transforms, or lists them. */
export async function filter(
  args: readonly string[],
  options: InputOptions & OutputOptions & FilterOptions,
  context: Context,
): Promise<void> {
  if (options.list) {
    context.stdout.write(options.json ? `${JSON.stringify(described())}\n` : list());
    return;
  }
  const [from, to, ...words] = args;
  if (from === undefined || to === undefined || words.length === 0) {
    throw new InputError(
      "filter",
      "expected IN OUT NAME [KEY=VALUE...], got less; --list names the transforms",
    );
  }
  const steps = chainOf(words);
  const random = new Random(options.seed);
  await convert(from, to, options, context, (stream) =>
    steps.reduce<EventStream>(
      (before, { name, transform, values }, i) =>
        transform.apply(before, values, random.fork(`${i} ${name}`)),
      stream,
    ),
  );
}

/**
 * The transforms that words name: steps stand between commas, each a name and then values of its options.
 *
 * @throws ArgumentError
 */
export function chainOf(words: readonly string[]): Step[] {
  const parts = words.flatMap((word) => word.split(/(,)(?=$)/)).filter((word) => word !== "");
  const steps: string[][] = [[]];
  for (const part of parts) {
    if (part === ",") steps.push([]);
    else steps.at(-1)!.push(part);
  }
  return steps.map(([name, ...settings]) => {
    const transform = name === undefined || !Object.hasOwn(transforms, name) ? undefined : transforms[name];
    if (name === undefined || transform === undefined) {
      const known = Object.keys(transforms).join(", ");
      throw new ArgumentError(`filter: expected a transform of ${known}, got ${JSON.stringify(name ?? "")}`);
    }
    return { name, transform, values: valuesOf(name, transform, settings) };
  });
}

function valuesOf(name: string, { options }: Transform, settings: readonly string[]): OptionValues {
  const values: Record<string, number | boolean | string> = {};
  for (const setting of settings) {
    const at = setting.indexOf("=");
    const [key, value] = at < 0 ? [setting, undefined] : [setting.slice(0, at), setting.slice(at + 1)];
    const option = Object.hasOwn(options, key) ? options[key] : undefined;
    if (option === undefined) {
      const known = Object.keys(options).join(", ");
      throw new ArgumentError(
        `${name}: expected an option of ${known === "" ? "none" : known}, got ${JSON.stringify(key)}`,
      );
    }
    if (Object.hasOwn(values, key)) throw new ArgumentError(`${name}: expected ${key} once, got it twice`);
    values[key] = valueOf(`${name} ${key}`, option, value);
  }
  return values;
}

/** The value that a text means; its range is for the transform to check. */
function valueOf(
  where: string,
  option: TransformOption,
  text: string | undefined,
): number | boolean | string {
  const fault = (what: string) =>
    new ArgumentError(`${where}: expected ${what}, got ${JSON.stringify(text ?? "")}`);
  if (option.type === "boolean") {
    if (text === undefined || text === "true") return true;
    if (text === "false") return false;
    throw fault("true or false");
  }
  if (text === undefined || text === "") throw fault(`a value, as in ${where.split(" ")[1]}=…`);
  if (option.type === "choice") {
    if (!option.choices.includes(text)) throw fault(option.choices.join(", "));
    return text;
  }
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value))
    throw fault(option.type === "integer" ? "a whole number" : "a number");
  return value;
}

function described(): object {
  return Object.fromEntries(
    Object.entries(transforms).map(([name, { summary, options, wholeRecording }]) => [
      name,
      { summary, wholeRecording, options },
    ]),
  );
}

function list(): string {
  return Object.entries(transforms)
    .map(([name, { summary, options, wholeRecording }]) => {
      const held = wholeRecording ? " (holds the whole recording)" : "";
      const lines = Object.entries(options).map(
        ([key, option]) => `    ${`${key}=${kindOf(option)}`.padEnd(28)} ${option.help}${standing(option)}\n`,
      );
      return `${name}\n  ${summary}${held}\n${lines.join("")}`;
    })
    .join("\n");
}

function kindOf(option: TransformOption): string {
  if (option.type === "choice") return option.choices.join("|");
  if (option.type === "boolean") return "true|false";
  return option.unit === undefined ? "N" : `N ${option.unit}`;
}

function standing(option: TransformOption): string {
  if (option.default !== undefined) return `; ${option.default} by default`;
  return "optional" in option && option.optional === true ? "" : "; must be given";
}
