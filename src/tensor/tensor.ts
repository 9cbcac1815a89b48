/** The tensor: a shape over numbers of the backend, and whether these are spikes. */
import { type Backend, backend, type Floats, type SpikeLists } from "../backend/index.ts";
import { DisposedError, type Shape, ShapeError, show, sizeOf } from "../core/index.ts";
import { type Disposable, own } from "./scope.ts";

/** How a tensor was computed: what autograd needs to walk back from it. */
export type Origin = {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Gradients of the inputs from those of the outputs (null: none arrived, or none is wanted). */
  readonly backward: (gradients: readonly (Tensor | null)[]) => readonly (Tensor | null)[];
};

/** Numbers shared by the views of a tensor, freed with the last of them. */
class Storage {
  readonly backend: Backend;
  readonly block: Floats;
  references = 1;
  lists: SpikeLists | undefined;

  constructor(owner: Backend, block: Floats) {
    this.backend = owner;
    this.block = block;
  }

  release(): void {
    if (--this.references > 0) return;
    if (this.lists !== undefined) this.backend.freeSpikeLists(this.lists);
    this.backend.free(this.block);
  }
}

/**
 * Numbers with a shape, row-major. Made by {@link tensor}, {@link zeros} and the operations; freed by its scope or by
 * {@link Tensor.dispose}.
 */
export class Tensor implements Disposable {
  readonly shape: Shape;
  /**
   * Largest value of a tensor of spikes (1: binary; more: integer spikes), or 0 for real numbers. Operations choose
   * event-driven kernels by it.
   */
  readonly spikeLevels: number;
  /** Whether gradients flow to or through this tensor. */
  requiresGrad = false;
  /** How it was computed, if gradients were recorded. */
  origin: Origin | null = null;
  #storage: Storage | null;

  private constructor(shape: Shape, storage: Storage, spikeLevels: number) {
    this.shape = shape;
    this.spikeLevels = spikeLevels;
    this.#storage = storage;
    own(this);
  }

  /** A tensor with undefined contents. */
  static empty(shape: Shape, { spikeLevels = 0 }: { readonly spikeLevels?: number } = {}): Tensor {
    for (const size of shape) {
      if (!Number.isInteger(size) || size < 0) {
        throw new ShapeError(`tensor: expected axis sizes that are whole numbers, got ${show(shape)}`);
      }
    }
    const owner = backend();
    return new Tensor(shape, new Storage(owner, owner.alloc(sizeOf(shape))), spikeLevels);
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /**
   * The numbers, in place.
   * @throws DisposedError after {@link Tensor.dispose}
   */
  get data(): Floats {
    return this.#live().block;
  }

  /** Whether another tensor is a view of the same numbers. */
  get shared(): boolean {
    return this.#live().references > 1;
  }

  /** Whether it was disposed. */
  get disposed(): boolean {
    return this.#storage === null;
  }

  /** The number of a tensor of one element. */
  item(): number {
    if (this.size !== 1) throw new ShapeError(`item: expected one element, got ${show(this.shape)}`);
    return this.data[0]!;
  }

  /** Another tensor on the same numbers; `shape` must have as many elements. */
  view(shape: Shape): Tensor {
    if (sizeOf(shape) !== this.size || !shape.every(Number.isInteger)) {
      throw new ShapeError(`reshape: expected ${this.size} elements, got ${show(shape)}`);
    }
    const storage = this.#live();
    storage.references++;
    return new Tensor(shape, storage, this.spikeLevels);
  }

  /**
   * Lists of the spikes of each row of the last axis, made once and kept as long as the numbers are.
   * @throws ShapeError when called on real numbers
   */
  spikeLists(): SpikeLists {
    if (this.spikeLevels === 0)
      throw new ShapeError("spikeLists: expected a tensor of spikes, got real numbers");
    const storage = this.#live();
    const columns = this.shape.at(-1) ?? 1;
    if (storage.lists?.columns !== columns) {
      if (storage.lists !== undefined) storage.backend.freeSpikeLists(storage.lists);
      storage.lists = storage.backend.spikeLists(storage.block, this.size / columns, columns);
    }
    return storage.lists;
  }

  /** Frees the numbers, unless another view holds them. Twice does nothing. */
  dispose(): void {
    this.#storage?.release();
    this.#storage = null;
    this.origin = null;
  }

  #live(): Storage {
    if (this.#storage === null)
      throw new DisposedError(`tensor ${show(this.shape)}: used after it was freed`);
    return this.#storage;
  }
}

/**
 * A tensor from numbers.
 *
 * @param values - as many numbers as the shape has elements, row-major
 * @param shape - defaults to one axis
 * @param options - `spikeLevels`: 1 if every number is 0 or 1, D if they are whole numbers up to D
 * @throws ShapeError when counts differ
 */
export function tensor(
  values: ArrayLike<number>,
  shape: Shape = [values.length],
  options: { readonly spikeLevels?: number } = {},
): Tensor {
  if (sizeOf(shape) !== values.length) {
    throw new ShapeError(
      `tensor: expected ${sizeOf(shape)} numbers for ${show(shape)}, got ${values.length}`,
    );
  }
  const result = Tensor.empty(shape, options);
  result.data.set(values);
  return result;
}

/** A tensor filled with one number. */
export function full(shape: Shape, value: number): Tensor {
  const result = Tensor.empty(shape);
  result.data.fill(value);
  return result;
}

/** A tensor of zeros. */
export function zeros(shape: Shape): Tensor {
  return full(shape, 0);
}

/** A tensor of one element without axes. */
export function scalar(value: number): Tensor {
  return full([], value);
}
