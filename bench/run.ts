/** `npm run bench -- NAME…`: runs the benchmarks named, or lists them. Each prints a Markdown table with ratios. */
import { readdirSync } from "node:fs";

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".ts") && file !== "run.ts" && file !== "harness.ts")
  .map((file) => file.slice(0, -3));

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !names.includes(name));
if (wanted.length === 0 || unknown.length > 0) {
  console.error(`usage: npm run bench -- NAME…\nbenchmarks: ${names.join(", ")}`);
  process.exitCode = 2;
} else {
  for (const name of wanted) await import(`./${name}.ts`);
}
