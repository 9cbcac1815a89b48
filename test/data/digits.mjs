/** A data set for the tests of threads; plain JavaScript, so that every Node loads it. */
import { threadId } from "node:worker_threads";

class FormatError extends Error {
  name = "FormatError";
  format = "digits";
  offset = 7;
  what = "expected a digit, got none";
  file = "digits.bin";
}

export async function digits({ length, slow = -1, broken = -1 }) {
  return {
    name: "digits",
    classes: [],
    length,
    get: async (index) => {
      if (index === slow) await new Promise((resolve) => setTimeout(resolve, 50));
      if (index === broken) throw new FormatError();
      return {
        name: `digit ${index}`,
        thread: threadId,
        tensors: new Map([["x", { dtype: "F32", shape: [4], data: new Float32Array(4).fill(index) }]]),
      };
    },
  };
}

export function fatal() {
  return { length: 3, get: () => process.exit(3) };
}
