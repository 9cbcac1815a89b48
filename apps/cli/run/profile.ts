/** What `saccade profile` does. */
import { cpus } from "node:os";
import { basename } from "node:path";
import { backend } from "../../../src/backend/index.ts";
import { median, profileSession, Session, tune, typicalCosts } from "../../../src/engine/index.ts";
import { jsonLine } from "../../../src/io/index.ts";
import { writeFileAtomic } from "../../../src/core/node.ts";
import type { SpikeVideoFormer } from "../../../src/models/index.ts";
import { BatchNorm } from "../../../src/nn/index.ts";
import { type Tensor, tensor, withoutGradients } from "../../../src/tensor/index.ts";
import type { ProfileReport } from "../../report/profile-data.ts";
import { renderProfile } from "../../report/render-profile.ts";
import type { Context } from "../context.ts";
import { reading, writing } from "../faults.ts";
import type { ProfileOptions } from "../profile.ts";
import { withBackend } from "./backends.ts";
import { checkDistinct } from "./distinct-files.ts";
import { kernelCosts } from "./kernel-costs.ts";
import { compilable, findModel } from "./model-source.ts";
import { type ProfileClip, profileClip } from "./profile-input.ts";
import { profileTable } from "./profile-table.ts";

const RUNS = 20;
/** Eager runs take several times as long, and only their sum is told. */
const EAGER_RUNS = 5;

/** Compiles a model, runs a clip through it, and tells where the time went: tables or JSON, and a page if wanted. */
export async function profile(
  name: string | undefined,
  options: ProfileOptions,
  context: Context,
): Promise<void> {
  const { html, json = false } = options;
  const named = name ?? options.model;
  checkDistinct([named, options.weights, options.input], html === undefined ? [] : [html]);
  const report = await withBackend({ ...options, env: context.env }, () => measure(named, options, context));
  // One turn of the event loop: Ctrl-C could not be heard while the model ran.
  await new Promise((resolve) => setImmediate(resolve));
  if (context.signal.aborted) return;
  if (html !== undefined) {
    await writing(html, () => writeFileAtomic(html, new TextEncoder().encode(renderProfile(report))));
  }
  context.stdout.write(json ? jsonLine(report) : profileTable(report, html));
}

async function measure(
  named: string | undefined,
  options: ProfileOptions,
  context: Context,
): Promise<ProfileReport> {
  const { model: found, weights } = await findModel(named, options.weights);
  const model = compilable("profile", found);
  const source = await profileClip(options, model.config, context.signal);
  const { precision = "f32", runs = RUNS, calibrate } = options;
  const costs = calibrate ? await kernelCosts(context) : typicalCosts;
  const { shape } = source.clip;
  return reading(options.input ?? named ?? "model", () =>
    withoutGradients(() => {
      const clip = tensor(source.clip.data, shape);
      const eager = timeEager(model, clip, Math.min(runs, EAGER_RUNS), context.now);
      const fastestEagerMs = Math.min(...eager);
      const plan = tune(model, { input: shape.slice(1), timeSteps: shape[0]!, precision, costs }, clip);
      const { ms, fastestMs, steps, total } = profileSession(new Session(plan), clip, {
        now: context.now,
        runs,
      });
      const { config } = model;
      return {
        model: {
          name: basename(named ?? weights!),
          parameters: model.parameterCount(),
          weights: weights === undefined ? null : basename(weights),
          attention: `${config.score}, ${config.attention}`,
        },
        input: source.input,
        machine: {
          processor: cpus()[0]?.model.trim() ?? "unknown processor",
          node: process.version,
          threads: backend().threads,
        },
        precision,
        runs,
        time: {
          compiledMs: ms,
          eagerMs: median(eager),
          fastestCompiledMs: fastestMs,
          fastestEagerMs,
          speedUp: fastestMs > 0 ? fastestEagerMs / fastestMs : 1,
        },
        total,
        steps,
        warnings: warningsOf(model, weights, source),
      };
    }),
  );
}

/** Milliseconds of passes layer by layer; one more comes first, in which the engine warms up. */
function timeEager(model: SpikeVideoFormer, clip: Tensor, runs: number, now: () => number): number[] {
  const times = Array.from({ length: runs + 1 }, () => {
    const start = now();
    withoutGradients(() => void model.forward(clip));
    return now() - start;
  });
  return times.slice(1);
}

function warningsOf(
  model: SpikeVideoFormer,
  weights: string | undefined,
  { warnings }: ProfileClip,
): readonly string[] {
  const norms = model.namedModules().flatMap(([, module]) => (module instanceof BatchNorm ? [module] : []));
  const moved = norms.some(
    ({ runningMean, runningVariance }) =>
      runningMean.data.some((mean) => mean !== 0) || runningVariance.data.some((variance) => variance !== 1),
  );
  if (weights === undefined) {
    return [
      "The weights are untrained: firing rates, and all that follows from them, mean nothing.",
      ...warnings,
    ];
  }
  if (moved) return warnings;
  return ["The weights look untrained (no running statistics): firing rates mean nothing.", ...warnings];
}
