/** The facts of the profile, and the numbers to remember. */
import { byId, html } from "../page/dom.ts";
import { count, digits } from "../page/format.ts";
import { figure, masthead } from "../page/masthead.ts";
import type { ProfileReport } from "../profile-data.ts";
import { totalOf } from "./energy.ts";

/** Fills title, facts, warnings and the last line. */
export function header({ model, input, machine, precision, runs, warnings }: ProfileReport): void {
  const from = input.fromSeconds === undefined ? "" : `, from ${input.fromSeconds} s`;
  masthead(
    model.name,
    [
      ["Parameters", count(model.parameters)],
      ["Attention", model.attention],
      ["Weights", model.weights ?? "untrained"],
      ["Input", `${input.name}${from}`],
      ["Shape", input.shape.join(" × ")],
      ["Precision", precision],
      ["Threads", String(machine.threads)],
      ["Processor", machine.processor],
      ["Run on", `Node ${machine.node.replace(/^v/, "")}`],
      ["Runs", String(runs)],
    ],
    warnings,
  );
  byId("source").append(
    html(
      "span",
      {},
      "Made by saccade profile. Times of layers are medians, those of a clip the fastest run: other work on the machine only ever adds.",
    ),
  );
}

/** Fills the totals. */
export function summary({ time, total, precision, machine }: ProfileReport): void {
  const { denseMacs, macs, acs, energy } = total;
  const threads = machine.threads === 1 ? "one thread" : `${machine.threads} threads`;
  const [accumulates = "", unit = ""] = count(acs).split(" ");
  const multiplied = macs === 0 ? "no multiply-accumulates" : `and ${count(macs)} multiply-accumulates`;
  byId("summary").append(
    figure(
      digits(time.fastestCompiledMs),
      "ms",
      "Time per clip",
      `compiled, ${precision}, ${threads}; median ${digits(time.compiledMs)} ms`,
      "net",
    ),
    figure(
      `${digits(time.speedUp)}×`,
      "",
      "Faster than eager",
      `which takes ${digits(time.fastestEagerMs)} ms`,
    ),
    figure(accumulates, unit, "Accumulates", `${multiplied}; dense: ${count(denseMacs)}`),
    ...energy.slice(0, 1).map(({ node, spiking, dense }) => {
      const [sum, all] = [totalOf(spiking), totalOf(dense)];
      return figure(
        digits(sum),
        "mJ",
        "Energy",
        `${digits(all / sum)}× less than dense; ${node}, with memory`,
      );
    }),
  );
}
