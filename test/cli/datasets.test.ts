import { expect, suite, test } from "vitest";
import { commands } from "../../apps/cli/commands.ts";
import { copyOf, jpeg, rgbPng } from "../data/copies.ts";
import { runCli } from "./harness.ts";

const datasets = (...args: string[]) => runCli(["datasets", ...args], commands);

suite("saccade datasets", () => {
  test("lists the data sets", async () => {
    const { code, stdout } = await datasets();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^name +data set +splits\ndvs-gesture +DVS128 Gesture +train, test\n/);
    const all = JSON.parse((await datasets("--json")).stdout);
    expect(all).toContainEqual(expect.objectContaining({ name: "vspw", splits: ["train", "val"] }));
  });

  test("tells where to get one, and how its copy should lie", async () => {
    const { code, stdout } = await datasets("imagenet");
    expect(code).toBe(0);
    expect(stdout).toContain("source: https://image-net.org");
    expect(stdout).toContain("  train/n01440764/");
    expect(JSON.parse((await datasets("imagenet", "--json")).stdout)).toMatchObject({ title: "ImageNet" });
  });

  test("counts the samples of a copy, and passes over splits that it lacks", async () => {
    const copy = copyOf({ "train/a/1.png": rgbPng(2, 2, [1, 2, 3]), "train/b/2.jpg": jpeg(2, 2, [1, 2, 3]) });
    const { code, stdout } = await datasets("imagenet", copy);
    expect(code).toBe(0);
    expect(stdout).toBe("split  samples  classes\ntrain        2        2\n");
    const { stdout: json } = await datasets("imagenet", copy, "--json", "--check");
    expect(JSON.parse(json).splits).toEqual([{ split: "train", samples: 2, classes: 2, broken: [] }]);
  });

  test("reads every sample where asked to, and tells which are broken", async () => {
    const copy = copyOf({
      "val/a/1.png": rgbPng(2, 2, [1, 2, 3]).subarray(0, 40),
      "val/a/2.png": rgbPng(1, 1, [0, 0, 0]),
    });
    const { code, stdout, stderr } = await datasets("imagenet", copy, "--split", "val", "--check");
    expect(code).toBe(1);
    expect(stdout).toContain(`val 0: ${copy}/val/a/1.png: png at byte 0: expected a picture that decodes`);
    expect(stderr).toContain("expected samples that can be read, got 1 that cannot");
  });

  test.each([
    [["mnist"], /expected one of dvs-gesture, .*, got "mnist"/],
    [
      ["imagenet", "/nowhere"],
      /expected train\/CLASS\/\*\.JPEG in \/nowhere, got none\. Get the data set from/,
    ],
    [["imagenet", "/nowhere", "--split", "dev"], /expected a split of train, val, test, got "dev"/],
  ])("refuses %o with one line", async (args, message) => {
    const { code, stdout, stderr } = await datasets(...args);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^saccade: [^\n]*\n$/);
  });
});
