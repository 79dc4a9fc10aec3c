import fc from "fast-check";
import { describe, it } from "vitest";
import { memoryLog, memoryStore } from "../memory/index.js";
import { crashHistories } from "../testing/crash-histories.js";

crashHistories({ describe, it }, fc, {
  name: "memory store and log",
  make: async () => ({ hot: memoryStore(), log: memoryLog({ shards: 2 }) }),
  // More of them in the long proof.
  runs: Number(process.env.ATTUNE_HISTORIES ?? 150),
});
