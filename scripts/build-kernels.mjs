/**
 * Compiles kernels/ into modules that hold the bytes: all of index.ts twice, with and without relaxed SIMD, for memory
 * that threads share, and what the simulator needs one by one. Skips what is current.
 */
import { createHash } from "node:crypto";
import { access, mkdir, readdir, readFile, writeFile } from "node:fs/promises";

const root = new URL("..", import.meta.url);
const target = new URL("src/backend/wasm/generated/", root);
const simulator = new URL("src/simulate/generated/", root);
const shared = ["--sharedMemory", "--maximumMemory", "65536"];
const builds = [
  { name: "strict", entry: "index", features: "simd,threads", memory: shared, folder: target },
  { name: "relaxed", entry: "index", features: "simd,threads,relaxed-simd", memory: shared, folder: target },
  { name: "sensor", entry: "sensor", features: "simd", memory: [], folder: simulator },
  { name: "background", entry: "background", features: "simd", memory: [], folder: simulator },
  { name: "renderer", entry: "renderer", features: "simd", memory: [], folder: simulator },
];

/** Whether every module of an earlier build is still there. */
async function areBuilt() {
  const modules = builds.map(({ name, folder }) => access(new URL(`${name}.ts`, folder)));
  return (await Promise.allSettled(modules)).every(({ status }) => status === "fulfilled");
}

/** Hash of the sources and of this script, which says whether the outputs are current. */
async function fingerprint() {
  const hash = createHash("sha256").update(await readFile(new URL(import.meta.url)));
  for (const name of (await readdir(new URL("kernels/", root))).toSorted()) {
    hash.update(name).update(await readFile(new URL(`kernels/${name}`, root)));
  }
  return hash.digest("hex");
}

async function compile({ entry, features, memory }) {
  const { default: asc } = await import("assemblyscript/asc");
  let binary;
  const options = ["-O3", "--converge", "--noAssert", "--runtime", "stub", "--importMemory"];
  const limits = ["--initialMemory", "1", ...memory];
  const { error, stderr } = await asc.main(
    [`kernels/${entry}.ts`, ...options, ...limits, "--enable", features, "--outFile", "kernels.wasm"],
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
if (!(await areBuilt()) || (await readFile(stamp, "utf8").catch(() => "")) !== current) {
  for (const build of builds) {
    const { name, folder } = build;
    await mkdir(folder, { recursive: true });
    const text = await compile(build);
    const source = `/** The ${name} build of kernels/ in base64. */\nexport const ${name}: string =\n  "${text}";\n`;
    await writeFile(new URL(`${name}.ts`, folder), source);
  }
  await writeFile(new URL("ids.ts", target), await readFile(new URL("kernels/ids.ts", root)));
  await writeFile(stamp, current);
}
