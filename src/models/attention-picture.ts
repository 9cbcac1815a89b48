/** Attention maps as a picture: events of each step over the heat of the attention that they get. */
import { ArgumentError, dims, sizeOf } from "../core/index.ts";
import type { Tensor } from "../tensor/index.ts";
import type { AttentionQuery } from "./attention-maps.ts";

/** Options of {@link attentionPicture}. */
export type AttentionPictureOptions = {
  /** The token that looks, marked in the picture. */
  readonly query: AttentionQuery;
  /** Sample of the batch, the first by default. */
  readonly sample?: number;
};

/** Side of a panel, space between two, and below each for its caption, pixels. */
const PANEL = 150;
const GAP = 14;
const CAPTION = 26;
const MARGIN = 20;
const LEGEND = 34;
const ON = "#24405f";
const OFF = "#a3aeb9";
const HEAT = "#f08a24";
const INK = "#1f2328";
const MUTED = "#59636e";

/**
 * An SVG that stands alone: a panel for each step, a row for each view. Heat is a token's share, from the least to the most
 * of the picture; the number below a panel is the share of the whole panel.
 *
 * @param clip - what the tracker saw, `[T, B, C, H, W]` or `[T, B, V, C, H, W]`; odd channels are ON
 * @param maps - from `attentionMaps`, `[T, V, H', W']`
 * @throws ShapeError, ArgumentError if clip, maps and sample do not fit together
 */
export function attentionPicture(
  clip: Tensor,
  maps: Tensor,
  { query, sample = 0 }: AttentionPictureOptions,
): string {
  const bound = dims("attentionPicture", "T V h w", maps.shape);
  const isSingle = bound["V"] === 1 && clip.shape.length === 5;
  const sizes = dims("attentionPicture", isSingle ? "T B C H W" : "T B V C H W", clip.shape, bound);
  const { T, V, B, C, H, W, h, w } = sizes as Record<"T" | "V" | "B" | "C" | "H" | "W" | "h" | "w", number>;
  if (!(Number.isInteger(sample) && sample >= 0 && sample < B)) {
    throw new ArgumentError(`attentionPicture: expected a sample below ${B}, got ${sample}`);
  }
  const side = { width: PANEL, height: (PANEL * H) / W };
  const [least, most] = [Math.min(...maps.data), Math.max(...maps.data)];
  const heat = (share: number) => (most > least ? (share - least) / (most - least) : 0);
  const frame = C * H * W;
  const panels = Array.from({ length: T * V }, (_, panel) => {
    const [t, v] = [Math.floor(panel / V), panel % V];
    const shares = maps.data.subarray(panel * h * w, (panel + 1) * h * w);
    const at = ((t * B + sample) * V + v) * frame;
    const isQuery = t === query.t && v === (query.view ?? 0);
    const cells = Array.from(
      shares,
      (share, n) =>
        `<rect x="${n % w}" y="${Math.floor(n / w)}" width="1" height="1" fill-opacity="${heat(share).toFixed(3)}"/>`,
    ).join("");
    const share = Array.from(shares).reduce((a, b) => a + b, 0);
    const left = MARGIN + t * (side.width + GAP);
    const top = MARGIN + v * (side.height + CAPTION);
    return `<g transform="translate(${left} ${top})">
<svg width="${side.width}" height="${side.height}" viewBox="0 0 ${w} ${h}" preserveAspectRatio="none" fill="${HEAT}" shape-rendering="crispEdges">${cells}</svg>
<svg width="${side.width}" height="${side.height}" viewBox="0 0 ${W} ${H}" preserveAspectRatio="none" stroke-width="1">${events(clip.data.subarray(at, at + frame), C, H, W)}</svg>
<rect x="0.5" y="0.5" width="${side.width - 1}" height="${side.height - 1}" fill="none" stroke="#d0d7de"/>
${isQuery ? mark((query.x * side.width) / w, (query.y * side.height) / h, side.width / w, side.height / h) : ""}<text y="${side.height + 16}"><tspan font-weight="600">t = ${t + 1}</tspan>${V > 1 ? `<tspan fill="${MUTED}"> · view ${v + 1}</tspan>` : ""}</text>
<text x="${side.width}" y="${side.height + 16}" text-anchor="end" fill="${MUTED}">${(100 * share).toFixed(1)} %</text>
</g>`;
  });
  const width = 2 * MARGIN + T * (side.width + GAP) - GAP;
  const below = MARGIN + V * (side.height + CAPTION);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${below + LEGEND}" viewBox="0 0 ${width} ${below + LEGEND}" font-family="system-ui, sans-serif" font-size="12" fill="${INK}" role="img" aria-label="Attention of a query at step ${query.t + 1} over ${T} steps">
<defs><linearGradient id="heat"><stop stop-color="${HEAT}" stop-opacity="0"/><stop offset="1" stop-color="${HEAT}"/></linearGradient></defs>
<rect width="100%" height="100%" fill="#fff"/>
${panels.join("\n")}
${legend(below + 8)}
</svg>
`;
}

/** Pixels with ON events, and those with OFF events alone, as lines along the rows. */
function events(voxels: ArrayLike<number>, C: number, H: number, W: number): string {
  const polarity = new Uint8Array(H * W);
  for (let i = 0; i < sizeOf([C, H, W]); i++) {
    const isOn = Math.floor(i / (H * W)) % 2;
    if (voxels[i] !== 0) polarity[i % (H * W)]! |= isOn === 1 ? 2 : 1;
  }
  const path = (wanted: (seen: number) => boolean) => {
    let runs = "";
    for (let y = 0; y < H; y++) {
      for (let x = 0; x < W; x++) {
        const from = x;
        while (x < W && wanted(polarity[y * W + x]!)) x++;
        if (x > from) runs += `M${from} ${y + 0.5}h${x - from}`;
      }
    }
    return runs;
  };
  return `<path d="${path((seen) => seen === 1)}" stroke="${OFF}"/><path d="${path((seen) => seen > 1)}" stroke="${ON}"/>`;
}

/** The frame around the query's cell. */
function mark(x: number, y: number, width: number, height: number): string {
  const box = `x="${x}" y="${y}" width="${width}" height="${height}" fill="none"`;
  return `<rect ${box} stroke="#fff" stroke-width="5"/><rect ${box} stroke="${INK}" stroke-width="2.5"/>`;
}

/** What the colours mean. */
function legend(top: number): string {
  const middle = top + 9;
  return `<g fill="${MUTED}"><g transform="translate(${MARGIN} ${top})">${mark(1.5, 0.5, 11, 11)}</g><text x="${MARGIN + 20}" y="${middle + 1}">query</text>
<text x="${MARGIN + 80}" y="${middle + 1}">least</text><rect x="${MARGIN + 112}" y="${top}" width="72" height="12" fill="url(#heat)" stroke="#d0d7de"/><text x="${MARGIN + 191}" y="${middle + 1}">most attention</text>
<rect x="${MARGIN + 300}" y="${top}" width="12" height="12" fill="${ON}"/><text x="${MARGIN + 318}" y="${middle + 1}">brighter</text>
<rect x="${MARGIN + 380}" y="${top}" width="12" height="12" fill="${OFF}"/><text x="${MARGIN + 398}" y="${middle + 1}">darker</text></g>`;
}
