import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";
import { leavingSuite } from "../../../core/test/leaving-visitors.js";
import { lmdbLog, lmdbStore } from "./index.js";

describe("T30 a visitor's last event past its retention, on LMDB", () => {
  leavingSuite(
    async (clock) => {
      const path = await mkdtemp(join(tmpdir(), "attune-leaving-"));
      const [hot, log] = [lmdbStore({ path, clock }), lmdbLog({ path, clock, shards: 2 })];
      const close = async (): Promise<void> => {
        await Promise.all([hot.close(), log.close()]);
        await rm(path, { recursive: true });
      };
      return { hot, log, close };
    },
    { histories: Math.min(100, Number(process.env.ATTUNE_HISTORIES ?? 8)) },
  );
});
