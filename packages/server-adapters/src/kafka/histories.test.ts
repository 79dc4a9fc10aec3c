import { memoryStore } from "@attune/core/memory";
import { crashHistories } from "@attune/core/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, it } from "vitest";
import { client, FAST, KCAT, type MockCluster, mockCluster } from "../../test/kafka.ts";
import { kafkaLog } from "./index.js";

/** More of them in the long proof. */
const HISTORIES = Number(process.env.ATTUNE_HISTORIES ?? 5);
/** Side by side: of the seconds that a history takes nearly all are the mock cluster's waiting. */
const LANES = 5;
/** Every lane draws histories of its own, also where the seed of all tests is given. */
const { seed } = fc.readConfigureGlobal();

describe.skipIf(KCAT.path === null)(`T13 histories on Kafka ${KCAT.reason ?? ""}`, () => {
  let cluster: MockCluster;
  beforeAll(async () => {
    cluster = await mockCluster();
  });
  afterAll(() => cluster.stop());

  for (let lane = 0; lane < LANES; lane++) {
    let made = 0;
    let hot = memoryStore();
    const open = async () => ({
      // Outlives the process that closes it, as a server does.
      hot: { ...hot, close: async () => undefined },
      log: await kafkaLog({
        kafka: client(cluster.brokers),
        topic: `crash-${lane}-${made}`,
        consumer: FAST,
      }),
    });
    crashHistories({ describe: describe.concurrent, it }, fc, {
      name: `a store in memory and a log on Kafka (mock cluster), opened again after the crash, lane ${lane}`,
      make() {
        made++;
        hot = memoryStore();
        return open();
      },
      reopen: open,
      runs: Math.ceil(HISTORIES / LANES),
      historyMs: 15_000,
      ...(seed !== undefined && { seed: seed + lane }),
    });
  }
});
