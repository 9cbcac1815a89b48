/** What `saccade events filter` does. */
import { ArgumentError, Random } from "../../../../src/core/index.ts";
import {
  type EventStream,
  optionFromText,
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
    if (at < 0) throw new ArgumentError(`${name}: expected KEY=VALUE, got ${JSON.stringify(setting)}`);
    const key = setting.slice(0, at);
    if (Object.hasOwn(values, key)) throw new ArgumentError(`${name}: expected ${key} once, got it twice`);
    values[key] = optionFromText(name, options, key, setting.slice(at + 1));
  }
  return values;
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
