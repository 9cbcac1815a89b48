/** The program of a thread that makes shards. */
import { parentPort, workerData } from "node:worker_threads";
import { ShardMaker, type ShardPlan } from "./generate-shards-node.ts";
import type { PlannedShard } from "./shard-plan.ts";
import { faultOf, type ShardReport } from "./shard-pool-node.ts";

const maker = new ShardMaker(workerData as Pick<ShardPlan, "recipe" | "folder">);

parentPort!.on("message", (shard: PlannedShard) => {
  void answer(shard);
});

async function answer(shard: PlannedShard): Promise<void> {
  const tell = (report: ShardReport, transfer: ArrayBuffer[] = []) =>
    parentPort!.postMessage(report, transfer);
  try {
    const made = await maker.make(shard, { onClip: (seconds) => tell({ kind: "clip", seconds }) });
    tell({ kind: "shard", made }, [made.bytes.buffer as ArrayBuffer]);
  } catch (error) {
    tell({ kind: "fault", fault: faultOf(error) });
  }
}
