import { writeSync } from "node:fs";
import { lmdbLog, lmdbStore } from "./index.js";

/**
 * Run as a process of its own: writes numbered batches, four at a time, and prints a number once its append and its
 * commit have resolved. It never ends by itself.
 */
const [path = "", first = "0"] = process.argv.slice(2);
const store = lmdbStore({ path });
const log = lmdbLog({ path });

const write = async (n: number): Promise<void> => {
  await log.append(
    Array.from({ length: 10 }, (_, i) => ({ key: `visitor-${i}`, value: { n, i, text: "x".repeat(500) } })),
  );
  await store.commit(
    `visitor-${n % 5}`,
    [
      { op: "put", sort: `state/${n}`, value: { n } },
      { op: "put", sort: `outbox/${n}`, value: { n } },
    ],
    { once: `event-${n}` },
  );
  writeSync(1, `${n}\n`);
};

for (let n = Number(first); ; n += 4) await Promise.all([write(n), write(n + 1), write(n + 2), write(n + 3)]);
