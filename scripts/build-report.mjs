// Bundles the report's page (apps/report/page) into one string, apps/report/generated/template.ts.
// Does nothing when neither the page nor this script has changed since.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const page = join(root, "apps/report/page");
const target = join(root, "apps/report/generated/template.ts");

const sources = [
  fileURLToPath(import.meta.url),
  join(root, "apps/report/data.ts"),
  ...readdirSync(page)
    .sort()
    .map((name) => join(page, name)),
];
const hash = createHash("sha256");
for (const file of sources)
  hash.update(file.slice(root.length)).update("\0").update(readFileSync(file)).update("\0");
const digest = hash.digest("hex");

if (head(target) !== digest) {
  const { script, style } = await bundle();
  const parts = { style, script: script.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--") };
  const html = readFileSync(join(page, "index.html"), "utf8")
    .replace(/\n\s*/g, "\n")
    .replace(/<!--(style|script)-->/g, (_, name) => parts[name]);
  const text = `// sources: ${digest}\n// Made by scripts/build-report.mjs; not to be edited.\n\n/** The report's page, with the marks \`title\` and \`data\` left to fill in. */\nexport const template = ${JSON.stringify(html)};\n`;
  mkdirSync(dirname(target), { recursive: true });
  // Written aside and renamed, so that a reader at the same time sees the old file or the new one.
  const draft = `${target}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, target);
  console.log(`report page: ${(Buffer.byteLength(html) / 1000).toFixed(1)} kB`);
}

/** The digest that an earlier build left in the first line of its output, if any. */
function head(file) {
  try {
    return /^\/\/ sources: (\w+)/.exec(readFileSync(file, "utf8"))?.[1];
  } catch {
    return undefined;
  }
}

async function bundle() {
  const { build } = await import("vite");
  const entry = join(page, "main.ts");
  const result = await build({
    root: page,
    configFile: false,
    logLevel: "warn",
    plugins: [
      {
        // The style sheet travels with the script; TypeScript itself knows nothing of it.
        name: "report-style",
        transform: (code, id) => (id === entry ? `import "./style.css";\n${code}` : undefined),
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
