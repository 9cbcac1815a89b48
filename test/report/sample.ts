/** Report data made from nothing: a figure that walks in a circle before a camera that sees only changes. */
import { type ReportData, packBits } from "../../apps/report/data.ts";
import { Random } from "../../src/core/index.ts";

/** A point, metres. */
type Vector = [number, number, number];

const PARENTS = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21];
/** Each joint relative to its parent in the rest pose (arms down), metres, y up, facing +z. */
const OFFSETS: Vector[] = [
  [0, 0, 0],
  [0.09, -0.08, 0],
  [-0.09, -0.08, 0],
  [0, 0.11, -0.02],
  [0.01, -0.39, 0],
  [-0.01, -0.39, 0],
  [0, 0.13, 0],
  [0, -0.41, -0.02],
  [0, -0.41, -0.02],
  [0, 0.06, 0.01],
  [0.01, -0.055, 0.12],
  [-0.01, -0.055, 0.12],
  [0, 0.21, -0.02],
  [0.075, 0.12, -0.01],
  [-0.075, 0.12, -0.01],
  [0, 0.09, 0.04],
  [0.1, 0.03, -0.01],
  [-0.1, 0.03, -0.01],
  [0.03, -0.26, -0.01],
  [-0.03, -0.26, -0.01],
  [0.01, -0.25, 0.02],
  [-0.01, -0.25, 0.02],
  [0, -0.085, 0.01],
  [0, -0.085, 0.01],
];
const STRIDE_HZ = 0.95;
const FOCAL = 188;

/** Options of {@link sampleReport}. */
export type SampleOptions = {
  readonly steps?: number;
  /** Width and height of the event frames, pixels. */
  readonly size?: number;
  readonly truth?: boolean;
  readonly name?: string;
};

/** The same data for the same options, always. Steps are 20 ms apart. */
export function sampleReport(options: SampleOptions = {}): ReportData {
  const { steps = 160, size = 128, truth = true, name = "Synthetic walk" } = options;
  const random = new Random("report sample");
  const focal = (FOCAL * size) / 128;
  const camera = { fx: focal, fy: focal, cx: size / 2, cy: size / 2 };
  const stepUs = 20_000;
  const poses = Array.from({ length: steps }, (_, i) => walk((i * stepUs) / 1e6));
  const wander = Array.from({ length: 72 }, () => [
    random.uniform(0.2, 1.1),
    random.uniform(0, 6.3),
    random.normal(0, 0.021),
  ]);
  const on: string[] = [];
  const off: string[] = [];
  const counts: number[] = [];
  let before = image(walk(-stepUs / 1e6), camera, size);
  for (const pose of poses) {
    const now = image(pose, camera, size);
    const [brighter, darker] = [new Uint8Array(size * size), new Uint8Array(size * size)];
    let sum = 0;
    for (let i = 0; i < now.length; i++) {
      const change = now[i]! - before[i]! + random.normal(0, 0.045);
      if (change > 0.14) brighter[i] = 1;
      if (change < -0.14) darker[i] = 1;
      sum += Math.floor(Math.abs(change) / 0.14);
    }
    on.push(packBits(brighter));
    off.push(packBits(darker));
    counts.push(sum);
    before = now;
  }
  const layers = layerNames();
  const busiest = Math.max(...counts);
  const values = layers.map((layer, l) => {
    const base = layer.endsWith("attention") ? 0.05 : 0.26 * 0.93 ** l + 0.03;
    return counts.map((count, i) =>
      Math.max(
        0,
        base * (0.45 + (0.8 * (count + (counts[i - 1] ?? count))) / 2 / busiest) + random.normal(0, 0.006),
      ),
    );
  });
  return {
    recording: {
      name,
      format: "simulated",
      sensor: { width: size, height: size },
      durationUs: steps * stepUs,
      events: counts.reduce((a, b) => a + b, 0),
    },
    model: {
      name: "SpikeVideoFormer S",
      parameters: 15_100_000,
      weights: "none: made-up answers",
      timeSteps: 8,
      attention: "hamming",
    },
    steps: poses.map((pose, i) => ({
      tUs: i * stepUs,
      joints: pose.map((x, k) => {
        const [rate, phase, size] = wander[k]!;
        const far = k >= 54 ? 1.7 : 1;
        return (
          x +
          far * size! * Math.sin((2 * Math.PI * rate! * i * stepUs) / 1e6 + phase!) +
          random.normal(0, 0.0012)
        );
      }),
      ...(truth ? { truth: pose } : {}),
      events: counts[i],
    })),
    frames: { width: size, height: size, on, off },
    camera,
    rates: { layers, values },
    rasters: [1, 6, 11].map((l) => {
      const neurons = 96;
      const taste = Array.from({ length: neurons }, () => [random.uniform(0, 6.3), random.uniform(0.3, 2)]);
      const bits = Array.from({ length: steps * neurons }, (_, k) => {
        const [phase, gain] = taste[k % neurons]!;
        const i = Math.floor(k / neurons);
        const wave = Math.exp(2.2 * (Math.cos((2 * Math.PI * STRIDE_HZ * i * stepUs) / 1e6 - phase!) - 1));
        return random.uniform() < values[l]![i]! * gain! * (0.25 + 2.4 * wave) ? 1 : 0;
      });
      return { layer: layers[l]!, neurons, timeSteps: steps, bits: packBits(bits) };
    }),
    energy: {
      macs: 1.18e8,
      acs: 2.31e9,
      denseMacs: 6.4e9,
      energy: [
        { node: "45 nm", macPj: 4.6, acPj: 0.9, spikingMj: 2.622, denseMj: 29.44 },
        { node: "7 nm", macPj: 1.69, acPj: 0.38, spikingMj: 1.077, denseMj: 10.82 },
      ],
    },
    timing: { msPerFrame: 11.4, realTimeFactor: 1.75, threads: 4, node: "v20.20.2" },
    notes: ["Synthetic sample: figure, events, answers and costs are made up to show the page."],
  };
}

