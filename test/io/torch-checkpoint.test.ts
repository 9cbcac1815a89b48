import { zipSync } from "fflate";
import { expect, suite, test } from "vitest";
import { FormatError } from "../../src/core/index.ts";
import { readTorchCheckpoint, readZip, toFloat32 } from "../../src/io/index.ts";
import { expectMutationsHarmless, expectTruncationsRefused, fixture } from "./corpus.ts";

const FILES = ["checkpoint_zip.pth", "checkpoint_legacy.pth"];

/** A zip checkpoint whose storage 0 holds eight float32 numbers, with the pickle given as text. */
function checkpointOf(pickle: string): Uint8Array {
  return zipSync({
    "x/data.pkl": Uint8Array.from(pickle, (c) => c.charCodeAt(0)),
    "x/data/0": new Uint8Array(new Float32Array([0, 1, 2, 3, 4, 5, 6, 7]).buffer),
  });
}

/** The pickle of `{"w": tensor}` over storage 0, its offset, shape and strides as given. */
function tensorPickle(
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
  size = 8,
): string {
  const text = (s: string) => `X${String.fromCharCode(s.length)}\0\0\0${s}`;
  const integers = (list: readonly number[]) => `(${list.map((n) => `I${n}\n`).join("")}t`;
  const storage = `(${text("storage")}ctorch\nFloatStorage\n${text("0")}${text("cpu")}I${size}\ntQ`;
  const args = `(${storage}I${offset}\n${integers(shape)}${integers(strides)}\x89}t`;
  return `\x80\x02}${text("w")}ctorch._utils\n_rebuild_tensor_v2\n${args}Rs.`;
}

suite("PyTorch checkpoints", () => {
  test.for(FILES)("%s gives every tensor, and the rest as plain values", (name) => {
    const { tensors, rest } = readTorchCheckpoint(fixture(name));
    const values = (key: string) => [...toFloat32(tensors.get(key)!)];
    expect(tensors.get("transposed")!.shape).toEqual([4, 3]);
    expect(values("transposed")).toEqual([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
    expect(values("slice")).toEqual([2, 3, 4]);
    expect(tensors.get("parameter")).toEqual({
      dtype: "F32",
      shape: [1, 2],
      data: new Float32Array([0.5, -0.5]),
    });
    expect(tensors.get("f64")).toEqual({ dtype: "F64", shape: [1], data: new Float64Array([1.25]) });
    expect(values("f16")).toEqual([0.5, 2]);
    expect(values("bf16")).toEqual([0.5, 3]);
    expect(tensors.get("i64")!.shape).toEqual([]);
    expect(values("i64")).toEqual([60]);
    for (const key of ["i32", "i16", "i8"]) expect(values(key)).toEqual([-7]);
    expect(values("u8")).toEqual([7]);
    expect(tensors.get("flag")).toEqual({ dtype: "BOOL", shape: [2], data: new Uint8Array([1, 0]) });
    expect(tensors.get("empty")!.shape).toEqual([0, 4]);
    expect(tensors.size).toBe(13);

    expect(rest.get("epoch")).toBe(3);
    expect(rest.get("best")).toBe(0.75);
    expect(rest.get("args")).toEqual(
      new Map<unknown, unknown>([
        ["lr", 0.1],
        ["name", "tiny"],
      ]),
    );
    expect(rest.get("dtype")).toEqual({ callable: "torch float32" });
    expect(rest.has("optimizer")).toBe(true);
    expect(rest.has("state_dict")).toBe(false);
  });

  test.for(FILES)("every truncation of %s is a FormatError, and mutations do no harm", (name) => {
    expectTruncationsRefused(fixture(name), (bytes) => readTorchCheckpoint(bytes));
    expectMutationsHarmless(fixture(name), (bytes) => readTorchCheckpoint(bytes));
  });

  test("mutations of the pickle in a sound archive do no harm", () => {
    const members = new Map(
      [...readZip(fixture("checkpoint_zip.pth"))].map(([name, entry]) => [name, entry.read()]),
    );
    const [path, pickle] = [...members].find(([name]) => name.endsWith("data.pkl"))!;
    expectMutationsHarmless(pickle, (bytes) =>
      readTorchCheckpoint(zipSync({ ...Object.fromEntries(members), [path]: bytes }, { level: 0 })),
    );
  });

  test("a call that is not allowed is refused by name", () => {
    expect(() => readTorchCheckpoint(fixture("attack.pth"))).toThrow(/"posix system"/);
  });

  test("strides are followed, and a tensor that leaves its storage is refused", () => {
    const read = (...args: Parameters<typeof tensorPickle>) => [
      ...toFloat32(readTorchCheckpoint(checkpointOf(tensorPickle(...args))).tensors.get("w")!),
    ];
    expect(read(1, [2, 2], [4, 1])).toEqual([1, 2, 5, 6]);
    expect(read(0, [8], [1])).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(() => read(1, [8], [1])).toThrow(/within 8 stored values/);
    expect(() => read(0, [2, 2], [7, 1])).toThrow(/within 8/);
    expect(() => read(0, [2, 2], [1])).toThrow(/a stride for each axis/);
    expect(() => read(0, [1], [1], 9)).toThrow(/expected storage 0 to hold 9/);
  });

  test("an expanded tensor cannot ask for more memory than its storage has", () => {
    const bomb = checkpointOf(tensorPickle(0, [1e9], [0]));
    expect(() => readTorchCheckpoint(bomb)).toThrow(FormatError);
  });

  test("copies of tensors that are not contiguous have a bound", () => {
    const bytes = checkpointOf(tensorPickle(0, [2, 2], [1, 2]));
    expect(() => readTorchCheckpoint(bytes, { maxBytes: 15 })).toThrow(/at most 15 bytes of copies/);
    expect(() => readTorchCheckpoint(bytes, { maxBytes: 16 })).not.toThrow();
  });

  test("a file without tensors, and one of another kind, are refused", () => {
    expect(() => readTorchCheckpoint(checkpointOf("}X\x01\0\0\0aK\x01s."))).toThrow(/got the fields a/);
    expect(() => readTorchCheckpoint(new Uint8Array([1, 2, 3]))).toThrow(FormatError);
    expect(() => readTorchCheckpoint(fixture("stored.npz"))).toThrow(/data\.pkl/);
  });
});
