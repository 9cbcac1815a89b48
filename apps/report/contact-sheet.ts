/** Contact sheets: some clips of a synthetic data set on one self-contained page, without a script. */
import { JOINT_NAMES, JOINT_PARENTS, JOINTS } from "../../src/body/index.ts";
import { type LabelledClip, partMask } from "../../src/data/index.ts";
import { pngUri, type Rgba } from "./png.ts";

/** A clip as the page shows it. */
export type ContactClip = {
  readonly name: string;
  readonly split: string;
  readonly action: string;
  readonly preset: string;
  readonly seconds: number;
  readonly eventsPerSecond: number;
  readonly width: number;
  readonly height: number;
  /** When the pictures were taken, seconds. */
  readonly at: number;
  /** Pictures as data URIs; no mask where the clip has none. */
  readonly events: string;
  readonly mask: string | undefined;
  /** Joints in the picture, `[24, 2]`, pixels. */
  readonly joints: ArrayLike<number> | undefined;
};

/** What the page tells of the whole set. */
export type ContactSheet = {
  readonly clips: number;
  readonly shards: number;
  readonly seconds: number;
  readonly events: number;
  readonly bytes: number;
  readonly seed: number;
  readonly shown: readonly ContactClip[];
};

/** Time over which events are gathered into a picture, microseconds. */
const WINDOW_US = 40_000;
const ON: Rgba = [47, 111, 235, 255];
const OFF: Rgba = [139, 150, 161, 255];
const NOTHING: Rgba = [0, 0, 0, 0];
/** Left limbs are blue and right ones orange, darker towards hand and foot; trunk and head are grey. */
const LIMB_SHADES: Readonly<Record<string, number>> = {
  hip: 0.15,
  knee: 0.4,
  ankle: 0.65,
  foot: 0.9,
  collar: 0.05,
  shoulder: 0.25,
  elbow: 0.5,
  wrist: 0.75,
  hand: 0.95,
};
const PARTS: readonly Rgba[] = [NOTHING, ...JOINT_NAMES.map(partColour)];

/** The moment of a clip in which most happens, with the 40 ms before it. */
export function contactClip(clip: LabelledClip, split: string): ContactClip {
  const { width, height } = clip.sensor;
  const { t, x, y, on } = clip.events;
  const moments = clip.masks?.times ?? clip.times;
  let [best, most, first, end] = [0, -1, 0, 0];
  moments.forEach((time, k) => {
    while (end < t.length && t[end]! <= time) end++;
    while (first < t.length && t[first]! <= time - WINDOW_US) first++;
    if (end - first > most) [best, most] = [k, end - first];
  });
  const at = moments[best]!;
  const pixels = new Uint8Array(width * height);
  for (let i = 0; i < t.length; i++) {
    if (t[i]! > at - WINDOW_US && t[i]! <= at) pixels[y[i]! * width + x[i]!] = 1 + (1 - on[i]!);
  }
  const label = clip.times.reduce(
    (near, time, f) => (Math.abs(time - at) < Math.abs(clip.times[near]! - at) ? f : near),
    0,
  );
  return {
    name: clip.name,
    split,
    action: clip.action ?? clip.motion,
    preset: clip.preset,
    seconds: clip.durationUs / 1e6,
    eventsPerSecond: t.length / (clip.durationUs / 1e6),
    width,
    height,
    at: at / 1e6,
    events: pngUri(width, height, pixels, [NOTHING, ON, OFF]),
    mask: clip.masks && pngUri(width, height, partMask(clip.masks, best), PARTS),
    joints: clip.joints2d?.slice(label * JOINTS * 2, (label + 1) * JOINTS * 2),
  };
}

/** The page as the text of an HTML file that opens without a network. */
export function renderContactSheet(sheet: ContactSheet): string {
  const { clips, shards, seconds, events, bytes, seed, shown } = sheet;
  const facts = [
    [String(clips), "clips"],
    [`${seconds.toFixed(0)} s`, "of recording"],
    [compact(events), "events"],
    [`${compact(events / Math.max(seconds, 1e-9))}/s`, "mean rate"],
    [`${(bytes / 1e6).toFixed(1)} MB`, `in ${shards} shards`],
    [String(seed), "seed"],
  ];
  const isMasked = shown.some(({ mask }) => mask !== undefined);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Contact sheet · Saccade</title>
<style>${STYLE}</style>
<header>
<h1>Contact sheet</h1>
<dl>${facts.map(([value, name]) => `<div><dd>${escape(value!)}</dd><dt>${escape(name!)}</dt></div>`).join("")}</dl>
</header>
<p class="key"><span><i style="background:${css(ON)}"></i>brighter</span><span><i style="background:${css(OFF)}"></i>darker</span>${
    isMasked
      ? `<span><i style="background:${css(PARTS[5]!)}"></i>left limbs</span><span><i style="background:${css(PARTS[6]!)}"></i>right limbs</span><span><i style="background:${css(PARTS[7]!)}"></i>trunk</span>`
      : ""
  }<span><i class="line"></i>joints</span><b>${shown.length} of ${clips} clips, the 40 ms of each in which most happens</b></p>
<main>${shown.map(card).join("\n")}</main>
</html>
`;
}

function card(clip: ContactClip): string {
  const { width, height } = clip;
  const bones = clip.joints === undefined ? "" : skeleton(clip.joints, width);
  const picture = (uri: string, alt: string) =>
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${alt}"><image href="${uri}" width="${width}" height="${height}"/>${bones}</svg>`;
  return `<figure><div class="${clip.mask === undefined ? "one" : "two"}">${picture(clip.events, "events")}${
    clip.mask === undefined ? "" : picture(clip.mask, "parts of the body")
  }</div><figcaption><strong>${escape(clip.action)}</strong><span class="preset">${escape(clip.preset)}</span><span class="facts">${escape(
    `${clip.split} · ${clip.name} · ${clip.seconds.toFixed(1)} s · ${compact(clip.eventsPerSecond)} events/s · at ${clip.at.toFixed(2)} s`,
  )}</span></figcaption></figure>`;
}

