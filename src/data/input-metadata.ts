/** What a model file says of the model's input, so that whoever uses the model can make it. */
import { z } from "zod";
import { CheckpointError } from "../core/index.ts";
import type { InputDescription } from "./input-description.ts";

/** Key in the metadata of a model file, whose value is JSON. */
const INPUT = "saccade.input";

/** A model's input, and the names of the classes that it tells, by label. */
export type LabelledInput = { readonly input: InputDescription; readonly classes: readonly string[] };

const side = z.int().min(1).max(16_384);
const size = z.tuple([side, side]).readonly();
const frames = z.int().min(1).max(4096);
const cut = size.nullable();
const colours = {
  mean: z.tuple([z.number(), z.number(), z.number()]).readonly(),
  std: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]).readonly(),
};
const schema = z.strictObject({
  input: z.discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("events"),
      frames,
      by: z.enum(["time", "events"]),
      values: z.enum(["counts", "binary"]),
      size,
      fit: z.enum(["cover", "contain"]),
      cut,
    }),
    z.strictObject({
      kind: z.literal("video"),
      frames,
      stride: z.int().min(1).nullable(),
      size,
      cut,
      ...colours,
    }),
    z.strictObject({
      kind: z.literal("image"),
      frames: frames.nullable(),
      size: z.union([size, side]),
      cut,
      ...colours,
    }),
  ]),
  classes: z.array(z.string()).min(1),
});

/** The entry for the metadata of a model file. */
export function inputMetadata({ input, classes }: LabelledInput): Record<string, string> {
  return { [INPUT]: JSON.stringify({ input, classes }) };
}

/**
 * Reads what {@link inputMetadata} has written.
 *
 * @param metadata - of a model file
 * @param file - its name, for messages
 * @throws CheckpointError if there is no such entry, or it is none
 */
export function parseInputMetadata(
  metadata: Readonly<Record<string, string>>,
  file = "model",
): LabelledInput {
  const text = metadata[INPUT];
  const fail = (got: string) =>
    new CheckpointError(`${file}: expected ${INPUT}, how inputs are made, as training writes it, got ${got}`);
  if (text === undefined) throw fail("none");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw fail("no JSON");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw fail(`${issue.path.join(".") || "something else"}: ${issue.message}`);
}
