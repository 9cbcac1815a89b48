/** Runs in a worker of a page: computes with as many threads as it is told. */
import { createWasmBackend } from "../../src/backend/wasm/web.ts";
import { run } from "./network.ts";

addEventListener("message", ({ data: { threads, build } }) => {
  void (async () => {
    try {
      const backend = await createWasmBackend({ threads, build });
      postMessage({ numbers: Array.from(run(backend)) });
      backend.dispose();
    } catch (error) {
      postMessage({ error: String(error) });
    }
  })();
});
