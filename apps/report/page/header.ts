/** The facts of the recording, the model and the run, and the numbers to remember. */
import type { ReportData } from "../data.ts";
import { byId } from "./dom.ts";
import { count, digits, percent, seconds } from "./format.ts";
import { figure, masthead } from "./masthead.ts";
import { mean, pelvisAlignedErrors, speeds } from "./metrics.ts";

/** Fills title, facts and notes. */
export function header({ recording, model, timing, notes = [] }: ReportData): void {
  const facts: [string, string][] = [
    ["Format", recording.format],
    ["Sensor", `${recording.sensor.width} × ${recording.sensor.height}`],
    ["Duration", `${seconds(recording.durationUs)} s`],
    ["Events", count(recording.events)],
    ["Run on", timing === undefined ? "–" : `Node ${timing.node.replace(/^v/, "")}`],
    ["Model", model.name],
    ["Parameters", count(model.parameters)],
    ["Time steps", String(model.timeSteps)],
    ...(model.attention === undefined ? [] : [["Attention", model.attention] as [string, string]]),
    ["Weights", model.weights],
  ];
  masthead(recording.name, facts, notes);
}

/** Fills the summary beside the stage: four or five numbers. */
export function summary({ steps, rates, energy, timing }: ReportData): void {
  const error = mean(pelvisAlignedErrors(steps).perStep);
  const speed = mean(speeds(steps).perStep);
  const figures: HTMLElement[] = [];
  if (Number.isFinite(error)) {
    figures.push(figure(digits(error), "mm", "Joint error", `PEL-MPJPE over ${steps.length} steps`, "net"));
  } else if (Number.isFinite(speed)) {
    figures.push(figure(digits(speed), "m/s", "Joint speed", `mean over ${steps.length} steps`, "net"));
  }
  if (rates !== undefined && rates.layers.length > 0) {
    const rate = percent(mean(rates.values.map(mean))).split(" ");
    figures.push(figure(rate[0]!, "%", "Firing rate", `mean of ${rates.layers.length} layers`));
  }
  const cost = energy?.energy[0];
  if (cost !== undefined) {
    const ratio = `${digits(cost.denseMj / cost.spikingMj)}× ${cost.denseMj >= cost.spikingMj ? "less than" : "that of"} dense`;
    figures.push(figure(digits(cost.spikingMj), "mJ", "Energy", `${ratio}, ${cost.node}`));
  }
  if (timing !== undefined) {
    figures.push(
      figure(
        digits(timing.msPerFrame),
        "ms",
        "Time per frame",
        timing.threads === 1 ? "on one thread" : `on ${timing.threads} threads`,
      ),
    );
    const pace = timing.realTimeFactor >= 1 ? "keeps up with the sensor" : "slower than the sensor";
    figures.push(figure(`${digits(timing.realTimeFactor)}×`, "", "Real time", pace));
  }
  byId("summary").append(...figures);
}
