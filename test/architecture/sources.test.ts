import { readFileSync } from "node:fs";
import ts from "typescript";
import { expect, suite, test } from "vitest";
import { nodesOf, parse, placeOf, ROOT, sourcesUnder } from "./sources.ts";

const trees = sourcesUnder("src").map(parse);

suite("sources", () => {
  test("every exported symbol of src has a docstring", () => {
    expect(trees.flatMap(undocumented)).toEqual([]);
  });

  test("seeds and clocks are passed in, and the library never prints", () => {
    const forbidden = new Set(["Math.random", "Date.now"]);
    const faults = trees.flatMap((tree) =>
      [...nodesOf(tree)]
        .filter(
          (node) =>
            (ts.isPropertyAccessExpression(node) && forbidden.has(node.getText())) ||
            (ts.isPropertyAccessExpression(node) && node.expression.getText() === "console"),
        )
        .map((node) => `${placeOf(tree, node)} ${node.getText()}`),
    );
    expect(faults).toEqual([]);
  });

  test("no module of src has mutable variables", () => {
    const faults = trees.flatMap((tree) =>
      tree.statements
        .filter((statement) => ts.isVariableStatement(statement))
        .filter(({ declarationList }) => !(declarationList.flags & ts.NodeFlags.Const))
        .map((statement) => placeOf(tree, statement)),
    );
    expect(faults).toEqual([]);
  });

  test("every citation key resolves in docs/papers.md", () => {
    const known = new Set(
      [...readFileSync(`${ROOT}docs/papers.md`, "utf8").matchAll(/\*\*\[(\w+)\]\*\*/g)].map(([, key]) => key),
    );
    const faults = [...sourcesUnder("src"), ...sourcesUnder("kernels")].flatMap(({ path, text }) =>
      [...text.matchAll(/\[([A-Z][A-Za-z]+(?:19|20)\d\d[a-z]?)(?:[,;][^\]]*)?\]/g)]
        .filter(([, key]) => !known.has(key!))
        .map(([citation]) => `${path}: ${citation}`),
    );
    expect(faults).toEqual([]);
  });
});

/** Exported declarations without a JSDoc comment; an overloaded function needs one on its first signature. */
function undocumented(tree: ts.SourceFile): string[] {
  const declarations = new Map<string, ts.Node>();
  const exported = new Set<string>();
  for (const statement of tree.statements) {
    for (const [name, node] of declaredIn(statement)) {
      if (!declarations.has(name)) declarations.set(name, node);
      if (isExported(statement)) exported.add(name);
    }
    if (ts.isExportDeclaration(statement) && !statement.moduleSpecifier && statement.exportClause) {
      if (!ts.isNamedExports(statement.exportClause)) continue;
      statement.exportClause.elements.forEach(({ name, propertyName }) =>
        exported.add((propertyName ?? name).text),
      );
    }
  }
  return [...exported]
    .map((name) => [name, declarations.get(name)] as const)
    .filter(([, node]) => node && ts.getJSDocCommentsAndTags(node).length === 0)
    .map(([name, node]) => `${placeOf(tree, node!)} ${name}`);
}

function isExported(statement: ts.Statement): boolean {
  return (
    ts.canHaveModifiers(statement) &&
    !!ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
  );
}

function declaredIn(statement: ts.Statement): [string, ts.Node][] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map((declaration) => [
      declaration.name.getText(),
      declaration,
    ]);
  }
  const named =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement);
  return named && statement.name ? [[statement.name.text, statement]] : [];
}
