/** Frames per second of the simulator: renderer, sensor, and both. Run with Node 24: `node bench/simulate.ts`. */
import { JOINTS, type Motion } from "../src/body/index.ts";
import { Random } from "../src/core/index.ts";
import { EventSensor, randomScene, type Scene, sensorPresets, Stage } from "../src/simulate/index.ts";

const RATE_HZ = 200;
const FRAMES = 200;
const ROUNDS = 5;

/** Arms and legs swing once a second, on the spot. */
function swing(): Motion {
  const pose = new Float64Array(FRAMES * 3 * JOINTS);
  for (let f = 0; f < FRAMES; f++) {
    const angle = 0.6 * Math.sin((2 * Math.PI * f) / RATE_HZ);
    const bend: readonly [joint: number, axis: number, value: number][] = [
      [1, 0, angle],
      [2, 0, -angle],
      [4, 0, 0.6 + angle],
      [5, 0, 0.6 - angle],
      [16, 2, -1.2],
      [17, 2, 1.2],
      [16, 1, angle],
      [17, 1, angle],
    ];
    for (const [joint, axis, value] of bend) pose[(f * JOINTS + joint) * 3 + axis] = value;
  }
  return { frameRateHz: RATE_HZ, pose, translation: new Float64Array(FRAMES * 3) };
}

/** Best of some rounds over all frames, in frames per second. */
function framesPerSecond(work: (f: number) => void): number {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let f = 0; f < FRAMES; f++) work(f);
    best = Math.min(best, performance.now() - start);
  }
  return (FRAMES / best) * 1000;
}

/** A scene of the training ranges whose camera does (or does not) move. */
function sceneWhere(moves: boolean): Scene {
  for (let seed = 1; ; seed++) {
    const scene = randomScene(new Random(seed));
    if (scene.view.pan.length > 0 === moves && scene.view.fill > 0.75) return scene;
  }
}

const motion = swing();
for (const side of [256, 128]) {
  const sensor = { width: side, height: side };
  for (const moves of [false, true]) {
    const stage = new Stage(motion, sceneWhere(moves), sensor);
    const frames = Array.from({ length: FRAMES }, (_, f) => stage.shoot(f * 5000).frame.slice());
    const what = `${side}×${side}, camera ${moves ? "moves" : "still"}`;
    const rendered = framesPerSecond((f) => void stage.shoot(f * 5000));
    console.log(`${what}: renderer ${rendered.toFixed(0)} frames/s`);
    for (const [name, physics] of Object.entries(sensorPresets)) {
      const random = new Random(1);
      let now = 0;
      let events = 0;
      const camera = new EventSensor({ sensor, random, ...physics });
      const sensed = framesPerSecond((f) => void (events += camera.push(frames[f]!, (now += 5000)).t.length));
      const both = framesPerSecond((f) => void camera.push(stage.shoot(f * 5000).frame, (now += 5000)));
      const perSecond = events / (ROUNDS * FRAMES * 0.005);
      console.log(
        `${what}, ${name}: sensor ${sensed.toFixed(0)} frames/s, both ${both.toFixed(0)} frames/s, ` +
          `${(perSecond / 1e3).toFixed(0)} thousand events per simulated second`,
      );
    }
  }
}
