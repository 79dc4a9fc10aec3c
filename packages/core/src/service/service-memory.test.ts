import { memoryKeys } from "../../test/memory-keys.js";
import { memoryChannel, memoryLog, memoryStore } from "../memory/index.js";
import { serviceSuite, type TestPorts } from "./service.test.suite.js";

const memoryPorts = async (): Promise<TestPorts> => {
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
};

serviceSuite("memory ports", memoryPorts);
serviceSuite("memory ports, sealed", async () => ({ ...(await memoryPorts()), keys: memoryKeys() }));
