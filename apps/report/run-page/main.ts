/** The page of a run: reads the data that was embedded and shows what there is of it. */
import { byId } from "../page/dom.ts";
import { masthead } from "../page/masthead.ts";
import { themeButton } from "../page/theme.ts";
import type { RunReport } from "../run-data.ts";
import { confusionSection } from "./confusion.ts";
import { learning } from "./learning.ts";
import { iouSection, jointSection, stepSection } from "./parts.ts";
import { configuration, results, source, summary } from "./results.ts";

const report = JSON.parse(byId("data").textContent) as RunReport;
const { title, facts, notes, measured, curves, config } = report;
const several = measured.rows.filter(({ confusion }) => confusion !== undefined).length > 1;

themeButton();
masthead(title, facts, notes);
byId("results").append(
  summary(report),
  ...(curves === null ? [] : learning(curves, measured)),
  ...(measured.rows.length === 0 ? [] : [results(report)]),
  ...measured.rows.flatMap((row) => confusionSection(row, several)),
  ...iouSection(measured),
  ...jointSection(measured),
  ...stepSection(measured),
  ...(config === null ? [] : [configuration(config)]),
);
source(report);
