/** The report's page: reads the data that was embedded and fills every section. */
import type { ReportData } from "../data.ts";
import { accuracy } from "./accuracy.ts";
import { activity } from "./activity.ts";
import { byId, html } from "./dom.ts";
import { energy } from "./energy.ts";
import { countPixels, eventFrames } from "./frames.ts";
import { header, summary } from "./header.ts";
import { createPlayer, keyboard, transport } from "./player.ts";
import { raster } from "./raster.ts";
import { poseView } from "./skeleton.ts";
import { themeButton } from "./theme.ts";

const KEYS = [
  ["Space", "play or pause"],
  ["← →", "step"],
  ["Shift ← →", "ten steps"],
  ["Home End", "first and last"],
  ["Drag, wheel, double-click", "orbit, zoom, reset"],
];

const data = JSON.parse(byId("data").textContent) as ReportData;
const times = data.steps.map(({ tUs }) => tUs);
const counted = data.steps.some(({ events }) => events === undefined) ? countPixels(data) : [];
const events = data.steps.map((step, i) => step.events ?? counted[i]!);
const player = createPlayer(times);

themeButton();
header(data);
summary(data);
eventFrames(data, player, events);
poseView(data, player);
transport(byId("transport"), player, times, events);
accuracy(data, player);
activity(data, player);
raster(data, player);
energy(data);
keyboard(player);
byId("keys").append(...KEYS.map(([keys, act]) => html("span", {}, html("kbd", {}, keys!), act!)));

// `#step=40` opens the page at rest on a step, to point a colleague to it.
const linked = /^#step=(\d+)$/.exec(location.hash);
if (linked) player.seek(Number(linked[1]));
else if (!matchMedia("(prefers-reduced-motion: reduce)").matches) player.toggle(true);
