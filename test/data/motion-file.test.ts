import { existsSync, readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, suite, test } from "vitest";
import { jointIndex, poseJoints, restJoints } from "../../src/body/index.ts";
import { FormatError } from "../../src/core/index.ts";
import { parseMotion } from "../../src/data/index.ts";
import { encodeNpz, type NumpyArray } from "../../src/io/index.ts";
import {
  bvhTransforms,
  parseAsf,
  parseBvh,
  performMotion,
  type SkeletonMotion,
} from "../../src/simulate/index.ts";

const MOCAP = process.env["SACCADE_DATA"] && `${process.env["SACCADE_DATA"]}/mocap`;
const bytes = (text: string) => new TextEncoder().encode(text);
const SHAPE = new Float64Array(10);

/** A skeleton with the bones that ours needs; limbs hang down, the left femur bends about a tilted axis. */
const BONES: readonly (readonly [string, string, string, string])[] = [
  ["lowerback", "root", "0 1 0", "rx ry rz"],
  ["upperback", "lowerback", "0 1 0", ""],
  ["thorax", "upperback", "0 1 0", ""],
  ["lowerneck", "thorax", "0 1 0", ""],
  ["head", "lowerneck", "0 1 0", "rx"],
  ...["l", "r"].flatMap((s) => {
    const x = s === "l" ? 1 : -1;
    return [
      [`${s}hipjoint`, "root", `${x} -0.5 0`, ""],
      [`${s}femur`, `${s}hipjoint`, "0 -1 0", "rx ry rz"],
      [`${s}tibia`, `${s}femur`, "0 -1 0", "rx"],
      [`${s}foot`, `${s}tibia`, "0 0 1", ""],
      [`${s}toes`, `${s}foot`, "0 0 1", ""],
      [`${s}clavicle`, "thorax", `${x} 0.2 0`, ""],
      [`${s}humerus`, `${s}clavicle`, `${x} 0 0`, "rx ry rz"],
      [`${s}radius`, `${s}humerus`, `${x} 0 0`, "rx"],
      [`${s}wrist`, `${s}radius`, `${x} 0 0`, ""],
    ] as const;
  }),
];
const ASF = `# comment
:version 1.10
:name test
:units
  mass 1.0
  length 0.45
  angle deg
:documentation
   free text
:root
   order TX TY TZ RX RY RZ
   axis XYZ
   position 0 0 0
   orientation 0 0 0
:bonedata
${BONES.map(
  ([name, , direction, dof], i) => `begin
 id ${i + 1}
 name ${name}
 direction ${direction}
 length 2
 axis 0 0 20 XYZ
${dof === "" ? "" : ` dof ${dof}\n limits (-160.0 20.0)\n  (-70.0 70.0)\n`}end`,
).join("\n")}
:hierarchy
begin
${BONES.map(([name, parent]) => `${parent} ${name}`).join("\n")}
end
`;
const FRAME = (knee: number) =>
  `root 1 8 3 0 90 0\nlowerback 0 0 0\nhead 0\n${["l", "r"].map((s) => `${s}femur 0 0 0\n${s}tibia ${knee}\n${s}humerus 0 0 0\n${s}radius 0`).join("\n")}\n`;
const AMC = `#!header\n:FULLY-SPECIFIED\n:DEGREES\n${Array.from({ length: 25 }, (_, f) => `${f + 1}\n${FRAME(2 * f)}`).join("")}`;
const skeleton = { bytes: bytes(ASF), name: "a.asf" };

const TURN = [1, 0, 0, 0];
const LEFT = (knee: number) => [...TURN, knee, ...TURN, ...TURN, 0];
const DEEP_FRAME = (duration: number, knee = 0) =>
  [duration, 0, 0.9, 0].concat(TURN, TURN, TURN, TURN, knee, TURN, TURN, 0, LEFT(knee));
const deep = (frames: unknown) => bytes(JSON.stringify({ Loop: "wrap", Frames: frames }));

function amass(width: number, change: Record<string, NumpyArray | undefined> = {}) {
  const frames = 13;
  const poses = new Float64Array(frames * width);
  const trans = new Float64Array(frames * 3);
  for (let f = 0; f < frames; f++) {
    poses[f * width] = Math.PI / 2; // stands upright with z up
    poses[f * width + 3 * jointIndex("left_elbow")] = 0.1 * f;
    trans.set([f / 10, f / 5, 0.9], 3 * f);
  }
  const arrays: Record<string, NumpyArray | undefined> = {
    poses: { shape: [frames, width], data: poses },
    trans: { shape: [frames, 3], data: trans },
    mocap_framerate: { shape: [], data: Float64Array.of(60) },
    betas: { shape: [16], data: new Float64Array(16) },
    ...change,
  };
  return encodeNpz(
    new Map(Object.entries(arrays).flatMap(([k, v]) => (v === undefined ? [] : [[k, v] as const]))),
  );
}

