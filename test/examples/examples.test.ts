import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, suite, test } from "vitest";

/** Node 24, which strips types, comes with the development dependencies. */
const NODE = "node_modules/node/bin/node";
const examples = readdirSync("examples");

suite("examples", () => {
  test("are numbered without a gap", () => {
    expect(examples.map((name) => name.slice(0, 3))).toEqual(examples.map((_, i) => `0${i + 1}-`));
  });

  test.each(examples)("%s runs, prints, and finds true what it asserts", async (name) => {
    const { stdout, stderr } = await promisify(execFile)(NODE, [join("examples", name)]);
    expect(stdout).not.toBe("");
    expect(stderr).toBe("");
  });

  test.each(examples)(
    "%s is short and imports the doors of the package alone, or what runs its files",
    (name) => {
      const text = readFileSync(join("examples", name), "utf8");
      expect(text.split("\n").length).toBeLessThanOrEqual(60);
      const paths = [...text.matchAll(/from "(.*)"/g)].map(([, path]) => path!);
      const doors = /^(onnxruntime-node|node:[a-z/]+|\.\.\/src\/(index|([a-z]+\/)+node)\.ts)$/;
      expect(paths.filter((path) => !doors.test(path))).toEqual([]);
    },
  );
});
