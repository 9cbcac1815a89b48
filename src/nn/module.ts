/** Layers with parameters: what PyTorch calls modules. */
import { CheckpointError, show } from "../core/index.ts";
import { persist, Tensor } from "../tensor/index.ts";

/** What a layer tells whoever watches a forward pass. */
export type Observation =
  /** A neuron layer fired: spikes `[T, ...]`. */
  | { readonly kind: "neuron"; readonly spikes: Tensor }
  /** Synapses were driven: the multiplies that a dense layer does for this input, and the input itself. */
  | { readonly kind: "synapse"; readonly macs: number; readonly input: Tensor };

/**
 * A layer or a model. Its tensors and sub-modules are its properties: tensors that require gradients are parameters,
 * others are buffers; names are paths of property names, as in `stages.3.blocks.0.attention.query.weight`.
 */
export abstract class Module {
  /** Whether batch statistics are used and updated. */
  training = true;
  /** Called by layers that have something to tell; see {@link observe}. */
  observer: ((observation: Observation) => void) | null = null;

  /** Sub-modules by name, one level down. */
  children(): [string, Module][] {
    const found: [string, Module][] = [];
    for (const [name, value] of Object.entries(this)) {
      if (value instanceof Module) found.push([name, value]);
      else if (Array.isArray(value)) {
        value.forEach((item, i) => {
          if (item instanceof Module) found.push([`${name}.${i}`, item]);
        });
      }
    }
    return found;
  }

  /** This module and all below it, by path; its own path is empty. */
  namedModules(prefix = ""): [string, Module][] {
    const below = this.children().flatMap(([name, child]) =>
      child.namedModules(prefix === "" ? name : `${prefix}.${name}`),
    );
    return [[prefix, this], ...below];
  }

  /** All tensors by path: parameters and buffers. */
  namedTensors(): Map<string, Tensor> {
    const found = new Map<string, Tensor>();
    for (const [path, module] of this.namedModules()) {
      for (const [name, value] of Object.entries(module)) {
        if (value instanceof Tensor) found.set(path === "" ? name : `${path}.${name}`, value);
      }
    }
    return found;
  }

  /** Tensors that learn, in the order of their names. */
  parameters(): Tensor[] {
    return [...this.namedTensors().values()].filter((tensor) => tensor.requiresGrad);
  }

  /** Number of learned numbers. */
  parameterCount(): number {
    return this.parameters().reduce((total, parameter) => total + parameter.size, 0);
  }

  /** Switches between training and evaluation, below too. Returns itself. */
  train(training = true): this {
    for (const [, module] of this.namedModules()) module.training = training;
    return this;
  }

  /** Switches to evaluation. Returns itself. */
  eval(): this {
    return this.train(false);
  }

  /** Frees all tensors. */
  dispose(): void {
    for (const tensor of this.namedTensors().values()) tensor.dispose();
  }

  /**
   * Copies stored numbers into the tensors of the same name.
   *
   * @param stored - shape and numbers by name; sizes of 1 at the end of a shape may differ
   * @throws CheckpointError listing missing, unexpected and mis-shaped tensors; nothing is changed then
   */
  load(
    stored: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>,
  ): void {
    const own = this.namedTensors();
    const differences = tensorDifferences(own, stored);
    const invalid = [...own.keys()].flatMap((name) => {
      const entry = stored.get(name);
      const at = entry === undefined ? -1 : firstInvalid(entry.data);
      return at < 0 ? [] : [`${name}: expected finite numbers, got ${entry!.data[at]} at element ${at}`];
    });
    const faults = [...differenceTexts(differences), ...listed("not finite", invalid)];
    if (faults.length > 0)
      throw new CheckpointError(`load: tensors do not fit the model: ${faults.join("; ")}`);
    for (const [name, tensor] of own) tensor.data.set(stored.get(name)!.data);
  }
}

/**
 * Watches the forward passes of a model until the returned function is called.
 * @param watch - gets the path of the layer and what it tells
 */
export function observe(model: Module, watch: (layer: string, observation: Observation) => void): () => void {
  const modules = model.namedModules();
  for (const [path, module] of modules) module.observer = (observation) => watch(path, observation);
  return () => {
    for (const [, module] of modules) module.observer = null;
  };
}

/** Makes a tensor a parameter: it lives outside scopes and takes gradients. */
export function parameter(tensor: Tensor): Tensor {
  tensor.requiresGrad = true;
  return persist(tensor);
}

/** Makes a tensor a buffer: it lives outside scopes and takes no gradients. */
export function buffer(tensor: Tensor): Tensor {
  return persist(tensor);
}

/** How stored tensors differ from those that are expected. */
export type TensorDifferences = {
  /** Names that are expected and not stored. */
  readonly missing: readonly string[];
  /** Names that are stored and not expected. */
  readonly unexpected: readonly string[];
  readonly misShaped: readonly {
    readonly name: string;
    readonly expected: readonly number[];
    readonly got: readonly number[];
  }[];
};

/** Compares names and shapes; sizes of 1 at the end of a shape may differ. */
export function tensorDifferences(
  expected: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  stored: ReadonlyMap<string, { readonly shape: readonly number[] }>,
): TensorDifferences {
  return {
    missing: [...expected.keys()].filter((name) => !stored.has(name)),
    unexpected: [...stored.keys()].filter((name) => !expected.has(name)),
    misShaped: [...expected].flatMap(([name, { shape }]) => {
      const got = stored.get(name)?.shape;
      if (got === undefined || show(trimmed(got)) === show(trimmed(shape))) return [];
      return [{ name, expected: shape, got }];
    }),
  };
}

/** Differences as a message tells them, a text for each sort that there is. */
export function differenceTexts({ missing, unexpected, misShaped }: TensorDifferences): string[] {
  const shapes = misShaped.map(
    ({ name, expected, got }) => `${name}: expected ${show(expected)}, got ${show(got)}`,
  );
  return [
    ...listed("missing", missing),
    ...listed("unexpected", unexpected),
    ...listed("of another shape", shapes),
  ];
}

function trimmed(shape: readonly number[]): readonly number[] {
  return shape.at(-1) === 1 ? trimmed(shape.slice(0, -1)) : shape;
}

function firstInvalid(data: ArrayLike<number>): number {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return i;
  return -1;
}

function listed(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, 5).join(", ");
  return [`${names.length} ${what} (${shown}${names.length > 5 ? ", …" : ""})`];
}
