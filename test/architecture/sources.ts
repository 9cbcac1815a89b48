/** Reading the project's own sources for the architecture tests. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** The project's root folder. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A TypeScript file of the project: path from the root with forward slashes, and its text. */
export interface SourceText {
  readonly path: string;
  readonly text: string;
}

/** The TypeScript files under a folder, without generated ones. */
export function sourcesUnder(folder: string): SourceText[] {
  if (!existsSync(ROOT + folder)) return [];
  return readdirSync(ROOT + folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(ROOT, `${entry.parentPath}/${entry.name}`).split(sep).join("/"))
    .filter((path) => !path.split("/").includes("generated"))
    .sort()
    .map((path) => ({ path, text: readFileSync(ROOT + path, "utf8") }));
}

/** The module specifiers that a file imports or re-exports, dynamic imports and types included. */
export function importsOf({ text }: SourceText): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
}

/** The path from the root that a relative specifier names. */
export function resolveFrom(importer: string, specifier: string): string {
  return posix.join(posix.dirname(importer), specifier);
}

/** The syntax tree of a file, with parents set. */
export function parse({ path, text }: SourceText): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
}

/** Every node of a tree, depth first. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of childrenOf(node)) yield* nodesOf(child);
}

/** `path:line` of a node, as editors link it. */
export function placeOf(file: ts.SourceFile, node: ts.Node): string {
  return `${file.fileName}:${file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1}`;
}

function childrenOf(node: ts.Node): ts.Node[] {
  const children: ts.Node[] = [];
  node.forEachChild((child) => void children.push(child));
  return children;
}
