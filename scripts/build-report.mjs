// Bundles the pages of reports (apps/report/page, apps/report/profile-page, and so on), each into one string in
// apps/report/generated. Does nothing for a page when neither it nor this script has changed since.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const report = join(dirname(fileURLToPath(import.meta.url)), "../apps/report");
const shared = join(report, "page");

await page("page", "template.ts");
await page("profile-page", "profile-template.ts");
await page("viewer-page", "viewer-template.ts");
await page("labelled-page", "labelled-template.ts");
await page("run-page", "run-template.ts");

/** Builds a folder of the page's own sources, and of those that pages share. */
async function page(name, output) {
  const folder = join(report, name);
  const target = join(report, "generated", output);
  const sources = [
    fileURLToPath(import.meta.url),
    ...filesOf(report),
    ...[...new Set([folder, shared])].flatMap(filesOf),
  ];
  const hash = createHash("sha256");
  for (const file of sources)
    hash.update(file.slice(report.length)).update("\0").update(readFileSync(file)).update("\0");
  const digest = hash.digest("hex");
  if (head(target) === digest) return;
  const { script, style } = await bundle(folder);
  const parts = {
    body: readFileSync(join(folder, "body.html"), "utf8"),
    masthead: readFileSync(join(shared, "masthead.html"), "utf8"),
    style,
    script: script.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--"),
  };
  const html = readFileSync(join(shared, "shell.html"), "utf8")
    .replace("<!--body-->", () => parts.body)
    .replace("<!--masthead-->", () => parts.masthead)
    .replace(/\n\s*/g, "\n")
    .replace(/<!--(style|script)-->/g, (_, part) => parts[part]);
  const text = `// sources: ${digest}\n// Made by scripts/build-report.mjs; not to be edited.\n\n/** A report's page, with the marks \`title\` and \`data\` left to fill in. */\nexport const template = ${JSON.stringify(html)};\n`;
  mkdirSync(dirname(target), { recursive: true });
  // Written aside and renamed, so that a reader at the same time sees the old file or the new one.
  const draft = `${target}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, target);
  console.log(`${name}: ${(Buffer.byteLength(html) / 1000).toFixed(1)} kB`);
}

function filesOf(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => join(folder, name))
    .sort();
}

/** The digest that an earlier build left in the first line of its output, if any. */
function head(file) {
  try {
    return /^\/\/ sources: (\w+)/.exec(readFileSync(file, "utf8"))?.[1];
  } catch {
    return undefined;
  }
}

async function bundle(folder) {
  const { build } = await import("vite");
  const entry = join(folder, "main.ts");
  const sheets = [...new Set([shared, folder])]
    .flatMap(filesOf)
    .filter((file) => file.endsWith(".css"))
    .map((file) => `import ${JSON.stringify(file)};\n`);
  const result = await build({
    root: folder,
    configFile: false,
    logLevel: "warn",
    plugins: [
      {
        // Style sheets travel with the script; TypeScript itself knows nothing of them.
        name: "report-style",
        transform: (code, id) => (id === entry ? sheets.join("") + code : undefined),
      },
    ],
    build: {
      write: false,
      target: "es2022",
      cssTarget: "esnext", // keeps light-dark() as written
      lib: { entry, formats: ["iife"], name: "report", fileName: "report" },
      minify: true,
    },
  });
  const files = [result].flat().flatMap((one) => one.output);
  const asset = files.find((file) => file.type === "asset" && file.fileName.endsWith(".css"));
  return {
    script: files.find((file) => file.type === "chunk").code.trim(),
    style: String(asset.source).trim(),
  };
}
