/** How often each class was taken for each other: a table whose cells are shaded. */
import { html } from "../page/dom.ts";
import { percent } from "../page/format.ts";
import { about } from "../page/lane.ts";
import type { Confusion, MeasuredRow } from "../run-data.ts";

/** Classes of a table whose cells have room for counts. */
const COUNTED = 14;

/** Letters of names that stand upright over a column. */
const UPRIGHT = 4;

/** The section of one model. */
export function confusionSection({ name, confusion }: MeasuredRow, several: boolean): HTMLElement[] {
  if (confusion === undefined) return [];
  const { classes, of } = confusion;
  return [
    html(
      "section",
      { class: "row confusion" },
      about(
        several ? `Confusions of ${name}` : "Confusions",
        "A row for each true class, a column for each predicted one. Shades are shares of the row: orange where the model is right, grey where it is not.",
        ...(classes.length < of
          ? [`Shown are the ${classes.length} of ${of} classes that most often go wrong.`]
          : []),
      ),
      matrix(confusion),
    ),
  ];
}

function matrix({ classes, counts, samples }: Confusion): HTMLElement {
  const told = html("p", { class: "told", "aria-live": "polite" });
  const counted = classes.length <= COUNTED;
  const upright = counted && classes.every((name) => name.length <= UPRIGHT);
  const rest = "Point at a cell to read it.";
  told.textContent = rest;
  const table = html(
    "table",
    {
      class: `matrix${counted ? " counted" : ""}${upright ? " upright" : ""}`,
      style: `--classes: ${classes.length}`,
    },
    html(
      "thead",
      {},
      html(
        "tr",
        {},
        html("td"),
        ...classes.map((name) => html("th", { scope: "col", title: name }, html("span", {}, name))),
      ),
    ),
    html(
      "tbody",
      {},
      ...counts.map((row, truth) =>
        html(
          "tr",
          {},
          html("th", { scope: "row", title: classes[truth]! }, classes[truth]!),
          ...row.map((count, predicted) => {
            const share = samples[truth]! > 0 ? count / samples[truth]! : 0;
            const cell = html(
              "td",
              {
                class: `${truth === predicted ? "right" : "wrong"}${share > 0.55 ? " full" : ""}`,
                style: `--share: ${(share * 100).toFixed(1)}%`,
              },
              counted && count > 0 ? String(count) : "",
            );
            cell.addEventListener("pointerenter", () => {
              told.textContent = `${classes[truth]} taken for ${classes[predicted]}: ${count} of ${samples[truth]} (${percent(share)})`;
            });
            return cell;
          }),
        ),
      ),
    ),
  );
  table.addEventListener("pointerleave", () => (told.textContent = rest));
  return html("div", {}, html("div", { class: "scroll" }, table), told);
}