function layerNames(): string[] {
  const blocks = [1, 2, 3, 4].flatMap((b) =>
    ["query", "key", "attention", "mlp"].map((part) => `block${b}.${part}`),
  );
  return ["embed.conv1", "embed.conv2", "embed.conv3", ...blocks, "head"];
}

/** Joints of the walk at a time, camera coordinates `[72]`. */
function walk(seconds: number): number[] {
  const phase = 2 * Math.PI * STRIDE_HZ * seconds;
  const heading = 0.55 + 0.95 * seconds;
  const swing = (p: number) => Math.sin(p);
  const knee = (p: number) => 0.16 + 0.85 * Math.max(0, Math.cos(p)) ** 2 * (Math.cos(p) > 0 ? 1 : 0);
  const bend = new Map<number, number>([
    [1, -0.46 * swing(phase)],
    [2, 0.46 * swing(phase)],
    [4, knee(phase)],
    [5, knee(phase + Math.PI)],
    [3, 0.06],
    [12, 0.05],
    [16, 0.5 * swing(phase)],
    [17, -0.5 * swing(phase)],
    [18, -0.42 - 0.2 * swing(phase + Math.PI)],
    [19, -0.42 - 0.2 * swing(phase)],
    [7, 0.12 * swing(phase)],
    [8, -0.12 * swing(phase)],
  ]);
  const turn = new Map([
    [0, heading + 0.08 * swing(phase)],
    [6, -0.16 * swing(phase)],
    [12, 0.08 * swing(phase)],
  ]);
  const radius = 0.62;
  const joints: Vector[] = [];
  const pitch: number[] = [];
  const yaw: number[] = [];
  PARENTS.forEach((parent, j) => {
    pitch[j] = (pitch[parent] ?? 0) + (bend.get(j) ?? 0);
    yaw[j] = (yaw[parent] ?? 0) + (turn.get(j) ?? 0);
    if (parent < 0) {
      const bob = 0.018 * Math.cos(2 * phase);
      joints.push([-radius * Math.cos(heading), 0.94 + bob, radius * Math.sin(heading)]);
      return;
    }
    const [x, y, z] = OFFSETS[j]!;
    const [cp, sp] = [Math.cos(pitch[parent]!), Math.sin(pitch[parent]!)];
    const [cy, sy] = [Math.cos(yaw[parent]!), Math.sin(yaw[parent]!)];
    const [y1, z1] = [cp * y - sp * z, sp * y + cp * z];
    const from = joints[parent]!;
    joints.push([from[0] + cy * x + sy * z1, from[1] + y1, from[2] - sy * x + cy * z1]);
  });
  // The camera stands 3.6 m before the middle of the circle at a height of 0.95 m; its y points down.
  return joints.flatMap(([x, y, z]) => [x, 0.95 - y, 3.6 - z]);
}

