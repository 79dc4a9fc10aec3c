import { logConformance } from "@attune/core/testing";
import { afterAll, beforeAll, describe } from "vitest";
import { client, beside, FAST, KCAT, type MockCluster, mockCluster } from "../../test/kafka.ts";
import { kafkaLog } from "./index.js";

describe.skipIf(KCAT.path === null)(`Kafka ${KCAT.reason ?? ""}`, () => {
  let cluster: MockCluster;
  beforeAll(async () => {
    cluster = await mockCluster();
  });
  afterAll(() => cluster.stop());

  const { runner, current } = beside();
  const open = () => kafkaLog({ kafka: client(cluster.brokers), topic: current(), consumer: FAST });
  logConformance(
    { describe, ...runner },
    {
      name: "Kafka (mock cluster)",
      make: open,
      reopen: open,
      clock: { now: Date.now, advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
      capabilities: { durable: true, erase: "key" },
      skips: {
        "trim drops what is old and committed by every known group, and no more":
          "the mock cluster knows neither ListGroups nor DeleteRecords",
      },
    },
  );
});