suite("motion files", () => {
  test("an Acclaim motion bends the joints of its bones", () => {
    const captured = parseMotion(bytes(AMC), "a.amc", { skeleton }) as SkeletonMotion;
    expect(captured).toMatchObject({ format: "amc", frames: 25, frameRateHz: 120 });
    const at = captured.bones.get("left_knee")!;
    const { joints } = captured.transforms(20);
    // The root stands at 1 8 3, turned by 90° about y: left is now at −z.
    expect([...joints.subarray(0, 3)]).toEqual([1, 8, 3]);
    expect(joints[3 * captured.bones.get("left_hip")! + 2]!).toBeLessThan(2);
    expect(joints[3 * at + 1]!).toBeCloseTo(8 - 2 * (0.5 / Math.hypot(1, 0.5)) - 2, 9);
    const motion = performMotion(captured, { shape: SHAPE });
    const angle = (f: number) => Math.hypot(...motion.pose.subarray(72 * f + 12, 72 * f + 15));
    // Our legs are bent a little at rest, the file's are not.
    for (const f of [0, 20]) expect(Math.abs((angle(f) * 180) / Math.PI - 2 * f)).toBeLessThan(6);
    expect(performMotion(captured, { first: 3, frames: 5 }).translation).toHaveLength(15);
  });

  test.skipIf(!MOCAP || !existsSync(`${MOCAP}/asfamc/02_03.amc`))(
    "CMU's Acclaim files and their BVH conversion place the joints within a tenth of a millimetre",
    () => {
      const read = (file: string) => new Uint8Array(readFileSync(`${MOCAP}/${file}`));
      const asf = { bytes: read("asfamc/02.asf"), name: "02.asf" };
      const amc = parseMotion(read("asfamc/02_03.amc"), "02_03.amc", { skeleton: asf }) as SkeletonMotion;
      const bvh = parseBvh(read("bvh/02_03.bvh"));
      const bone = (name: string) => parseAsf(asf.bytes).bones.findIndex((b) => b.name === name);
      const joint = (name: string) => bvh.joints.findIndex((j) => j.name === name);
      // The conversion leaves out the thorax: above it, places are compared relative to where the limb begins.
      const pairs = [
        ...["femur UpLeg", "tibia Leg", "foot Foot", "toes ToeBase"].map(
          (pair) => [pair, "root Hips"] as const,
        ),
        ...["radius ForeArm", "wrist Hand"].map((pair) => [pair, "humerus Arm"] as const),
      ];
      let worst = 0;
      for (let f = 0; f < bvh.frames; f++) {
        const a = amc.transforms(2 * f).joints;
        const b = bvhTransforms(bvh, f).joints;
        for (const [side, long] of [
          ["l", "Left"],
          ["r", "Right"],
        ] as const) {
          for (const [pair, from] of pairs) {
            const [ours, theirs] = pair.split(" ") as [string, string];
            const [start, begin] = from.split(" ") as [string, string];
            const i = 3 * bone(side + ours);
            const k = 3 * joint(long + theirs);
            const i0 = 3 * bone(start === "root" ? start : side + start);
            const k0 = 3 * joint(start === "root" ? begin : long + begin);
            const apart = [0, 1, 2].map((x) => a[i + x]! - a[i0 + x]! - b[k + x]! + b[k0 + x]!);
            worst = Math.max(worst, 56.4444 * Math.hypot(...apart));
          }
        }
      }
      expect(worst).toBeLessThan(0.1);
      const ours = performMotion(amc);
      const theirs = performMotion(parseMotion(read("bvh/02_03.bvh"), "02_03.bvh"));
      const knee = (motion: typeof ours, f: number) =>
        Math.hypot(...motion.pose.subarray(72 * f + 12, 72 * f + 15));
      for (let f = 0; f < bvh.frames; f += 10) expect(knee(ours, 2 * f)).toBeCloseTo(knee(theirs, f), 2);
    },
  );

  test("a DeepMimic motion turns its knees backwards and keeps its place", () => {
    const captured = parseMotion(deep([DEEP_FRAME(0.1), DEEP_FRAME(0.1, -1), DEEP_FRAME(0)]), "a.json");
    expect(captured).toMatchObject({ format: "deepmimic", frames: 3, frameRateHz: 10 });
    const motion = performMotion(captured);
    const { joints } = poseJoints(restJoints(SHAPE), motion.pose.subarray(72, 144));
    const z = (name: "left_ankle" | "left_knee") => joints[3 * jointIndex(name) + 2]!;
    expect(z("left_ankle")).toBeLessThan(z("left_knee") - 0.2);
    const hanging = poseJoints(restJoints(SHAPE), motion.pose.subarray(0, 72)).joints;
    expect(hanging[3 * jointIndex("left_wrist") + 1]!).toBeLessThan(
      hanging[3 * jointIndex("left_elbow") + 1]! - 0.2,
    );
  });

  test("a DeepMimic motion of uneven frames is sampled evenly", () => {
    const captured = parseMotion(deep([DEEP_FRAME(0.2), DEEP_FRAME(0.1, -1), DEEP_FRAME(0, -1)]), "a.json");
    expect(captured).toMatchObject({ frames: 4, frameRateHz: 10 });
  });

  test.skipIf(!MOCAP || !existsSync(`${MOCAP}/deepmimic`))(
    "every DeepMimic file gives a body on the floor",
    () => {
      for (const file of readdirSync(`${MOCAP}/deepmimic`)) {
        const captured = parseMotion(new Uint8Array(readFileSync(`${MOCAP}/deepmimic/${file}`)), file);
        const motion = performMotion(captured);
        expect(motion.pose.every(Number.isFinite)).toBe(true);
        expect(Math.max(...motion.translation.filter((_, i) => i % 3 === 1))).toBeLessThan(2);
      }
    },
  );

  test.each([72, 156, 165])(
    "an AMASS file of %i numbers a pose stands upright, and its z becomes our y",
    (width) => {
      const captured = parseMotion(amass(width), "walk_poses.npz");
      expect(captured).toMatchObject({ format: "amass", frames: 13, frameRateHz: 60 });
      const motion = performMotion(captured);
      const head = jointIndex("head");
      const { joints } = poseJoints(restJoints(SHAPE), motion.pose.subarray(0, 72));
      expect(joints[3 * head + 1]!).toBeGreaterThan(0.5);
      const elbow = 72 * 12 + 3 * jointIndex("left_elbow");
      expect(motion.pose[elbow]).toBeCloseTo(1.2, 12);
      const moved = [0, 1, 2].map((i) => motion.translation[3 * 12 + i]! - motion.translation[i]!);
      expect(moved).toEqual([expect.closeTo(1.2, 9), expect.closeTo(0, 9), expect.closeTo(-2.4, 9)]);
    },
  );

  test("the content tells the format where the name does not", () => {
    expect(parseMotion(amass(72), "upload").format).toBe("amass");
    expect(parseMotion(deep([DEEP_FRAME(0.1), DEEP_FRAME(0)]), "upload").format).toBe("deepmimic");
    expect(parseMotion(bytes(AMC), "upload", { skeleton }).format).toBe("amc");
    expect(() => parseMotion(bytes(ASF), "upload")).toThrow(/got a skeleton \(ASF\)/);
    expect(() => parseMotion(bytes("hello"), "upload")).toThrow(/upload: motion at byte 0: expected BVH/);
  });

  const floats = (shape: number[], value = 0) => ({
    shape,
    data: new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(value),
  });
  const faults: readonly [string, () => unknown, RegExp][] = [
    ["AMC without its skeleton", () => parseMotion(bytes(AMC), "a.amc"), /expected its skeleton/],
    [
      "AMC with a frame left out",
      () => amc(AMC.replace("\n2\n", "\n3\n")),
      /line \d+: expected frame 2, got "3"/,
    ],
    ["AMC without frames", () => amc(":DEGREES\n"), /expected one frame or more/],
    [
      "AMC with an unknown bone",
      () => amc(AMC.replace("\nhead 0", "\ntail 0")),
      /expected each bone of frame 1 once, got tail/,
    ],
    [
      "AMC with a bone twice",
      () => amc(AMC.replace("head 0", "root 1 8 3 0 90 0")),
      /each bone of frame 1 once/,
    ],
    [
      "AMC with too few numbers",
      () => amc(AMC.replace("root 1 8 3 0 90 0", "root 1 8 3")),
      /expected 6 numbers in root, got 3|expected a number/,
    ],
    [
      "AMC with too many numbers",
      () => amc(AMC.replace("head 0", "head 0 1")),
      /expected 1 numbers in head, got more/,
    ],
    [
      "ASF with a bone that hangs from none",
      () => asf(ASF.replace("root lhipjoint", "ltoes lhipjoint")),
      /a parent of lhipjoint/,
    ],
    [
      "ASF with children of an unknown bone",
      () => asf(ASF.replace("root lhipjoint", "what lhipjoint")),
      /expected a bone or end, got what/,
    ],
    [
      "ASF without bones of ours",
      () => asf(ASF.replaceAll("femur", "thigh")),
      /expected each bone|expected a skeleton of a known kind/,
    ],
    ["ASF without a root", () => asf(ASF.replace(/:root[^:]*/, "")), /expected :root, got none/],
    [
      "ASF without a length",
      () => asf(ASF.replace(" length 2\n", "")),
      /expected direction and length of lowerback/,
    ],
    [
      "ASF with a dof it cannot have",
      () => asf(ASF.replace("dof rx ry rz", "dof rx l")),
      /channels such as rx ry rz/,
    ],
    [
      "ASF with a NaN",
      () => asf(ASF.replace("direction 0 1 0", "direction 0 nan 0")),
      /expected a number, got "nan"/,
    ],
    [
      "AMASS without poses",
      () => parseMotion(amass(72, { poses: undefined }), "a.npz"),
      /expected poses of 2 axes, got none/,
    ],
    [
      "AMASS of another width",
      () => parseMotion(amass(72, { poses: floats([13, 63]) }), "a.npz"),
      /expected poses of 72, 156, 165 numbers, got 63/,
    ],
    [
      "AMASS with fewer places",
      () => parseMotion(amass(72, { trans: floats([12, 3]) }), "a.npz"),
      /expected trans \[13, 3\]/,
    ],
    [
      "AMASS without a rate",
      () => parseMotion(amass(72, { mocap_framerate: undefined }), "a.npz"),
      /expected a rate in .*got NaN/,
    ],
    [
      "AMASS with a NaN",
      () => parseMotion(amass(72, { trans: floats([13, 3], NaN) }), "a.npz"),
      /expected finite trans, got NaN at 0/,
    ],
    ["DeepMimic that is no JSON", () => parseMotion(bytes("{"), "a.json"), /expected JSON/],
    ["DeepMimic without frames", () => parseMotion(deep([]), "a.json"), /expected a list of Frames/],
    [
      "DeepMimic with a short frame",
      () => parseMotion(deep([[1, 2]]), "a.json"),
      /expected frame 0 of 44 finite numbers/,
    ],
    [
      "DeepMimic with a zero quaternion",
      () => parseMotion(deep([DEEP_FRAME(1).map(() => 0)]), "a.json"),
      /quaternions of some length in frame 0/,
    ],
    [
      "DeepMimic with no duration",
      () => parseMotion(deep([DEEP_FRAME(0), DEEP_FRAME(0)]), "a.json"),
      /a duration of frame 0/,
    ],
    [
      "DeepMimic with durations far apart",
      () => parseMotion(deep([DEEP_FRAME(1e-6), DEEP_FRAME(10), DEEP_FRAME(0)]), "a.json"),
      /durations of one kind/,
    ],
  ];
  test.each(faults)("%s is refused", (_, read, message) => {
    expect(read).toThrow(FormatError);
    expect(read).toThrow(message);
  });

  test("whatever is cut off or changed gives a motion or a FormatError", () => {
    const files = [
      ["a.amc", bytes(AMC)],
      ["a.asf", bytes(ASF)],
      ["a.json", deep([DEEP_FRAME(0.1), DEEP_FRAME(0.1), DEEP_FRAME(0)])],
      ["a.npz", amass(72)],
    ] as const;
    const read = (name: string, content: Uint8Array) => {
      try {
        if (name === "a.asf") parseAsf(content, name);
        else parseMotion(content, name, { skeleton });
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    };
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(255),
        (file, at, byte) => {
          const [name, content] = file;
          const place = Math.floor(at * (content.length - 1));
          read(name, content.subarray(0, place));
          const changed = content.slice();
          changed[place] = byte;
          read(name, changed);
        },
      ),
      { numRuns: 300, seed: 1 },
    );
  });
});

function amc(text: string) {
  return parseMotion(bytes(text), "a.amc", { skeleton });
}

function asf(text: string) {
  return parseMotion(bytes(AMC), "a.amc", { skeleton: { bytes: bytes(text), name: "a.asf" } });
}
