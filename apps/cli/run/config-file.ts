import { parse } from "yaml";
import { readFileBounded } from "../../../src/core/node.ts";
import { InputError, reading } from "../faults.ts";

const MAX_CONFIG_BYTES = 1 << 20;

/**
 * Read a configuration file, YAML or JSON, and check it.
 *
 * @param check - turns the value into a configuration, or throws
 * @throws {InputError} naming the file
 */
export async function readConfig<T>(file: string, check: (value: unknown) => T): Promise<T> {
  return reading(file, async () => {
    const bytes = await readFileBounded(file, { maxBytes: MAX_CONFIG_BYTES });
    return check(parseYaml(new TextDecoder().decode(bytes), file));
  });
}

/** JSON is YAML too. */
function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    // Beside its own errors the parser throws a plain one for an alias without an anchor, or with too many uses.
    const [message = ""] = (error as Error).message.split("\n");
    throw new InputError(file, `expected YAML or JSON: ${message.replace(/:$/, "")}`, { cause: error });
  }
}
