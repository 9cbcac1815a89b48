import { existsSync, readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, suite, test } from "vitest";
import {
  axisAngleToMatrix,
  dot3,
  geodesicDistance,
  jointIndex,
  type JointName,
  type Motion,
  normalise3,
  poseJoints,
  restJoints,
  subtract3,
} from "../../src/body/index.ts";
import { FormatError } from "../../src/core/index.ts";
import {
  type BvhChannel,
  bvhFrame,
  bvhHeader,
  bvhTransforms,
  encodeBvh,
  mapBones,
  parseBvh,
  retargetBvh,
} from "../../src/simulate/motion/index.ts";
import { expectClose } from "../body/golden.ts";

const MEAN = new Float64Array(10);

const SMALL = `HIERARCHY
ROOT Hips
{
  OFFSET 0 1 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Yrotation Xrotation
  JOINT A rm
  {
    OFFSET 2 0 0
    CHANNELS 3 Yrotation Zrotation Xrotation
    End Site
    {
      OFFSET 1 0 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.05
1 2 3 90 0 0 0 0 0
1 2 3 0 0 0 90 0 0
`;

function randomMotion(frames: number, seed: number): Motion {
  const values = (n: number, size: number) =>
    Float64Array.from({ length: n }, (_, i) => size * Math.sin(seed + 12.9898 * i));
  return { frameRateHz: 60, pose: values(frames * 72, 1), translation: values(frames * 3, 2) };
}

