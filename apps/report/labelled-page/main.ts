/** The page of classes: reads the data that was embedded and shows each input with what it was taken for. */
import { byId, html } from "../page/dom.ts";
import { count } from "../page/format.ts";
import { masthead } from "../page/masthead.ts";
import { themeButton } from "../page/theme.ts";
import type { LabelledReport } from "../labelled-data.ts";
import { classified } from "./classified.ts";
import { masks } from "./masks.ts";

const report = JSON.parse(byId("data").textContent) as LabelledReport;
const { title, model, notes, node } = report;

themeButton();
masthead(
  title,
  [
    ["Model", model.title],
    ["Weights", model.file],
    ["Parameters", count(model.parameters)],
    ["Classes", String(model.classes)],
    ["Input", model.input],
  ],
  notes,
);
byId("results").append(...(report.kind === "classes" ? report.inputs.map(classified) : [masks(report)]));
const events = report.kind === "classes" && report.events;
byId("source").append(
  html("span", {}, "Shown is what the model saw. "),
  html(
    "span",
    {},
    events ? "Blue: pixels that grew brighter (ON); orange: darker (OFF); mauve: as often both. " : "",
  ),
  html("span", {}, `Made by saccade ${report.kind === "classes" ? "classify" : "segment"}, Node ${node}.`),
);
