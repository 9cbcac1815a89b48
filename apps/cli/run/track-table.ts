/** The table that `saccade track` prints. */
import { brief, joules, table } from "./table.ts";
import type { TrackSummary } from "./track.ts";

/** Lines about the run: speed, firing, operations, energy, errors, files. */
export function trackTable(summary: TrackSummary): string {
  const { recording, model, timing, frames, activity, errors, faults, files } = summary;
  const { width, height } = recording.sensor;
  const seconds = (recording.durationUs / 1e6).toFixed(2);
  const perFrame = (operations: number) => brief(operations / model.timeSteps);
  const { firingRate } = activity;
  const firing = firingRate === undefined ? "no spiking neurons" : `${(100 * firingRate).toFixed(1)} %`;
  const less = (dense: number, spiking: number) => `${(dense / spiking).toFixed(1)}× less`;
  const costs = [
    ["", "spiking", "dense"],
    ["MACs per frame", perFrame(activity.macs), perFrame(activity.denseMacs)],
    ["ACs per frame", perFrame(activity.acs), "0"],
    ...activity.energy.map(({ node, spikingMj, denseMj }) => [
      `energy per inference of ${model.timeSteps} frames, ${node}`,
      joules(spikingMj),
      joules(denseMj),
      less(denseMj, spikingMj),
    ]),
  ];
  const millimetres = (value: number) => `${value.toFixed(1)} mm`;
  const accuracy =
    errors === undefined
      ? []
      : [
          [`error over ${errors.model.poses} frames`, "model", "mean pose"],
          ["MPJPE", millimetres(errors.model.mpjpe), millimetres(errors.meanPose.mpjpe)],
          ["PEL-MPJPE", millimetres(errors.model.pelMpjpe), millimetres(errors.meanPose.pelMpjpe)],
          ["PA-MPJPE", millimetres(errors.model.paMpjpe), millimetres(errors.meanPose.paMpjpe)],
        ];
  const events = recording.events.toLocaleString("en-US");
  return [
    `${recording.name}: ${recording.format}, ${width}×${height}, ${seconds} s, ${events} events\n`,
    faults > 0 ? `damaged (faults: ${faults}); what could be read was tracked\n` : "",
    table([
      ["frames", String(frames)],
      ["time per frame", `${timing.msPerFrame.toFixed(2)} ms on ${timing.threads} threads`],
      ["real-time factor", `${timing.realTimeFactor.toFixed(1)}×`],
      ["firing rate", firing],
    ]),
    table(costs),
    accuracy.length > 0 ? table(accuracy) : "",
    ...files.map((file) => `wrote ${file}\n`),
  ].join("");
}
