import type { z } from "zod";

type Schema = z.core.JSONSchema.JSONSchema;

/** What a value may be, in a few words: `a | b`, `whole number ≥ 1`, `{ tau?: number ≥ 1 }`. */
export function schemaText(schema: Schema): string {
  const { type, properties, items, prefixItems } = schema;
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return options.map((one) => schemaText(one as Schema)).join(" | ");
  if (schema.enum !== undefined) return schema.enum.map(String).join(" | ");
  if (schema.const !== undefined) return String(schema.const);
  if (properties !== undefined) {
    const required = new Set(schema.required);
    const fields = Object.entries(properties).map(
      ([name, field]) => `${name}${required.has(name) ? "" : "?"}: ${schemaText(field as Schema)}`,
    );
    return `{ ${fields.join("; ")} }`;
  }
  if (prefixItems !== undefined) return `[${prefixItems.map((one) => schemaText(one as Schema)).join(", ")}]`;
  if (type === "array") return `list of ${schemaText(items as Schema)}`;
  return type === "integer" || type === "number" ? numberText(schema) : String(type);
}

function numberText({ type, minimum, maximum, exclusiveMinimum: above, multipleOf }: Schema): string {
  const whole = type === "integer";
  const least = whole && typeof above === "number" ? above + 1 : minimum;
  return [
    whole ? "whole number" : "number",
    ...(least === undefined ? [] : [`≥ ${least}`]),
    ...(whole || above === undefined ? [] : [`> ${above}`]),
    ...(maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? [] : [`≤ ${maximum}`]),
    ...(multipleOf === undefined ? [] : [`divisible by ${multipleOf}`]),
  ].join(" ");
}
