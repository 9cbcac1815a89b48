/** Joint errors as tables. */
import { JOINT_NAMES } from "../../../src/body/index.ts";
import type { PoseMetrics } from "../../../src/train/index.ts";
import { table } from "./table.ts";

/** Rows by name: MPJPE, PEL-MPJPE and PA-MPJPE in millimetres. */
export function metricsTable(rows: Readonly<Record<string, PoseMetrics>>): string {
  return table([
    ["mm", "MPJPE", "PEL-MPJPE", "PA-MPJPE", "poses"],
    ...Object.entries(rows).map(([name, { mpjpe, pelMpjpe, paMpjpe, poses }]) => [
      name,
      ...[mpjpe, pelMpjpe, paMpjpe].map((value) => value.toFixed(1)),
      String(poses),
    ]),
  ]);
}

/** Pelvis-aligned error of each joint in millimetres, a column a model. */
export function jointTable(columns: Readonly<Record<string, PoseMetrics>>): string {
  return table([
    ["mm", ...Object.keys(columns)],
    ...JOINT_NAMES.map((joint, j) => [
      joint,
      ...Object.values(columns).map(({ perJoint }) => perJoint[j]!.toFixed(1)),
    ]),
  ]);
}
