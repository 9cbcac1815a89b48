import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { basename } from "node:path";
import { expect, suite, test } from "vitest";
import { EXCEPTIONS, isDoor, isNodeFile, LAYERS, lintOverrides } from "./layers.ts";
import { importsOf, resolveFrom, ROOT, type SourceText, sourcesUnder } from "./sources.ts";

const sources = sourcesUnder("src");

suite("layers", () => {
  test("every folder of src is in the table", () => {
    expect(sources.map(layerOf).filter((layer) => layer !== "index.ts" && !(layer in LAYERS))).toEqual([]);
  });

  test("ARCHITECTURE.md shows the same table", () => {
    const rows = readFileSync(`${ROOT}ARCHITECTURE.md`, "utf8").matchAll(
      /^\| `(\w+)\/` +\|.*\| (.*?) +\|$/gm,
    );
    const shown = new Map([...rows].map(([, layer, allowed]) => [layer, allowed]));
    for (const [layer, allowed] of Object.entries(LAYERS)) {
      const all = allowed.length === Object.keys(LAYERS).length - 1;
      const text = all ? "everything in `src/`" : allowed.join(", ") || "nothing";
      expect(shown.get(layer), layer).toBe(text);
    }
  });

  test("the table has no cycle", () => {
    const done = new Set<string>();
    const visit = (layer: string, path: readonly string[]): void => {
      expect(path).not.toContain(layer);
      if (done.has(layer)) return;
      LAYERS[layer]!.forEach((below) => visit(below, [...path, layer]));
      done.add(layer);
    };
    Object.keys(LAYERS).forEach((layer) => visit(layer, []));
  });

  test.each(Object.keys(LAYERS))("%s imports only what it may", (layer) => {
    const faults = sources
      .filter((source) => layerOf(source) === layer)
      .flatMap((source) => crossings(source).filter(({ to }) => !allowedFor(source).includes(to)));
    expect(faults.map(({ text }) => text)).toEqual([]);
  });

  test("another folder is imported through its index.ts, node.ts or a *-node.ts", () => {
    const faults = sources.flatMap(crossings).filter(({ target }) => {
      const [, ...inside] = target.split("/").slice(1);
      return inside.length !== 1 || !isDoor(inside[0]!);
    });
    expect(faults.map(({ text }) => text)).toEqual([]);
  });

  test("nothing in src imports apps, tests, scripts or the package itself", () => {
    const faults = importsIn(sources).filter(
      ({ source, specifier }) =>
        /^saccade(\/|$)/.test(specifier) ||
        (specifier.startsWith(".") && !resolveFrom(source.path, specifier).startsWith("src/")),
    );
    expect(faults.map(({ text }) => text)).toEqual([]);
  });

  test("node:* stands only in files named node.ts or *-node.ts", () => {
    const faults = importsIn(sources).filter(
      ({ source, specifier }) =>
        (specifier.startsWith("node:") || builtinModules.includes(specifier)) &&
        !isNodeFile(basename(source.path)),
    );
    expect(faults.map(({ text }) => text)).toEqual([]);
  });

  test("the browser's doors do not reach a Node file", () => {
    const faults = importsIn(sources).filter(
      ({ source, specifier }) =>
        specifier.startsWith(".") && isNodeFile(basename(specifier)) && !isNodeFile(basename(source.path)),
    );
    expect(faults.map(({ text }) => text)).toEqual([]);
  });

  test("kernels import nothing but kernels", () => {
    const faults = importsIn(sourcesUnder("kernels")).filter(
      ({ source, specifier }) => !resolveFrom(source.path, specifier).startsWith("kernels/"),
    );
    expect(faults.map(({ text }) => text)).toEqual([]);
  });

  test("no file is named utils", () => {
    const all = ["src", "apps", "kernels", "scripts", "test", "bench", "examples"].flatMap(sourcesUnder);
    expect(all.map(({ path }) => path).filter((path) => /(^|\/)utils?(\/|\.)/.test(path))).toEqual([]);
  });

  test("the linter's rules are the table (`npx vitest run test/architecture -u` rewrites them)", async () => {
    const config = JSON.stringify({ overrides: lintOverrides() }, null, 2) + "\n";
    await expect(config).toMatchFileSnapshot(`${ROOT}.oxlint-layers.json`);
    expect(JSON.parse(readFileSync(`${ROOT}.oxlintrc.json`, "utf8"))).toMatchObject({
      extends: ["./.oxlint-layers.json"],
    });
  });
});

interface Import {
  readonly source: SourceText;
  readonly specifier: string;
  readonly text: string;
}

function importsIn(files: readonly SourceText[]): Import[] {
  return files.flatMap((source) =>
    importsOf(source).map((specifier) => ({ source, specifier, text: `${source.path} -> ${specifier}` })),
  );
}

/** The imports of a file that leave its folder for another one of `src/`. */
function crossings(source: SourceText): { to: string; target: string; text: string }[] {
  if (layerOf(source) === "index.ts") return [];
  return importsIn([source])
    .filter(({ specifier }) => specifier.startsWith("."))
    .map(({ specifier, text }) => ({ target: resolveFrom(source.path, specifier), text }))
    .map(({ target, text }) => ({ to: target.split("/")[1] ?? "", target, text }))
    .filter(({ to, target }) => target.startsWith("src/") && to !== layerOf(source));
}

function layerOf({ path }: SourceText): string {
  return path.split("/")[1]!;
}

function allowedFor(source: SourceText): readonly string[] {
  const also = EXCEPTIONS[source.path.slice("src/".length)]?.also ?? [];
  return [...LAYERS[layerOf(source)]!, ...also];
}
