import { lstat, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, suite, test } from "vitest";
import { FormatError } from "../../src/core/index.ts";
import { readFileBounded, writeFileAtomic } from "../../src/core/node.ts";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "saccade-io-"));
});

afterEach(() => rm(folder, { recursive: true }));

suite("files under Node", () => {
  test("a file is written whole, from bytes or from parts, and replaces an older one", async () => {
    const path = join(folder, "model");
    await writeFileAtomic(path, new Uint8Array([1, 2, 3]));
    expect(await readFileBounded(path)).toEqual(new Uint8Array([1, 2, 3]));
    await writeFileAtomic(
      path,
      (async function* () {
        yield new Uint8Array([4, 5]);
        yield new Uint8Array([6]);
      })(),
    );
    expect(await readFileBounded(path)).toEqual(new Uint8Array([4, 5, 6]));
    expect(await readdir(folder)).toEqual(["model"]);
  });

  test("a failure on the way leaves the older file and nothing else", async () => {
    const path = join(folder, "model");
    await writeFile(path, "old");
    const failing = (async function* () {
      yield new Uint8Array([1]);
      throw new Error("source failed");
    })();
    await expect(writeFileAtomic(path, failing)).rejects.toThrow("source failed");
    expect(await readFileBounded(path)).toEqual(new TextEncoder().encode("old"));
    expect(await readdir(folder)).toEqual(["model"]);
  });

  test("a path that cannot be replaced leaves no temporary file", async () => {
    await mkdir(join(folder, "taken", "inner"), { recursive: true });
    await expect(writeFileAtomic(join(folder, "taken"), new Uint8Array(1))).rejects.toThrow();
    expect(await readdir(folder)).toEqual(["taken"]);
  });

  test("a fault of the system names the file and not the temporary one", async () => {
    const path = join(folder, "gone", "model");
    await expect(writeFileAtomic(path, new Uint8Array(1))).rejects.toMatchObject({ code: "ENOENT", path });
  });

  test("a link keeps its place, and what it points to is replaced", async () => {
    await writeFile(join(folder, "model"), "old");
    await symlink("model", join(folder, "latest"));
    await writeFileAtomic(join(folder, "latest"), new Uint8Array([7]));
    expect((await lstat(join(folder, "latest"))).isSymbolicLink()).toBe(true);
    expect(await readFileBounded(join(folder, "model"))).toEqual(new Uint8Array([7]));
  });

  test.skipIf(process.platform === "win32")("no file takes the place of a device", async () => {
    await symlink("/dev/null", join(folder, "null"));
    await expect(writeFileAtomic(join(folder, "null"), new Uint8Array(1))).rejects.toThrow(
      /null: expected a regular file, got a device or pipe/,
    );
    expect(await readdir(folder)).toEqual(["null"]);
  });

  test("a file above the bound, and a folder, are refused", async () => {
    const path = join(folder, "large");
    await writeFile(path, "12345");
    await expect(readFileBounded(path, { maxBytes: 4 })).rejects.toThrow(FormatError);
    await expect(readFileBounded(path, { maxBytes: 5 })).resolves.toHaveLength(5);
    await expect(readFileBounded(folder)).rejects.toThrow(/regular file/);
  });
});
