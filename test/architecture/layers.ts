/**
 * The layer table: who may import whom. It is written once, here; the tests read it, and the editor's rules
 * (`.oxlint-layers.json`) are generated from it.
 */

/** Folder of `src/` → the folders it may import, each through its `index.ts`, `node.ts` or `*-node.ts`. */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  backend: ["core"],
  tensor: ["core", "backend"],
  autograd: ["core", "backend", "tensor"],
  nn: ["core", "backend", "tensor", "autograd"],
  snn: ["core", "backend", "tensor", "autograd", "nn"],
  models: ["core", "tensor", "autograd", "nn", "snn", "io"],
  engine: ["core", "backend", "tensor", "nn", "snn", "models", "io"],
  events: ["core", "io"],
  body: ["core", "tensor", "autograd"],
  video: ["core"],
  simulate: ["core", "events", "video", "body"],
  io: ["core", "tensor"],
  data: ["core", "events", "video", "simulate", "body", "io", "tensor"],
  track: ["core", "tensor", "models", "events", "body", "io"],
  train: [
    "core",
    "backend",
    "tensor",
    "autograd",
    "nn",
    "snn",
    "models",
    "engine",
    "events",
    "video",
    "body",
    "simulate",
    "io",
    "data",
    "track",
  ],
};

/** Single files that may import more than their layer, with the reason. */
export const EXCEPTIONS: Readonly<
  Record<string, { readonly also: readonly string[]; readonly reason: string }>
> = {};

/** Whether a file of `src/`, named by its last path segment, may use `node:*` modules. */
export function isNodeFile(fileName: string): boolean {
  return fileName === "node.ts" || fileName.endsWith("-node.ts");
}

/** What another folder may import of a folder. */
export function isDoor(fileName: string): boolean {
  return fileName === "index.ts" || isNodeFile(fileName);
}

/** The table as oxlint overrides, so that the editor shows a forbidden import while it is typed. */
export function lintOverrides(): object[] {
  const layers = Object.entries(LAYERS).map(([layer, allowed]) => ({
    files: [`src/${layer}/**`],
    rules: restrict(layer, allowed),
  }));
  const exceptions = Object.entries(EXCEPTIONS).map(([file, { also }]) => {
    const layer = file.split("/")[0]!;
    return { files: [`src/${file}`], rules: restrict(layer, [...(LAYERS[layer] ?? []), ...also]) };
  });
  return [...layers, ...exceptions];
}

function restrict(layer: string, allowed: readonly string[]): object {
  const others = Object.keys(LAYERS).filter((other) => other !== layer);
  const patterns = [
    {
      group: others.filter((other) => !allowed.includes(other)).map((other) => `**/${other}/**`),
      message: `${layer} may import ${allowed.length === 0 ? "nothing" : allowed.join(", ")}.`,
    },
    {
      group: allowed.flatMap((other) => [`**/${other}/**`, `!**/${other}/index.ts`, `!**/${other}/*node.ts`]),
      message: "Import another folder through its index.ts or node.ts.",
    },
  ];
  return {
    "no-restricted-imports": ["error", { patterns: patterns.filter(({ group }) => group.length > 0) }],
  };
}
