/** What kernels cost on this machine, measured once and kept in the user's cache folder. */
import { mkdir } from "node:fs/promises";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { backend } from "../../../src/backend/index.ts";
import { supports, WasmBackend } from "../../../src/backend/wasm/index.ts";
import { type KernelCosts, measureKernelCosts, typicalCosts } from "../../../src/engine/index.ts";
import { readFileBounded, writeFileAtomic } from "../../../src/core/node.ts";
import type { Context } from "../context.ts";
import { packageVersion } from "../package-root.ts";

const MAX_CACHE_BYTES = 1 << 20;
/** Machines and settings that are remembered; the oldest goes first. */
const MOST_ENTRIES = 32;

const cost = z.number().positive().finite();
const costs = z.strictObject({
  addNs: z.strictObject({ f32: cost, int16: cost }),
  wordNs: cost,
  macNs: cost,
  depthwiseMacNs: cost,
  settleNs: cost,
});
const cacheFile = z.strictObject({ version: z.literal(1), machines: z.record(z.string(), costs) });

/**
 * The costs of the kernels of the backend in use: from the cache, or measured now (about a second) and put there. A
 * cache that is damaged or cannot be written is no fault: the costs are measured again. The reference backend is for
 * checking and slow at everything: its kernels are chosen by typical costs.
 */
export async function kernelCosts({ env, now }: Pick<Context, "env" | "now">): Promise<KernelCosts> {
  if (backend().name !== "wasm") return typicalCosts;
  const path = cachePath(env);
  const machines = path === undefined ? {} : await readCache(path);
  const key = machine();
  const known = machines[key];
  if (known !== undefined) return known;
  const measured = measureKernelCosts(now);
  if (path !== undefined) await writeCache(path, { ...machines, [key]: measured });
  return measured;
}

/** Undefined where the user has no folder of his own. */
function cachePath({ XDG_CACHE_HOME, HOME }: Context["env"]): string | undefined {
  const folder = XDG_CACHE_HOME || (HOME ? join(HOME, ".cache") : undefined);
  return folder === undefined ? undefined : join(folder, "saccade", "kernel-costs.json");
}

/** What the costs depend on: processor, engine, kernels, threads. */
function machine(): string {
  const processor = cpus()[0]?.model.trim() ?? "unknown processor";
  const build = `saccade ${packageVersion()} ${supports("relaxed") ? "relaxed" : "strict"}`;
  const current = backend();
  const wide = current instanceof WasmBackend && current.revectorized ? ["revectorised"] : [];
  return [processor, `Node ${process.version}`, build, ...wide, `threads ${current.threads}`].join("; ");
}

async function readCache(path: string): Promise<Record<string, KernelCosts>> {
  try {
    const bytes = await readFileBounded(path, { maxBytes: MAX_CACHE_BYTES });
    return cacheFile.parse(JSON.parse(new TextDecoder().decode(bytes))).machines;
  } catch {
    return {};
  }
}

async function writeCache(path: string, machines: Record<string, KernelCosts>): Promise<void> {
  const kept = Object.fromEntries(Object.entries(machines).slice(-MOST_ENTRIES));
  const text = `${JSON.stringify({ version: 1, machines: kept }, null, 2)}\n`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomic(path, new TextEncoder().encode(text));
  } catch {
    // A cache only saves time.
  }
}
