/** The tables that `saccade profile` prints. */
import { totalMj } from "../../../src/engine/index.ts";
import { insteadOf } from "../../report/instead-of.ts";
import type { StepProfile } from "../../../src/engine/index.ts";
import type { ProfileReport } from "../../report/profile-data.ts";
import { shortName } from "../../report/layer-name.ts";
import { brief, joules, table } from "./table.ts";

/** Lines about a profile: warnings, layers, totals, energy. */
export function profileTable(report: ProfileReport, html: string | undefined): string {
  const { model, input, machine, precision, time, total, steps, warnings } = report;
  const from = input.fromSeconds === undefined ? "" : ` from ${input.fromSeconds} s`;
  const sum = steps.reduce((ms, step) => ms + step.ms, 0);
  const layers = [
    ["layer", "computes", "kernel", "instead of", "rate", "dense MACs", "MACs", "ACs", "ms", "share"],
    ...steps.map(layerRow),
    ["all", "", "", "", "", ...counts(total), sum.toFixed(2), "100.0 %"],
  ];
  const costs = [
    ["energy per clip", "spiking", "dense"],
    ...total.energy.flatMap(({ node, spiking, dense }) => [
      [`${node}, operations`, ...ratio(spiking.synapsesMj, dense.synapsesMj)],
      [`${node}, with memory`, ...ratio(totalMj(spiking), totalMj(dense))],
    ]),
  ];
  const { threads, node, processor } = machine;
  return [
    `${model.name}: ${brief(model.parameters)} parameters, ${model.attention}; `,
    `input ${input.name}${from}, [${input.shape.join(", ")}]\n`,
    ...warnings.map((warning) => `warning: ${warning}\n`),
    table(layers, 4),
    table([
      ["time per clip", "median", "fastest"],
      [`compiled, ${precision}`, milliseconds(time.compiledMs), milliseconds(time.fastestCompiledMs)],
      [
        "eager",
        ...[time.eagerMs, time.fastestEagerMs].map(milliseconds),
        `${time.speedUp.toFixed(1)}× as long`,
      ],
    ]),
    `on ${processor}, Node ${node}, ${threads} ${threads === 1 ? "thread" : "threads"}\n`,
    table(costs),
    html === undefined ? "" : `wrote ${html}\n`,
  ].join("");
}

function layerRow(step: StepProfile): string[] {
  const { layer, kind, kernel, firingRate, ms, share } = step;
  return [
    shortName(layer),
    kind,
    kernel,
    insteadOf(step),
    firingRate === null ? "" : percent(firingRate),
    ...counts(step),
    ms.toFixed(3),
    percent(share),
  ];
}

function counts({ denseMacs, macs, acs }: Pick<StepProfile, "denseMacs" | "macs" | "acs">): string[] {
  return [denseMacs, macs, acs].map((operations) => (operations === 0 ? "" : brief(operations)));
}

function ratio(spiking: number, dense: number): string[] {
  return [joules(spiking), joules(dense), spiking > 0 ? `${(dense / spiking).toFixed(1)}× less` : ""];
}

function milliseconds(ms: number): string {
  return `${ms.toFixed(2)} ms`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
