/**
 * The built-in body, for users without an SMPL licence: SMPL's 24 joints and axes, our own proportions of an adult of
 * about 1.72 m. Right-handed, y up, facing +z, left at +x, arms along ±x in the rest pose (palms down). The pelvis is
 * the origin for every shape, so that a pose's translation is the position of the pelvis.
 *
 * Ten shape coefficients act linearly on bone offsets (here) and girths (`surface.ts`); one unit is about one
 * standard deviation of adults, and bodies stay plausible within ±{@link SHAPE_LIMIT}:
 *
 * | k | one unit more |
 * |---|---|
 * | 0 | stature: every bone +4 %, every girth +3 % |
 * | 1 | leg share: legs +2.5 %, spine −2.5 % |
 * | 2 | arms +3 % |
 * | 3 | shoulders +5 % wider |
 * | 4 | hips +6 % wider |
 * | 5 | torso girth +7 %, neck +3 % |
 * | 6 | limb girth +7 % |
 * | 7 | head +3 %, hands and feet +2 % |
 * | 8 | distal share: shins and forearms +2.5 %, thighs and upper arms −2.5 % |
 * | 9 | belly girth +10 %, chest −2 % |
 */
import { ShapeError } from "../core/index.ts";
import { JOINT_PARENTS, jointIndex, type JointName, poseJoints, type JointTransforms } from "./kinematics.ts";
import type { Vec3 } from "./matrix3.ts";
import { JOINTS, type Pose, SHAPE_COEFFICIENTS } from "./pose.ts";

/** Largest magnitude of a shape coefficient for which the body stays plausible. */
export const SHAPE_LIMIT = 3;

/** Which shape coefficients lengthen a bone, in relative units per coefficient and axis. */
type Stretch = Partial<Record<number, number | Vec3>>;

type Bone = { readonly joint: JointName; readonly offset: Vec3; readonly stretch: Stretch };

const SPINE: Stretch = { 0: 0.04, 1: -0.025 };
const THIGH: Stretch = { 0: 0.04, 1: 0.025, 8: -0.025 };
const SHIN: Stretch = { 0: 0.04, 1: 0.025, 8: 0.025 };
const FOOT: Stretch = { 0: 0.04, 7: 0.02 };
const HIP: Stretch = { 0: 0.04, 4: [0.06, 0, 0] };
const SHOULDER: Stretch = { 0: 0.04, 3: [0.05, 0, 0] };
const UPPER_ARM: Stretch = { 0: 0.04, 2: 0.03, 8: -0.025 };
const FOREARM: Stretch = { 0: 0.04, 2: 0.03, 8: 0.025 };
const HAND: Stretch = { 0: 0.04, 7: 0.02 };

/** Offsets from the parent in metres. Limbs are listed for the left side; the right mirrors x. */
const BONES: readonly Bone[] = [
  { joint: "left_hip", offset: [0.088, -0.055, 0], stretch: HIP },
  { joint: "left_knee", offset: [0.012, -0.415, 0.006], stretch: THIGH },
  { joint: "left_ankle", offset: [-0.008, -0.41, -0.03], stretch: SHIN },
  { joint: "left_foot", offset: [0.018, -0.055, 0.135], stretch: FOOT },
  { joint: "spine1", offset: [0, 0.1, -0.02], stretch: SPINE },
  { joint: "spine2", offset: [0, 0.13, 0.005], stretch: SPINE },
  { joint: "spine3", offset: [0, 0.1, 0.005], stretch: SPINE },
  { joint: "neck", offset: [0, 0.18, -0.02], stretch: SPINE },
  { joint: "head", offset: [0, 0.09, 0.025], stretch: { 0: 0.04, 7: 0.02 } },
  { joint: "left_collar", offset: [0.06, 0.115, -0.01], stretch: SHOULDER },
  { joint: "left_shoulder", offset: [0.118, 0.012, -0.015], stretch: SHOULDER },
  { joint: "left_elbow", offset: [0.268, -0.005, -0.01], stretch: UPPER_ARM },
  { joint: "left_wrist", offset: [0.243, 0.002, 0.005], stretch: FOREARM },
  { joint: "left_hand", offset: [0.085, -0.006, 0.004], stretch: HAND },
];

function mirrored(bone: Bone): Bone {
  const [x, y, z] = bone.offset;
  return { ...bone, joint: bone.joint.replace("left_", "right_") as JointName, offset: [-x, y, z] };
}

function build(): { template: Float64Array; basis: Float64Array } {
  const template = new Float64Array(3 * JOINTS);
  const basis = new Float64Array(3 * JOINTS * SHAPE_COEFFICIENTS);
  const sided = BONES.flatMap((bone) => (bone.joint.startsWith("left_") ? [bone, mirrored(bone)] : [bone]));
  const byJoint = new Map(sided.map((bone) => [jointIndex(bone.joint), bone]));
  for (let j = 1; j < JOINTS; j++) {
    const { offset, stretch } = byJoint.get(j)!;
    const p = JOINT_PARENTS[j]!;
    for (let i = 0; i < 3; i++) {
      template[3 * j + i] = template[3 * p + i]! + offset[i]!;
      for (let k = 0; k < SHAPE_COEFFICIENTS; k++) {
        const share = stretch[k] ?? 0;
        const relative = typeof share === "number" ? share : share[i]!;
        const parent = basis[(3 * p + i) * SHAPE_COEFFICIENTS + k]!;
        basis[(3 * j + i) * SHAPE_COEFFICIENTS + k] = parent + relative * offset[i]!;
      }
    }
  }
  return { template, basis };
}

const BUILT = build();

/** Rest joints of the mean built-in body, `[24, 3]`, metres. */
export const BUILTIN_JOINT_TEMPLATE: Float64Array = BUILT.template;
/** Change of the rest joints with each shape coefficient, `[24, 3, 10]`, metres. */
export const BUILTIN_JOINT_BASIS: Float64Array = BUILT.basis;

/**
 * Rest joints of the built-in body, `[24, 3]` metres: template + basis · shape, linear in the shape.
 *
 * @param shape - `[10]`, each within ±{@link SHAPE_LIMIT} (not enforced: the map is linear everywhere)
 * @throws ShapeError if shape has not 10 numbers
 */
export function restJoints(shape: ArrayLike<number>): Float64Array {
  if (shape.length !== SHAPE_COEFFICIENTS) {
    throw new ShapeError(`restJoints: expected a shape [10], got [${shape.length}]`);
  }
  return BUILTIN_JOINT_TEMPLATE.map((mean, i) => {
    let sum = mean;
    for (let k = 0; k < SHAPE_COEFFICIENTS; k++)
      sum += BUILTIN_JOINT_BASIS[i * SHAPE_COEFFICIENTS + k]! * shape[k]!;
    return sum;
  });
}

/** Joints and world orientations of the built-in body in a pose. */
export function poseBuiltinBody(pose: Pose): JointTransforms {
  return poseJoints(restJoints(pose.shape), pose.pose, pose.translation);
}
