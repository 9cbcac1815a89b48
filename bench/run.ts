/**
 * `npm run bench -- NAME… [--option…]`: runs the benchmarks named, or lists them. Each prints a Markdown table with
 * ratios; what follows the first option is for them.
 */
import { readdirSync } from "node:fs";

/** Files beside the benchmarks that they share. */
const SHARED = [
  "calibrate",
  "chart",
  "clips",
  "contender",
  "contenders",
  "convolutions",
  "event-cases",
  "event-files",
  "event-memory",
  "event-rivals",
  "harness",
  "plain-decoders",
  "plain-encoders",
  "publish",
  "rates",
  "run",
  "spans",
  "stream-model",
  "svg",
];

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -3))
  .filter((name) => !SHARED.includes(name));

const given = process.argv.slice(2);
const options = given.findIndex((argument) => argument.startsWith("-"));
const wanted = options < 0 ? given : given.slice(0, options);
const unknown = wanted.filter((name) => !names.includes(name));
if (wanted.length === 0 || unknown.length > 0) {
  console.error(`usage: npm run bench -- NAME… [--option…]\nbenchmarks: ${names.join(", ")}`);
  process.exitCode = 2;
} else {
  for (const name of wanted) await import(`./${name}.ts`);
}
