/** What `saccade demo` does. */
import type { Context } from "../context.ts";
import { InputError } from "../faults.ts";
import { packageFile } from "../package-root.ts";
import { runTrack } from "./track.ts";

/**
 * Tracks the recording that ships with the package, whose truth is known, and checks the answer.
 *
 * @throws InputError if the model is no better on it than the mean pose of its training set
 */
export async function runDemo(context: Context): Promise<void> {
  const sample = packageFile("samples", "walk.aedat4");
  const summary = await runTrack(sample, {}, context);
  if (summary === undefined) return;
  const { errors } = summary;
  if (errors === undefined || !(errors.model.pelMpjpe < errors.meanPose.pelMpjpe)) {
    const [got, mean] = [errors?.model.pelMpjpe.toFixed(1), errors?.meanPose.pelMpjpe.toFixed(1)];
    throw new InputError(sample, `expected a PEL-MPJPE below the mean pose's ${mean} mm, got ${got} mm`);
  }
}
