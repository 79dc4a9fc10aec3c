import fc from "fast-check";
import { describe, it } from "vitest";
import { memoryLog, memoryStore } from "../memory/index.js";
import { crashHistories } from "../testing/crash-histories.js";

/** More of them in the long proof. */
const runs = (usual: number): number => Number(process.env.ATTUNE_HISTORIES ?? usual);

crashHistories({ describe, it }, fc, {
  name: "memory store and log",
  make: async () => ({ hot: memoryStore(), log: memoryLog({ shards: 2 }) }),
  runs: runs(150),
});

let kept = memoryStore();
crashHistories({ describe, it }, fc, {
  name: "memory store, the log lost with the process",
  async make() {
    kept = memoryStore();
    return { hot: { ...kept, close: () => Promise.resolve() }, log: memoryLog({ shards: 2 }) };
  },
  reopen: async () => ({ hot: kept, log: memoryLog({ shards: 2 }) }),
  logIsLost: true,
  runs: runs(150),
});
