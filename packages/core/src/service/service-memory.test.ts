import { memoryChannel, memoryLog, memoryStore } from "../memory/index.js";
import { serviceSuite } from "./service.test.suite.js";

serviceSuite("memory ports", async () => {
  const hot = memoryStore();
  const log = memoryLog();
  const channel = memoryChannel();
  return {
    hot,
    log,
    channel,
    async close() {
      await Promise.all([channel.close(), log.close()]);
      await hot.close();
    },
  };
});
