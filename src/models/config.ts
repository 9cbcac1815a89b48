/** Configurations of models as people write them: JSON or YAML, validated. */
import { z } from "zod";
import { ArgumentError, type Random } from "../core/index.ts";
import {
  type ConfigOf,
  kindOf,
  type ModelConfig,
  modelKinds,
  type ModelName,
  type ModelOf,
} from "./registry.ts";

/** Parameters that fit into the memory of WebAssembly beside their gradients. */
const MAX_PARAMETERS = 3e8;

/**
 * Checks a configuration such as `{"model": "spikevideoformer", "preset": "nano", "attention": "spatial"}` and fills
 * in what it leaves out from its preset, the usual one of its kind unless it names another. Fields of fields are not filled in.
 *
 * @param only - the kind that is wanted; any if left out
 * @throws ArgumentError naming the field and what was expected
 */
export function parseModelConfig<K extends ModelName = ModelName>(value: unknown, only?: K): ConfigOf<K> {
  const { model } = checked(z.looseObject({ model: z.unknown() }), value);
  if (only !== undefined && model !== only) {
    throw new ArgumentError(`model configuration: model: expected ${only}, got ${JSON.stringify(model)}`);
  }
  const { fields, presets, preset: usual, check, leastParameters } = kindOf(model);
  const schema = z.strictObject({
    model: z.literal(model as ModelName),
    preset: z.enum(Object.keys(presets)).default(usual),
    ...z.strictObject(fields).partial().shape,
  });
  const { preset, ...given } = checked(schema, value);
  const set = Object.fromEntries(Object.entries(given).filter(([, field]) => field !== undefined));
  const config = { ...presets[preset]!, ...set } as ConfigOf<K>;
  check?.(config);
  const least = leastParameters(config);
  if (!(least <= MAX_PARAMETERS)) {
    throw new ArgumentError(
      `model configuration: expected a model of at most ${MAX_PARAMETERS} parameters, got ${least.toPrecision(2)} or more`,
    );
  }
  return config;
}

/** A value of a schema. */
function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new ArgumentError(`model configuration: ${issue.path.join(".") || "top level"}: ${issue.message}`);
}

/**
 * A published or otherwise named configuration.
 *
 * @param name - `KIND/PRESET`, or `KIND` for its usual preset, as in `staa/imagenet`
 * @returns undefined if there is none
 */
export function presetConfig(name: string): ModelConfig | undefined {
  const [kind, preset, ...rest] = name.split("/");
  if (!Object.hasOwn(modelKinds, kind!) || rest.length > 0) return undefined;
  const { presets, preset: usual } = kindOf(kind);
  return Object.hasOwn(presets, preset ?? usual) ? presets[preset ?? usual] : undefined;
}

/** The model that a configuration describes, with initial parameters. @throws ArgumentError */
export function createModel<C extends ModelConfig>(config: C, random?: Random): ModelOf<C["model"]> {
  return kindOf(config.model).create(config, random) as ModelOf<C["model"]>;
}
