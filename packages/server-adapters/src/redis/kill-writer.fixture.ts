import { writeSync } from "node:fs";
import { Redis } from "ioredis";
import { redisLog, redisStore } from "./index.js";

/**
 * Run as a process of its own: writes numbered batches, four at a time, prints a number once its append and its commit have resolved,
 * and handles what the log holds, each entry once. It never ends by itself.
 */
const [port = "", first = "0"] = process.argv.slice(2);
const client = new Redis({ port: Number(port), lazyConnect: true });
const store = redisStore({ client, patience: 20_000 });
const log = redisLog({ client, patience: 20_000, lease: 500 });

await log.consume<{ n: number; i: number }>(
  "worker",
  async (batch) => {
    for (const { value, key } of batch) {
      const name = `${value.n}/${value.i}`;
      await store.commit(key, [{ op: "put", sort: `effect/${name}`, value: 1 }], { once: `effect/${name}` });
    }
  },
  { maxBatch: 20 },
);

const write = async (n: number): Promise<void> => {
  await log.append(
    Array.from({ length: 10 }, (_, i) => ({ key: `visitor-${i}`, value: { n, i, text: "x".repeat(500) } })),
  );
  await store.commit(
    `writer-${n % 5}`,
    [
      { op: "put", sort: `state/${n}`, value: { n } },
      { op: "put", sort: `outbox/${n}`, value: { n } },
    ],
    { once: `event-${n}` },
  );
  writeSync(1, `${n}\n`);
};

/** Where Redis itself was killed nobody knows what became of a batch; it is left, and not printed. */
const lane = async (from: number): Promise<void> => {
  for (let n = from; ; n += 4) await write(n).catch(() => undefined);
};
await Promise.all([0, 1, 2, 3].map((offset) => lane(Number(first) + offset)));
