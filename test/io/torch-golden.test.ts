import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readTorchCheckpoint, toFloat32 } from "../../src/io/index.ts";

type Expected = Record<string, { shape: number[]; dtype: string; sum: number; first: number[] }>;

const golden = process.env["SACCADE_GOLDEN"];
const DTYPES: Record<string, string> = { "torch.float32": "F32", "torch.int64": "I64" };

test.skipIf(golden === undefined).for(["svf_tiny_zip.pth", "svf_tiny_legacy.pth", "svf_tiny_dp.pth"])(
  "every tensor of %s has the shape, type, sum and first values that PyTorch gave it",
  (name) => {
    const manifest = JSON.parse(readFileSync(join(golden!, "manifest.json"), "utf8"));
    const expected = manifest.sections["4_svf_tiny"].pth.index as Expected;
    const { tensors, rest } = readTorchCheckpoint(readFileSync(join(golden!, name)), { file: name });
    expect([...tensors.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const [key, { shape, dtype, sum, first }] of Object.entries(expected)) {
      const tensor = tensors.get(key)!;
      expect(tensor.shape).toEqual(shape);
      expect(tensor.dtype).toBe(DTYPES[dtype]);
      const values = toFloat32(tensor);
      expect([...values.subarray(0, 3)]).toEqual(first);
      expect(values.reduce((a, b) => a + b, 0)).toBeCloseTo(sum, 6);
    }
    expect(rest).toEqual(name === "svf_tiny_dp.pth" ? new Map([["epoch", 3]]) : new Map());
  },
);
