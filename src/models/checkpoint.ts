/** Stored weights under the names of a model: ours, or those of the released code. */
import { CheckpointError } from "../core/index.ts";
import { type StoredTensor, toFloat32 } from "../io/index.ts";
import { differenceTexts, type Module, type TensorDifferences, tensorDifferences } from "../nn/index.ts";
import { kindOf } from "./registry.ts";

/** Tensors that released checkpoints hold besides the model's: counters of batches, and the body model with its buffers. */
const BESIDES = /(^|\.)(num_batches_tracked$|smpl\.)/;

/** What wraps a model, as a prefix that all names share: of several devices, of a trainer, of a compiler. */
const WRAPPING = /^(?:module|model|_orig_mod)\./;

/** How a checkpoint fits a model. The lists are in the names of the checkpoint. */
export type CheckpointReport = TensorDifferences & {
  /** The names that it was read under: those that fit more of its tensors. */
  readonly names: "own" | "official";
};

/** A checkpoint that does not fit. The message lists the first of each sort, the report all. */
export class CheckpointMismatch extends CheckpointError {
  readonly report: CheckpointReport;

  constructor(message: string, report: CheckpointReport) {
    super(message);
    this.report = report;
  }
}

type Shaped = { readonly shape: readonly number[] };

/**
 * Stored tensors by the names of the model. They may be stored under these names or under those of the released
 * code, whichever fits more of them; a prefix `module.`, `model.` or `_orig_mod.` that all share is left out, and so are
 * the counters `num_batches_tracked` and the buffers of a body model (`smpl.`).
 *
 * @param model - whose tensors are looked for
 * @param stored - what was read, by name
 * @returns what was read, for `model.load`
 * @throws CheckpointMismatch that lists what is missing, unexpected and of another shape
 */
export function modelTensors<T extends Shaped>(
  model: Module,
  stored: ReadonlyMap<string, T>,
): Map<string, T> {
  const { tensors, report } = matchTensors(model, stored);
  const faults = differenceTexts(report);
  if (faults.length > 0) {
    throw new CheckpointMismatch(
      `modelTensors: expected ${model.namedTensors().size} tensors under ` +
        `${report.names === "own" ? "the model's own" : "the official"} names, got ${faults.join(" and ")}`,
      report,
    );
  }
  return tensors;
}

/**
 * Loads stored tensors into a model.
 *
 * @param stored - what was read; names as for {@link modelTensors}
 * @param options - `strict: false` loads what fits and leaves the rest of the model as it is, as PyTorch's
 *   `load_state_dict(strict=False)` does; tensors of another shape are left, too
 * @returns all that does not fit, for the caller to judge
 * @throws CheckpointMismatch if anything does not fit and `strict` is not false
 * @throws CheckpointError where a number is not finite
 */
export function loadCheckpoint(
  model: Module,
  stored: ReadonlyMap<string, StoredTensor>,
  { strict = true }: { readonly strict?: boolean } = {},
): CheckpointReport {
  const { tensors, report } = matchTensors(model, stored);
  const found = strict ? modelTensors(model, stored) : tensors;
  const kept = [...model.namedTensors()].map(
    ([name, own]): [string, Shaped & { data: ArrayLike<number> }] => {
      const tensor = found.get(name);
      return [name, tensor === undefined ? own : { shape: tensor.shape, data: toFloat32(tensor) }];
    },
  );
  model.load(new Map(kept));
  return report;
}

/** Tensors that fit, by the names of the model, and all that does not. */
function matchTensors<T extends Shaped>(
  model: Module,
  stored: ReadonlyMap<string, T>,
): { readonly tensors: Map<string, T>; readonly report: CheckpointReport } {
  const given = withoutWrapping(stored);
  const own = model.namedTensors();
  const nameOf = officialNameOf(model);
  const known = (rename: (name: string) => string) =>
    [...own.keys()].filter((name) => given.has(rename(name))).length;
  const same = (name: string) => name;
  const official = nameOf !== undefined && known(nameOf) > known(same);
  const rename = official ? nameOf : same;
  const expected = new Map([...own].map(([name, tensor]) => [rename(name), tensor]));
  const differences = tensorDifferences(expected, given);
  const unfit = new Set(differences.misShaped.map(({ name }) => name));
  const fits = [...own.keys()].flatMap((name): [string, T][] => {
    const tensor = given.get(rename(name));
    return tensor === undefined || unfit.has(rename(name)) ? [] : [[name, tensor]];
  });
  return { tensors: new Map(fits), report: { ...differences, names: official ? "official" : "own" } };
}

/** How the authors of a model name its tensors; undefined for a module that is no model, too. */
function officialNameOf(model: Module): ((own: string) => string) | undefined {
  const { config } = model as { config?: { model?: unknown } };
  return config?.model === undefined ? undefined : kindOf(config.model).officialName;
}

function withoutWrapping<T>(stored: ReadonlyMap<string, T>): Map<string, T> {
  const names = [...stored.keys()];
  const prefix = WRAPPING.exec(names[0] ?? "")?.[0] ?? "";
  const wrapped = prefix !== "" && names.every((name) => name.startsWith(prefix));
  const inner = [...stored].map(([name, value]): [string, T] => [
    wrapped ? name.slice(prefix.length) : name,
    value,
  ]);
  return wrapped ? withoutWrapping(new Map(inner)) : new Map(inner.filter(([name]) => !BESIDES.test(name)));
}
