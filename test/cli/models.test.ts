import { expect, suite, test } from "vitest";
import { parse } from "yaml";
import { commands } from "../../apps/cli/commands.ts";
import { kindOf, modelKinds, parseModelConfig } from "../../src/models/index.ts";
import { runCli } from "./harness.ts";

const models = (...args: string[]) => runCli(["models", ...args], commands);

suite("saccade models", () => {
  test("lists the models", async () => {
    const { code, stdout } = await models();
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^name +model +tasks +parameters +status +paper\nspikevideoformer +SpikeVideoFormer +/,
    );
    expect(stdout).toContain("staa                STAA-SNN ");
    expect(stdout.split("\n")).toHaveLength(Object.keys(modelKinds).length + 2);
    const all = JSON.parse((await models("--json")).stdout);
    expect(all).toContainEqual(
      expect.objectContaining({
        name: "hybrid",
        tasks: ["heatmaps"],
        status: "equal to code",
        inputs: { events: "T B P H W", input: "B C H W" },
        parameters: expect.objectContaining({ released: 24_780_845 }),
      }),
    );
  });

  test.each(Object.keys(modelKinds))("tells of %s, with an example that is a configuration", async (name) => {
    const { code, stdout } = await models(name);
    expect(code).toBe(0);
    const { title, preset, presets, fields } = kindOf(name);
    expect(stdout).toMatch(new RegExp(`^${title.replaceAll(/[()']/g, ".")}\npaper: `));
    for (const one of Object.keys(presets)) expect(stdout).toMatch(new RegExp(`^${one} +[0-9.]+[kM]`, "m"));
    for (const field of Object.keys(fields)) expect(stdout).toMatch(new RegExp(`^${field}[ .]`, "m"));
    const example: unknown = parse(stdout.slice(stdout.indexOf("  model: ")));
    expect(parseModelConfig(example)).toEqual(presets[preset]);
  });

  test("says what a field may be", async () => {
    const { stdout } = await models("hybrid");
    expect(stdout).toMatch(/^neuron\.tau +3 +number ≥ 1\n/m);
    expect(stdout).toMatch(/^outputDecay +0\.8 +number ≥ 0 ≤ 1\n/m);
    expect((await models("video-swin")).stdout).toMatch(/^gruWidth +1024 +whole number ≥ 1 \| null\n/m);
    const { fields } = JSON.parse((await models("staa", "--json")).stdout);
    expect(fields.neuron).toMatchObject({ type: "string", enum: ["staa", "lif", "adaptive-lif"] });
  });

  test("refuses a model that there is none of", async () => {
    const { code, stdout, stderr } = await models("vgg");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^saccade: .*expected one of spikevideoformer, .*, got "vgg"\n$/);
  });
});