/** Bones as one path; joints behind the camera are left out. */
function skeleton(joints: ArrayLike<number>, width: number): string {
  const place = (j: number) => [joints[2 * j]!, joints[2 * j + 1]!].map((x) => Math.round(x * 10) / 10);
  const path = JOINT_PARENTS.map((parent, j) => {
    if (parent < 0) return "";
    const ends = [...place(parent), ...place(j)];
    return ends.every(Number.isFinite) ? `M${ends[0]} ${ends[1]}L${ends[2]} ${ends[3]}` : "";
  }).join("");
  const stroke = width / 200;
  return `<path class="halo" stroke-width="${3 * stroke}" d="${path}"/><path class="bones" stroke-width="${1.3 * stroke}" d="${path}"/>`;
}

function partColour(name: string): Rgba {
  const shade = LIMB_SHADES[name.replace(/^(left|right)_/, "")];
  if (shade === undefined) {
    const grey =
      name === "head" || name === "neck"
        ? 96
        : 168 - 12 * "pelvis spine1 spine2 spine3".split(" ").indexOf(name);
    return [grey, grey + 6, grey + 12, 255];
  }
  const [light, dark]: readonly [Rgba, Rgba] = name.startsWith("left_")
    ? [
        [158, 197, 255, 255],
        [24, 78, 190, 255],
      ]
    : [
        [255, 196, 150, 255],
        [196, 64, 12, 255],
      ];
  const mix = (i: 0 | 1 | 2) => Math.round(light[i] + (dark[i] - light[i]) * shade);
  return [mix(0), mix(1), mix(2), 255];
}

function compact(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(value >= 1e7 ? 0 : 1)} M`;
  return value >= 1e3 ? `${(value / 1e3).toFixed(value >= 1e4 ? 0 : 1)} k` : value.toFixed(0);
}

function css([r, g, b]: Rgba): string {
  return `rgb(${r} ${g} ${b})`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

const STYLE = `
:root{color-scheme:light dark;--paper:light-dark(#f5f6f7,#0c0f13);--stage:light-dark(#fff,#12161b);--ink:light-dark(#12171d,#e9edf1);--ink-2:light-dark(#57626d,#98a4b0);--rule:light-dark(#dde1e5,#242b33);font:13px/1.45 -apple-system,BlinkMacSystemFont,"Segoe UI","Helvetica Neue",Helvetica,Arial,sans-serif;color:var(--ink);background:var(--paper)}
*{box-sizing:border-box;margin:0}
body{max-width:1480px;margin:0 auto;padding:28px 32px 48px}
header{display:flex;flex-wrap:wrap;gap:16px 40px;align-items:baseline;justify-content:space-between;border-bottom:1px solid var(--rule);padding-bottom:16px}
h1{font-size:22px;font-weight:600;letter-spacing:-.01em}
dl{display:flex;flex-wrap:wrap;gap:8px 28px}
dd{font-size:15px;font-weight:600;font-variant-numeric:tabular-nums}
dt,.key,.facts{color:var(--ink-2)}
.key{display:flex;flex-wrap:wrap;gap:6px 20px;padding:12px 0 18px;align-items:center}
.key b{font-weight:400;margin-left:auto}
i{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:6px}
i.line{height:2px;width:16px;background:var(--ink);vertical-align:middle}
main{display:grid;grid-template-columns:repeat(auto-fill,minmax(330px,1fr));gap:24px 20px}
figure>div{display:grid;gap:1px;background:var(--rule);border:1px solid var(--rule);border-radius:6px;overflow:hidden}
.two{grid-template-columns:1fr 1fr}
svg{display:block;width:100%;background:var(--stage)}
image{image-rendering:pixelated}
path{fill:none;stroke-linecap:round;stroke-linejoin:round}
.halo{stroke:var(--stage);opacity:.75}
.bones{stroke:var(--ink)}
svg:first-child:not(:only-child) .bones{opacity:.6}
figcaption{display:flex;flex-wrap:wrap;gap:2px 8px;align-items:baseline;padding-top:7px}
strong{font-size:14px;font-weight:600}
.preset{border:1px solid var(--rule);border-radius:9px;padding:0 7px;font-size:11px;color:var(--ink-2)}
.facts{flex-basis:100%;font-size:12px;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
`;
