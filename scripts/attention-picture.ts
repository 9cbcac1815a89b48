/**
 * Draws docs/images/attention.png: a dance before two cameras as the pose tracker sees it, and where a token of the first
 * step looks. The weights are initial ones, for none are trained here; normalisations take the statistics of the clip, and
 * neurons fire at a quarter, without which few of an untrained network do. Needs Chromium.
 *
 *   node scripts/attention-picture.ts [FILE]
 */
import { writeFileSync } from "node:fs";
import { chromium } from "playwright-core";
import { setBackend } from "../src/backend/index.ts";
import { createWasmBackend } from "../src/backend/wasm/node.ts";
import { Random } from "../src/core/index.ts";
import { evaluationBatches, generateViews, joinViews } from "../src/data/index.ts";
import { attentionMaps, attentionPicture, PoseTracker, poseTrackerPresets } from "../src/models/index.ts";
import { generateMotion, handHeldScene, sensorPresets } from "../src/simulate/index.ts";
import { tensor, withoutGradients } from "../src/tensor/index.ts";

const SIZE = 128;
const STEPS = 8;

setBackend(await createWasmBackend({ threads: 2 }));
const scene = handHeldScene(new Random(12));
const motion = generateMotion({ seed: 4, seconds: 0.6, frameRateHz: 60, kind: "dance", shape: scene.shape });
const beside = { ...scene.view, heading: scene.view.heading + Math.PI / 2 };
const options = { size: SIZE, sensorSize: SIZE, physics: sensorPresets.clean };
const clips = generateViews({ name: "dance", motion, scene, seed: 1 }, [scene.view, beside], options);
const windows = { timeSteps: STEPS, windowSeconds: 0.5, batch: 1 };
const batch = joinViews(clips.map((clip) => [...evaluationBatches([clip], windows)][0]!));
const video = tensor(batch.video, [STEPS, 1, 2, 4, SIZE, SIZE], { spikeLevels: 1 });

const neuron = { ...poseTrackerPresets.small.neuron, firingThreshold: 0.25 };
const config = { ...poseTrackerPresets.small, views: 2, width: 512, softmax: false, neuron };
const model = new PoseTracker(config, new Random(1));
const query = { t: 0, y: 1, x: 2 };
const picture = withoutGradients(() =>
  attentionPicture(video, attentionMaps(model.run(video), { query }), { query }),
);

const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const page = await browser.newPage({ viewport: { width: 1400, height: 500 } });
await page.setContent(`<body style="margin:0">${picture}</body>`);
const file = process.argv[2] ?? "docs/images/attention.png";
writeFileSync(file, await page.locator("svg").first().screenshot());
await browser.close();
console.log(`${file}: ${(picture.length / 1e3).toFixed(0)} kB as SVG`);
