/** What pages of classes say of the model. */
import { basename } from "node:path";
import type { InputDescription } from "../../../src/data/index.ts";
import { modelKinds } from "../../../src/models/index.ts";
import type { LabellingModel } from "../../report/labelled-data.ts";
import type { LabelledModel } from "./labelled-model.ts";

/** The model of a file, in words. */
export function labellingModel(file: string, { model, input, classes }: LabelledModel): LabellingModel {
  return {
    file: basename(file),
    title: modelKinds[model.config.model].title,
    parameters: model.parameterCount(),
    input: inWords(input),
    classes: classes.length,
  };
}

function inWords(input: InputDescription): string {
  const size = input.cut ?? input.size;
  const pixels = typeof size === "number" ? `${size} pixels` : `${size[1]} × ${size[0]} pixels`;
  switch (input.kind) {
    case "events": {
      const by = input.by === "time" ? "equally long" : "as many events each";
      return `${input.frames} event frames, ${by}, ${pixels}`;
    }
    case "video":
      return `${input.frames} frames of a video, ${pixels}`;
    case "image":
      return `a picture, ${pixels}`;
  }
}
