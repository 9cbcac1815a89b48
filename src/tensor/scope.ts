/**
 * Scopes own the tensors made inside them, so that no one counts references by hand. Beside the backend registry this
 * is the only state that a module of the library keeps.
 */

/** What a scope can own. */
export interface Disposable {
  /** Gives back what it holds. */
  dispose(): void;
}

type Scope = { readonly owned: Set<Disposable>; readonly recording: boolean };

const stack: Scope[] = [];

/** Hands a new value to the innermost scope, if there is one. */
export function own(value: Disposable): void {
  stack.at(-1)?.owned.add(value);
}

/** Takes a value out of all scopes: it lives until its `dispose` is called. Returns it. */
export function persist<T extends Disposable>(value: T): T {
  for (const scope of stack) scope.owned.delete(value);
  return value;
}

/** Whether operations record how to compute gradients. */
export function isRecording(): boolean {
  return stack.at(-1)?.recording ?? true;
}

/**
 * Runs `run` and frees every tensor made inside it except those that it returns (alone, or inside arrays, plain
 * objects and maps). While gradients are recorded, an inner scope frees nothing: its tensors are needed for the
 * gradient and go to the scope around it.
 */
export function scope<T>(run: () => T): T {
  return within(isRecording(), run);
}

/** A {@link scope} in which no operation records gradients: for inference. */
export function withoutGradients<T>(run: () => T): T {
  return within(false, run);
}

function within<T>(recording: boolean, run: () => T): T {
  const scope: Scope = { owned: new Set(), recording };
  stack.push(scope);
  const outer = stack.at(-2);
  try {
    const result = run();
    if (outer !== undefined && recording) {
      for (const value of scope.owned) outer.owned.add(value);
      scope.owned.clear();
    } else {
      release(result, scope, outer);
    }
    return result;
  } finally {
    stack.pop();
    for (const value of scope.owned) value.dispose();
  }
}

/** Moves what `result` holds from one scope to the scope around it. */
function release(result: unknown, from: Scope, to: Scope | undefined): void {
  if (result === null || typeof result !== "object") return;
  if (from.owned.delete(result as Disposable)) {
    to?.owned.add(result as Disposable);
  } else if (Array.isArray(result)) {
    for (const item of result) release(item, from, to);
  } else if (result instanceof Map) {
    for (const item of result.values()) release(item, from, to);
  } else if (Object.getPrototypeOf(result) === Object.prototype) {
    for (const item of Object.values(result)) release(item, from, to);
  }
}
