/** Literals of Python as headers of .npy files have them: text, whole numbers, truth values, lists, tuples and dicts. */

/** A literal. Tuples come as arrays, whole numbers as numbers (rounded above 2^53), `None` as null. */
export type PythonLiteral =
  string | number | boolean | null | readonly PythonLiteral[] | ReadonlyMap<string, PythonLiteral>;

/** Literals nested deeper than this are not read: a dtype of NumPy nests three deep. */
const MAX_DEPTH = 16;

/** A quoted text without escapes, a whole number (Python 2 ends long ones with L), a word or a bracket. */
const TOKEN = /\s*(?:u?'([^'\\]*)'|u?"([^"\\]*)"|(-?\d{1,20})L?|(True|False|None)|([[\](){},:]))/y;

/** Reads one literal that fills a text; `undefined` if the text is anything else. */
export function parsePythonLiteral(text: string): PythonLiteral | undefined {
  const tokens = new Tokens(text.trimEnd());
  const value = literal(tokens, 0);
  return tokens.ended ? value : undefined;
}

type Token = { readonly value?: string | number | boolean | null; readonly bracket?: string };

/** The tokens of a text; what is none ends them. */
class Tokens {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get ended(): boolean {
    return this.#at === this.#text.length;
  }

  next(): Token | undefined {
    TOKEN.lastIndex = this.#at;
    const found = TOKEN.exec(this.#text);
    if (found === null) return undefined;
    this.#at = TOKEN.lastIndex;
    const [, single, double, digits, word, bracket] = found;
    if (bracket !== undefined) return { bracket };
    if (digits !== undefined) return { value: Number(digits) };
    if (word !== undefined) return { value: word === "None" ? null : word === "True" };
    return { value: single ?? double! };
  }

  /** Takes the next token if it is this bracket. */
  take(bracket: string): boolean {
    const at = this.#at;
    if (this.next()?.bracket === bracket) return true;
    this.#at = at;
    return false;
  }
}

function literal(tokens: Tokens, depth: number): PythonLiteral | undefined {
  const token = tokens.next();
  if (token?.value !== undefined) return token.value;
  if (token === undefined || depth === MAX_DEPTH) return undefined;
  if (token.bracket === "[") return sequence(tokens, "]", depth);
  if (token.bracket === "(") return sequence(tokens, ")", depth);
  return token.bracket === "{" ? dict(tokens, depth) : undefined;
}

function sequence(tokens: Tokens, end: string, depth: number): PythonLiteral[] | undefined {
  const items: PythonLiteral[] = [];
  while (!tokens.take(end)) {
    const item = literal(tokens, depth + 1);
    if (item === undefined) return undefined;
    items.push(item);
    if (!tokens.take(",")) return tokens.take(end) ? items : undefined;
  }
  return items;
}

function dict(tokens: Tokens, depth: number): Map<string, PythonLiteral> | undefined {
  const items = new Map<string, PythonLiteral>();
  while (!tokens.take("}")) {
    const key = literal(tokens, depth + 1);
    if (typeof key !== "string" || !tokens.take(":")) return undefined;
    const value = literal(tokens, depth + 1);
    if (value === undefined) return undefined;
    items.set(key, value);
    if (!tokens.take(",")) return tokens.take("}") ? items : undefined;
  }
  return items;
}
