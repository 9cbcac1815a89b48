/** Golden images are channels-first; ours are channels-last inside. */
import { permute } from "../../src/autograd/index.ts";
import { type Tensor, tensor, withoutGradients } from "../../src/tensor/index.ts";
import type { Golden } from "./fixtures.ts";

/** A golden image tensor `[..., C, H, W]` as ours, `[..., H, W, C]`. */
export function fromGolden({ shape, data }: Golden): Tensor {
  const lead = shape.length - 3;
  const axes = [...shape.keys()].slice(0, lead);
  return withoutGradients(() => permute(tensor(data, shape), [...axes, lead + 1, lead + 2, lead]));
}

/** The numbers of one of ours, `[..., H, W, C]`, in golden order. */
export function toGolden(x: Tensor): number[] {
  const lead = x.shape.length - 3;
  const axes = [...x.shape.keys()].slice(0, lead);
  return withoutGradients(() => [...permute(x, [...axes, lead + 2, lead, lead + 1]).data]);
}