suite("BVH", () => {
  test("a small file gives joints, names with blanks, channels in its order and frames", () => {
    const document = parseBvh(SMALL);
    expect(document.joints.map(({ name, parent, column }) => [name, parent, column])).toEqual([
      ["Hips", -1, 0],
      ["A rm", 0, 6],
    ]);
    expect(document.joints[1]!.channels).toEqual(["Yrotation", "Zrotation", "Xrotation"]);
    expect(document.joints[1]!.endSite).toEqual([1, 0, 0]);
    expect([document.frames, document.frameTimeSeconds, document.columns]).toEqual([2, 0.05, 9]);
  });

  test("a turn about z by 90° takes the child from x to y", () => {
    const document = parseBvh(SMALL);
    expectClose(bvhTransforms(document, 0).joints, [1, 2, 3, 1, 4, 3], 1e-12);
    expectClose(bvhTransforms(document, 1).joints, [1, 2, 3, 3, 2, 3], 1e-12);
  });

  test("line ends, tabs and a byte order mark do not matter", () => {
    const document = parseBvh(`\uFEFF${SMALL.replaceAll("\n", "\r\n").replaceAll(" 0", "\t0")}\r\n\r\n`);
    expect([...document.values]).toEqual([...parseBvh(SMALL).values]);
  });

  test("every truncation is a FormatError, but those within the last number", () => {
    const whole = SMALL.trimEnd();
    for (let length = 0; length < whole.length; length++) {
      expect(() => parseBvh(whole.slice(0, length))).toThrow(FormatError);
    }
    expect(parseBvh(whole).frames).toBe(2);
  });

  test.each([
    ["an unknown keyword", SMALL.replace("JOINT", "JOIN"), /line 6: expected JOINT, End Site or }/],
    ["a second root", SMALL.replace("MOTION", "ROOT B\n{"), /expected MOTION, got "ROOT"/],
    ["an unknown channel", SMALL.replace("Xposition", "Wposition"), /expected channels such as/],
    ["a channel given twice", SMALL.replace("Xposition", "Yposition"), /each once/],
    ["too many channels", SMALL.replace("CHANNELS 3", "CHANNELS 1000000000"), /0 to 6 channels/],
    ["no frames", SMALL.replace("Frames: 2", "Frames: 0"), /one frame or more/],
    ["an absurd number of frames", SMALL.replace("Frames: 2", "Frames: 900000000000"), /at most \d+ frames/],
    ["a frame too many", SMALL.replace("Frames: 2", "Frames: 1"), /the end after 1 frames/],
    ["a frame time of zero", SMALL.replace("0.05", "0"), /a frame time of/],
    ["too few numbers", SMALL.replace("90 0 0 0 0 0", "90 0 0 0 0"), /9 numbers in frame 0, got 8/],
    ["too many numbers", SMALL.replace("90 0 0 0 0 0", "90 0 0 0 0 0 0"), /9 numbers in frame 0, got more/],
    ["a value that is not a number", SMALL.replace("3 90", "3 nan"), /a number, got "nan"/],
    ["an infinite value", SMALL.replace("3 90", "3 1e999"), /a number/],
  ])("%s is a FormatError that says where", (_, text, message) => {
    expect(() => parseBvh(text, "a.bvh")).toThrow(FormatError);
    expect(() => parseBvh(text)).toThrow(message);
  });

  test("the offset of an error is the byte of the word, and the file is named", () => {
    try {
      parseBvh(SMALL.replace("End Site", "End Zite"), "a.bvh");
      expect.unreachable();
    } catch (error) {
      expect((error as FormatError).offset).toBe(SMALL.indexOf("Site"));
      expect((error as FormatError).message).toMatch(/^a\.bvh: bvh at byte \d+: line 10/);
    }
  });

  test("damaged files end in a document or a FormatError", () => {
    const bytes = new TextEncoder().encode(SMALL);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const damaged = bytes.slice();
        damaged[at] = value;
        try {
          parseBvh(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("deep nesting is read without recursion", () => {
    const depth = 50_000;
    const open = "JOINT j { OFFSET 0 0 0 CHANNELS 0 ".repeat(depth);
    const text = `HIERARCHY ROOT r\n{ OFFSET 0 0 0 CHANNELS 1 Xrotation ${open.replaceAll("{", "\n{")} ${"} ".repeat(depth)}}
MOTION Frames: 1 Frame Time: 1
5`;
    expect(parseBvh(text).joints.length).toBe(depth + 1);
  });
});

suite("BVH of our body", () => {
  test("a motion survives encoding, parsing and retargeting", () => {
    const motion = randomMotion(40, 3);
    const back = retargetBvh(parseBvh(encodeBvh(motion, MEAN)));
    expect(back.frameRateHz).toBeCloseTo(60, 5);
    const apart = geodesicDistance(axisAngleToMatrix(back.pose), axisAngleToMatrix(motion.pose));
    expect(Math.max(...apart)).toBeLessThan(1e-6);
    // The retargeted body is set on the floor: heights differ by a constant.
    const rise = back.translation[1]! - motion.translation[1]!;
    const placed = motion.translation.map((v, i) => (i % 3 === 1 ? v + rise : v));
    expectClose(back.translation, placed, 1e-6);
  });

  test("joints of the file are ours in centimetres", () => {
    const motion = randomMotion(3, 1);
    const shape = Float64Array.from({ length: 10 }, (_, k) => Math.cos(k));
    const document = parseBvh(encodeBvh(motion, shape));
    for (let f = 0; f < 3; f++) {
      const pose = motion.pose.subarray(72 * f, 72 * f + 72);
      const { joints } = poseJoints(restJoints(shape), pose, motion.translation.subarray(3 * f, 3 * f + 3));
      const { joints: written } = bvhTransforms(document, f);
      const bones = mapBones(document.joints.map(({ name }) => name));
      expect(bones.size).toBe(24);
      for (const [name, s] of bones) {
        const j = jointIndex(name);
        expectClose(
          written.slice(3 * s, 3 * s + 3).map((v) => v / 100),
          joints.slice(3 * j, 3 * j + 3),
          1e-6,
        );
      }
    }
  });

  test("head and frames written one by one are the whole file", () => {
    const motion = randomMotion(2, 5);
    const parts = [0, 1].map((f) =>
      bvhFrame(motion.pose.subarray(72 * f, 72 * f + 72), motion.translation.subarray(3 * f, 3 * f + 3)),
    );
    expect(bvhHeader(MEAN, 2, 60) + parts.join("")).toBe(encodeBvh(motion, MEAN));
  });

  test("a file with z up gives the same motion", () => {
    const motion = randomMotion(5, 2);
    const upright = parseBvh(encodeBvh(motion, MEAN));
    // y becomes z, z becomes −y.
    const swapped = { X: "X", Y: "Z", Z: "Y" } as const;
    const values = upright.values.slice();
    const joints = upright.joints.map((joint) => ({
      ...joint,
      offset: [joint.offset[0], -joint.offset[2], joint.offset[1]] as const,
      channels: joint.channels.map((channel, c) => {
        const axis = channel[0] as "X" | "Y" | "Z";
        for (let f = 0; axis === "Z" && f < upright.frames; f++) {
          values[f * upright.columns + joint.column + c]! *= -1;
        }
        return `${swapped[axis]}${channel.slice(1)}` as BvhChannel;
      }),
    }));
    const a = retargetBvh(upright);
    const b = retargetBvh({ ...upright, joints, values });
    expectClose(b.pose, a.pose, 1e-9);
    expectClose(b.translation, a.translation, 1e-9);
  });

  test("Mixamo's names, with their prefix, are known", () => {
    const names = ["Hips", "Spine", "Spine1", "Spine2", "Neck", "Head"].concat(
      ["Left", "Right"].flatMap((side) =>
        ["UpLeg", "Leg", "Foot", "ToeBase", "Shoulder", "Arm", "ForeArm", "Hand"].map((bone) => side + bone),
      ),
    );
    const bones = mapBones(names.map((name) => `mixamorig:${name}`));
    expect(names[bones.get("spine1")!]).toBe("Spine");
    expect(names[bones.get("left_shoulder")!]).toBe("LeftArm");
    expect(names[bones.get("right_ankle")!]).toBe("RightFoot");
    expect(bones.has("left_hand")).toBe(false);
  });

  test("a skeleton with other bones is refused, and the missing ones are listed", () => {
    expect(() => retargetBvh(parseBvh(SMALL))).toThrow(FormatError);
    expect(() => retargetBvh(parseBvh(SMALL))).toThrow(/leftupleg.*rightleg/);
  });
});

const data = process.env["SACCADE_DATA"];
const folder = `${data}/mocap/bvh`;
const files = data !== undefined && existsSync(folder) ? readdirSync(folder).sort() : [];

suite.skipIf(files.length === 0)("CMU motion capture", () => {
  const read = (name: string) => parseBvh(readFileSync(`${folder}/${name}`), name);

  test("all clips are read, and their frames are finite", { timeout: 30_000 }, () => {
    for (const name of files) {
      const document = read(name);
      expect(document.joints.length).toBe(31);
      expect(document.values.length).toBe(document.frames * 96);
    }
  });

  const limbs: [JointName, JointName][] = (["left", "right"] as const).flatMap((side) => [
    [`${side}_hip`, `${side}_knee`],
    [`${side}_knee`, `${side}_ankle`],
    [`${side}_ankle`, `${side}_foot`],
    [`${side}_collar`, `${side}_shoulder`],
    [`${side}_shoulder`, `${side}_elbow`],
    [`${side}_elbow`, `${side}_wrist`],
  ]);

  test.each(files.filter((_, i) => i % 10 === 0))("limbs of %s point as the source's do", (name) => {
    const document = read(name);
    const motion = retargetBvh(document);
    const bones = mapBones(document.joints.map((joint) => joint.name));
    let worst = 0;
    for (let f = 0; f < document.frames; f += 7) {
      const source = bvhTransforms(document, f).joints;
      const ours = poseJoints(restJoints(MEAN), motion.pose.subarray(72 * f, 72 * f + 72)).joints;
      for (const [from, to] of limbs) {
        const s = normalise3(subtract3(source, source, 3 * bones.get(to)!, 3 * bones.get(from)!));
        const o = normalise3(subtract3(ours, ours, 3 * jointIndex(to), 3 * jointIndex(from)));
        worst = Math.max(worst, Math.hypot(...subtract3(s, o)), 1 - dot3(s, o));
      }
    }
    expect(worst).toBeLessThan(1e-6);
  });

  test("a walker's head is above the pelvis and the lower foot near the floor", () => {
    const motion = retargetBvh(read("35_01.bvh"));
    const frames = motion.translation.length / 3;
    for (let f = 0; f < frames; f += 5) {
      const { joints } = poseJoints(
        restJoints(MEAN),
        motion.pose.subarray(72 * f, 72 * f + 72),
        motion.translation.subarray(3 * f, 3 * f + 3),
      );
      const y = (name: JointName) => joints[3 * jointIndex(name) + 1]!;
      expect(y("head") - y("pelvis")).toBeGreaterThan(0.45);
      expect(Math.min(y("left_foot"), y("right_foot"))).toBeGreaterThan(-0.05);
      expect(Math.min(y("left_foot"), y("right_foot"))).toBeLessThan(0.12);
    }
    const way = Math.hypot(
      motion.translation.at(-3)! - motion.translation[0]!,
      motion.translation.at(-1)! - motion.translation[2]!,
    );
    const speed = (way * motion.frameRateHz) / (frames - 1);
    expect(speed).toBeGreaterThan(0.8);
    expect(speed).toBeLessThan(2);
  });
});
