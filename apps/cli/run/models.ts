/** `saccade models`: what there is, and how it is configured. */
import { z } from "zod";
import { jsonLine } from "../../../src/io/index.ts";
import { kindOf, modelKinds } from "../../../src/models/index.ts";
import type { Context } from "../context.ts";
import type { ModelsOptions } from "../models.ts";
import { schemaText } from "./schema-text.ts";
import { brief, table } from "./table.ts";

type Schemas = Readonly<Record<string, z.core.JSONSchema.JSONSchema>>;
type Values = Readonly<Record<string, unknown>>;

/** Lists the models, or tells of one. */
export function describeModels(name: string | undefined, { json }: ModelsOptions, { stdout }: Context): void {
  if (name === undefined) {
    const all = Object.keys(modelKinds).map(factsOf);
    stdout.write(json ? jsonLine(all) : listing(all));
  } else {
    stdout.write(json ? jsonLine({ ...factsOf(name), fields: schemaOf(name) }) : description(name));
  }
}

/** What is told of every model. @throws ArgumentError if there is none of this name */
function factsOf(name: string) {
  const { title, tasks, status, paper, note, preset, parameters, inputs } = kindOf(name);
  return { name, title, tasks, status, paper, note: note ?? null, preset, parameters, inputs };
}

function schemaOf(name: string): Schemas {
  return Object.fromEntries(
    Object.entries(kindOf(name).fields).map(([field, schema]) => [field, z.toJSONSchema(schema)]),
  );
}

function listing(all: readonly ReturnType<typeof factsOf>[]): string {
  const rows = all.map(({ name, title, tasks, status, paper, preset, parameters }) => [
    name,
    title,
    tasks.join(", "),
    millions(parameters[preset]!),
    status,
    paper,
  ]);
  return table([["name", "model", "tasks", "parameters", "status", "paper"], ...rows], 6);
}

function description(name: string): string {
  const { title, paper, status, note, tasks, inputs, preset, parameters } = factsOf(name);
  const usual = kindOf(name).presets[preset]! as Values;
  const facts = [
    title,
    `paper: ${paper}`,
    `status: ${status}`,
    `tasks: ${tasks.join(", ")}`,
    ...Object.entries(inputs).map(([input, axes]) => `${input}: [${axes}]`),
    ...(note === null ? [] : [`note: ${note}`]),
  ];
  const presets = Object.entries(parameters).map(([one, count]) => [
    one,
    millions(count),
    one === preset ? "where none is named" : "",
  ]);
  const fields = fieldRows(schemaOf(name), usual);
  const [first] = Object.entries(usual).filter(([, value]) => Number.isInteger(value));
  const example = [`model: ${name}`, `preset: ${preset}`, `${first![0]}: ${String(first![1])}`];
  return [
    `${facts.join("\n")}\n`,
    table([["preset", "parameters", ""], ...presets], 3),
    table([["field", `in ${preset}`, "may be"], ...fields], 3),
    `example, as --model FILE.yaml or under model: of a run; --model ${name}/${preset} alone is a preset\n${indented(example)}`,
  ].join("\n");
}

/** Name, value and text of each field; those of an object each by itself. */
function fieldRows(schemas: Schemas, values: Values, path = ""): string[][] {
  return Object.entries(schemas).flatMap(([field, schema]) => {
    const value = values[field];
    const name = path + field;
    if (schema.properties !== undefined) {
      return fieldRows(schema.properties as Schemas, (value ?? {}) as Values, `${name}.`);
    }
    return [[name, value === undefined ? "" : JSON.stringify(value), schemaText(schema)]];
  });
}

function millions(count: number): string {
  return brief(count).replaceAll(" ", "");
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}\n`).join("");
}
