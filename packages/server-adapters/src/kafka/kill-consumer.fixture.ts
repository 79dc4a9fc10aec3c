import { writeSync } from "node:fs";
import { Kafka, logLevel } from "kafkajs";
import { kafkaLog } from "./index.js";

/**
 * Run as a process of its own: consumes in batches, prints what it has folded, and from the given number of records on
 * stays between fold and commit until it is killed.
 */
const [brokers = "", topic = "", stayAfter = "0"] = process.argv.slice(2);
const log = await kafkaLog({
  kafka: new Kafka({ brokers: brokers.split(","), logLevel: logLevel.NOTHING }),
  topic,
  consumer: { sessionTimeoutMs: 3500, heartbeatMs: 100, pollMs: 50 },
});

let folded = 0;
await log.consume(
  "fold",
  async (batch) => {
    const rows = batch.map(({ shard, position }) => `${shard}:${position}`);
    folded += batch.length;
    const stays = folded >= Number(stayAfter);
    writeSync(1, `${stays ? "stays" : "goes on"} ${rows.join(" ")}\n`);
    if (stays) await new Promise(() => undefined);
  },
  { maxBatch: 10 },
);
