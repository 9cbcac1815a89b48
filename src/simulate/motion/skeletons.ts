/** Names that other skeletons give to the bones of ours. */
import { FormatError } from "../../core/index.ts";
import { JOINT_NAMES, type JointName } from "../../body/index.ts";

/** Index of the source's joint for each of our joints that has one. */
export type BoneMap = ReadonlyMap<JointName, number>;

type Names = Partial<Record<JointName, readonly string[]>>;

/** The left limbs under `left_…`; the right ones follow from them. */
function bothSides(centre: Names, left: Names): Names {
  const names: Names = { ...centre, ...left };
  for (const [joint, aliases] of Object.entries(left)) {
    const right = aliases.map((alias) => alias.replace("left", "right"));
    names[joint.replace("left", "right") as JointName] = right;
  }
  return names;
}

/** The limbs of Acclaim skeletons, whose joints are where their bones begin. */
function acclaimLimbs(side: "left" | "right"): Names {
  const l = side[0]!;
  return {
    [`${side}_hip`]: [`${l}femur`],
    [`${side}_knee`]: [`${l}tibia`],
    [`${side}_ankle`]: [`${l}foot`],
    [`${side}_foot`]: [`${l}toes`],
    [`${side}_collar`]: [`${l}clavicle`],
    [`${side}_shoulder`]: [`${l}humerus`],
    [`${side}_elbow`]: [`${l}radius`],
    [`${side}_wrist`]: [`${l}wrist`],
    [`${side}_hand`]: [`${l}fingers`],
  };
}

const LIMBS: Names = {
  left_hip: ["leftupleg"],
  left_knee: ["leftleg"],
  left_ankle: ["leftfoot"],
  left_foot: ["lefttoebase", "lefttoe"],
  left_collar: ["leftshoulder"],
  left_shoulder: ["leftarm"],
  left_elbow: ["leftforearm"],
  left_wrist: ["lefthand"],
  left_hand: ["lefthandindex1", "lefthandmiddle1"],
};

/** Known skeletons; names in lower case without blanks, underscores and prefixes such as `mixamorig:`. */
const SKELETONS: readonly { readonly name: string; readonly names: Names }[] = [
  { name: "Saccade", names: Object.fromEntries(JOINT_NAMES.map((name) => [name, [plain(name)]])) },
  {
    name: "CMU",
    names: bothSides(
      {
        pelvis: ["hips"],
        spine1: ["lowerback"],
        spine2: ["spine"],
        spine3: ["spine1"],
        neck: ["neck"],
        head: ["head"],
      },
      LIMBS,
    ),
  },
  {
    name: "Mixamo",
    names: bothSides(
      {
        pelvis: ["hips"],
        spine1: ["spine"],
        spine2: ["spine1"],
        spine3: ["spine2"],
        neck: ["neck"],
        head: ["head"],
      },
      LIMBS,
    ),
  },
  {
    name: "Acclaim",
    names: {
      pelvis: ["root"],
      spine1: ["lowerback"],
      spine2: ["upperback"],
      spine3: ["thorax"],
      neck: ["lowerneck"],
      head: ["head"],
      ...acclaimLimbs("left"),
      ...acclaimLimbs("right"),
    },
  },
];

/** Joints that a source may lack; ours then move with their parent. */
const OPTIONAL: ReadonlySet<JointName> = new Set([
  "spine3",
  "neck",
  "left_foot",
  "right_foot",
  "left_collar",
  "right_collar",
  "left_hand",
  "right_hand",
]);

function plain(name: string): string {
  return name
    .slice(name.lastIndexOf(":") + 1)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "");
}

/**
 * Finds our joints in a skeleton by name. Of the known skeletons, the one with the fewest missing bones is taken.
 *
 * @param names - joint names of the source, in its order
 * @param format - of the source, for messages
 * @throws FormatError if bones are missing; lists them
 */
export function mapBones(names: readonly string[], format = "bvh"): BoneMap {
  const indices = new Map(names.map((name, i) => [plain(name), i]));
  const candidates = SKELETONS.map((skeleton) => {
    const found = new Map<JointName, number>();
    const missing: string[] = [];
    for (const joint of JOINT_NAMES) {
      const aliases = skeleton.names[joint] ?? [];
      const alias = aliases.find((name) => indices.has(name));
      if (alias !== undefined) found.set(joint, indices.get(alias)!);
      else if (!OPTIONAL.has(joint)) missing.push(aliases.join(" or "));
    }
    return { skeleton: skeleton.name, found, missing };
  });
  const best = candidates.reduce((a, b) => (rank(b) > rank(a) ? b : a));
  if (best.missing.length > 0) {
    const known = SKELETONS.map((skeleton) => skeleton.name).join(", ");
    throw new FormatError(
      format,
      0,
      `expected a skeleton of a known kind (${known}), got one without the ${best.skeleton} bones ${best.missing.join(", ")}`,
    );
  }
  return best.found;
}

/** Fewest missing bones first, then most bones found. */
function rank(candidate: { readonly found: BoneMap; readonly missing: readonly string[] }): number {
  return candidate.found.size - 100 * candidate.missing.length;
}
