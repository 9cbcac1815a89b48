/** Compiles kernels/ twice, with and without relaxed SIMD, into modules that hold the bytes. Skips what is current. */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";

const root = new URL("..", import.meta.url);
const target = new URL("src/backend/wasm/generated/", root);
const builds = { strict: "simd,threads", relaxed: "simd,threads,relaxed-simd" };

/** Hash of the sources and of this script, which says whether the outputs are current. */
async function fingerprint() {
  const hash = createHash("sha256").update(await readFile(new URL(import.meta.url)));
  for (const name of (await readdir(new URL("kernels/", root))).toSorted()) {
    hash.update(name).update(await readFile(new URL(`kernels/${name}`, root)));
  }
  return hash.digest("hex");
}

async function compile(features) {
  const { default: asc } = await import("assemblyscript/asc");
  let binary;
  const options = [
    "-O3",
    "--converge",
    "--noAssert",
    "--runtime",
    "stub",
    "--importMemory",
    "--sharedMemory",
  ];
  const memory = ["--initialMemory", "1", "--maximumMemory", "65536"];
  const { error, stderr } = await asc.main(
    ["kernels/index.ts", ...options, ...memory, "--enable", features, "--outFile", "kernels.wasm"],
    {
      readFile: (name, base) => readFile(new URL(name, new URL(`${base}/`, root)), "utf8").catch(() => null),
      writeFile: (_name, contents) => {
        binary = contents;
      },
    },
  );
  if (error) throw new Error(`build-kernels: ${error.message}\n${stderr.toString()}`);
  return Buffer.from(binary).toString("base64");
}

const stamp = new URL("stamp", target);
const current = await fingerprint();
if ((await readFile(stamp, "utf8").catch(() => "")) !== current) {
  await mkdir(target, { recursive: true });
  for (const [name, features] of Object.entries(builds)) {
    const text = await compile(features);
    const source = `/** The ${name} build of kernels/ in base64. */\nexport const ${name}: string =\n  "${text}";\n`;
    await writeFile(new URL(`${name}.ts`, target), source);
  }
  await writeFile(new URL("ids.ts", target), await readFile(new URL("kernels/ids.ts", root)));
  await writeFile(stamp, current);
}