const LIMBS: readonly (readonly [number, number, number, number])[] = [
  [1, 4, 0.075, 0.3],
  [2, 5, 0.075, 0.34],
  [4, 7, 0.05, 0.26],
  [5, 8, 0.05, 0.3],
  [7, 10, 0.04, 0.9],
  [8, 11, 0.04, 0.9],
  [0, 3, 0.12, 0.55],
  [3, 9, 0.125, 0.7],
  [9, 12, 0.1, 0.72],
  [13, 16, 0.07, 0.74],
  [14, 17, 0.07, 0.66],
  [16, 18, 0.05, 0.62],
  [17, 19, 0.05, 0.58],
  [18, 20, 0.04, 0.82],
  [19, 21, 0.04, 0.86],
  [20, 22, 0.038, 0.9],
  [21, 23, 0.038, 0.9],
  [12, 15, 0.1, 0.88],
];

/** Brightness `[size, size]` of the figure before a grey wall: capsules, shaded towards their edges, nearest on top. */
function image(
  joints: readonly number[],
  camera: NonNullable<ReportData["camera"]>,
  size: number,
): Float64Array {
  const brightness = new Float64Array(size * size).fill(0.45);
  const depth = new Float64Array(size * size).fill(Infinity);
  for (const [from, to, radius, shade] of LIMBS) {
    const [az, bz] = [joints[3 * from + 2]!, joints[3 * to + 2]!];
    const ax = (camera.fx * joints[3 * from]!) / az + camera.cx;
    const ay = (camera.fy * joints[3 * from + 1]!) / az + camera.cy;
    const bx = (camera.fx * joints[3 * to]!) / bz + camera.cx;
    const by = (camera.fy * joints[3 * to + 1]!) / bz + camera.cy;
    const z = (az + bz) / 2;
    const r = (camera.fx * radius) / z;
    const [dx, dy] = [bx - ax, by - ay];
    const square = dx * dx + dy * dy || 1;
    const [left, right] = [Math.min(ax, bx) - r, Math.max(ax, bx) + r];
    const [top, bottom] = [Math.min(ay, by) - r, Math.max(ay, by) + r];
    for (let y = Math.max(0, Math.floor(top)); y < Math.min(size, bottom); y++) {
      for (let x = Math.max(0, Math.floor(left)); x < Math.min(size, right); x++) {
        const along = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / square));
        const away = Math.hypot(x - ax - along * dx, y - ay - along * dy) / r;
        const i = y * size + x;
        const here = z - (r * (1 - away)) / camera.fx;
        if (away >= 1 || here >= depth[i]!) continue;
        depth[i] = here;
        const weave = 0.16 * Math.sin(along * 21) + 0.1 * Math.sin(away * 9 + from);
        brightness[i] = (shade + weave) * Math.sqrt(1 - 0.75 * away * away);
      }
    }
  }
  return brightness;
}
