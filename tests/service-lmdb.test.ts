import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryChannel } from "@attune/core/memory";
import { lmdbLog, lmdbStore } from "@attune/server-adapters/lmdb";
import { serviceSuite } from "../packages/core/src/service/service.test.suite.js";

serviceSuite("LMDB ports", async () => {
  const dir = await mkdtemp(join(tmpdir(), "attune-service-"));
  const hot = lmdbStore({ path: join(dir, "store") });
  const log = lmdbLog({ path: join(dir, "log") });
  const channel = memoryChannel();
  return {
    hot,
    log,
    channel,
    async close() {
      await log.close();
      await hot.close();
      await channel.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
});
