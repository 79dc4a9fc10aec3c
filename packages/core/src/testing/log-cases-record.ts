import type { DeadLetter, Log, LogRecord } from "../ports/log.js";
import { assert, eventually } from "./assert.js";
import type { LogCase } from "./log-case.js";

/** Every record of every shard, read in pages: small ones, unless told, so that paging is tried. */
export async function readAll<V>(log: Log, page = 3): Promise<LogRecord<V>[]> {
  const all: LogRecord<V>[] = [];
  for (let shard = 0; shard < log.capabilities.shards; shard++) {
    for (let after = 0; ; ) {
      const found = await log.read<V>(shard, after, page);
      all.push(...found);
      const last = found[found.length - 1];
      if (last === undefined) break;
      after = last.position;
    }
  }
  return all;
}

/** `count` entries over a handful of keys, numbered in order. */
export const entries = (count: number, keys = 7): { key: string; value: { n: number } }[] => {
  return Array.from({ length: count }, (_, n) => ({ key: `visitor-${n % keys}`, value: { n } }));
};

const letter = (n: number, subject?: string): DeadLetter => ({
  id: `0194${String(n).padStart(4, "0")}-0000-7000-8000-000000000000`,
  at: 1_735_689_600_000 + n,
  body: `{"n":${n},"text":"ä😀"}`,
  reasons: [{ path: "/name", code: "ATTUNE_EVENTS_NAME", message: "The event needs a name." }],
  schemaVersion: 1,
  source: { site: "default", route: "POST /events" },
  ...(subject !== undefined && { subject }),
});

/** Appending, reading, erasing, trimming, dead letters. */
export const logRecordCases: readonly LogCase[] = [
  {
    name: "says what it is",
    async run({ log, capabilities }) {
      assert.ok(Number.isInteger(log.capabilities.shards) && log.capabilities.shards >= 1, "shards");
      assert.equal(log.capabilities.durable, capabilities.durable, "durable");
      assert.equal(log.capabilities.erase, capabilities.erase, "erase");
    },
  },
  {
    name: "gives back every entry once, with shard, position and time",
    async run({ log, clock }) {
      const before = clock.now();
      const wanted = entries(200);
      await log.append(wanted.slice(0, 120));
      await clock.advance(10);
      await log.append(wanted.slice(120));
      const records = await readAll<{ n: number }>(log);
      assert.equal(
        records.map(({ value }) => value.n).sort((a, b) => a - b),
        wanted.map(({ value }) => value.n),
        "values",
      );
      for (const { key, value, shard, position, appendedAt } of records) {
        assert.equal(key, `visitor-${value.n % 7}`, "key");
        assert.ok(shard >= 0 && shard < log.capabilities.shards && position > 0, "place");
        assert.ok(appendedAt >= before && appendedAt <= clock.now() + 1000, "time");
      }
    },
  },
  {
    name: "an empty append is fine, and an empty shard reads as nothing",
    async run({ log }) {
      await log.append([]);
      assert.equal(await readAll(log), [], "records");
      assert.equal(await log.read(0, 0, 10), [], "read");
    },
  },
  {
    name: "equal keys fall into one shard and keep their order, across appends",
    async run({ log }) {
      for (let i = 0; i < 60; i += 6) await log.append(entries(60).slice(i, i + 6));
      const byKey = new Map<string, { shard: number; numbers: number[] }>();
      for (const { key, shard, value } of await readAll<{ n: number }>(log)) {
        const known = byKey.get(key) ?? { shard, numbers: [] };
        assert.equal(shard, known.shard, "shard of the key");
        known.numbers.push(value.n);
        byKey.set(key, known);
      }
      for (const { numbers } of byKey.values())
        assert.equal(
          numbers,
          [...numbers].sort((a, b) => a - b),
          "order",
        );
      assert.equal(byKey.size, 7, "keys");
    },
  },
  {
    name: "concurrent appends all arrive, each batch in its order",
    async run({ log }) {
      const batches = Array.from({ length: 20 }, (_, batch) => {
        return Array.from({ length: 10 }, (_, n) => ({ key: "one", value: { batch, n } }));
      });
      await Promise.all(batches.map((batch) => log.append(batch)));
      const records = await readAll<{ batch: number; n: number }>(log);
      assert.equal(records.length, 200, "records");
      for (let batch = 0; batch < 20; batch++) {
        const numbers = records.filter(({ value }) => value.batch === batch).map(({ value }) => value.n);
        assert.equal(numbers, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "order in the batch");
      }
      assert.equal(new Set(records.map(({ position }) => position)).size, 200, "positions differ");
    },
  },
  {
    name: "read begins after the position and stops at the limit",
    async run({ log }) {
      await log.append(Array.from({ length: 10 }, (_, n) => ({ key: "one", value: n })));
      const all = (await readAll<number>(log)).sort((a, b) => a.position - b.position);
      const shard = all[0]?.shard ?? 0;
      const fourth = all[3]?.position ?? 0;
      assert.equal(
        (await log.read<number>(shard, 0, 4)).map(({ value }) => value),
        [0, 1, 2, 3],
        "first",
      );
      assert.equal(
        (await log.read<number>(shard, fourth, 3)).map(({ value }) => value),
        [4, 5, 6],
        "next",
      );
      assert.equal((await log.read<number>(shard, all[9]?.position ?? 0, 3)).length, 0, "past the end");
    },
  },
  {
    name: "T20 hostile keys and values come back as they were",
    async run({ log }) {
      const keys = [
        "",
        "__proto__",
        "constructor",
        "}{tag}",
        "a\u0001b",
        "ünï 😀",
        "x".repeat(10_240),
        "' OR 1=1 --",
      ];
      await log.append(
        keys.map((key) => ({
          key,
          value: JSON.parse('{"__proto__":{"polluted":true},"t":"\\u0000\\ud800"}'),
        })),
      );
      const records = await readAll(log);
      assert.equal(records.map(({ key }) => key).sort(), [...keys].sort(), "keys");
      for (const { value } of records) {
        assert.equal(JSON.stringify(value), '{"__proto__":{"polluted":true},"t":"\\u0000\\ud800"}', "value");
      }
      assert.ok(!("polluted" in {}), "Object.prototype");
    },
  },
  {
    name: "erase removes the entries of the key and no others",
    needs: "erase",
    async run({ log }) {
      await log.append(entries(70));
      assert.equal(await log.erase("visitor-3"), 10, "count");
      const left = await readAll<{ n: number }>(log);
      assert.equal(left.length, 60, "left");
      assert.ok(
        left.every(({ key }) => key !== "visitor-3"),
        "none of the key",
      );
      assert.equal(await log.erase("visitor-3"), 0, "twice");
      assert.equal(await log.erase("nobody"), 0, "nobody's");
      await log.append([{ key: "visitor-3", value: { n: 99 } }]);
      assert.equal((await readAll(log)).length, 61, "the key may come again");
    },
  },
  {
    name: "an erased entry is neither counted as lag nor delivered",
    needs: "erase",
    async run({ log }) {
      await log.append(entries(14));
      await log.erase("visitor-0");
      assert.equal(await log.lag("group"), 12, "lag");
      const keys: string[] = [];
      await log.consume("group", async (batch) => void keys.push(...batch.map(({ key }) => key)));
      await eventually(async () => (await log.lag("group")) === 0, "delivery");
      assert.equal([keys.length, keys.includes("visitor-0")], [12, false], "delivered");
    },
  },
  {
    name: "a position does not come again, though the last entry was erased",
    needs: "erase",
    async run({ log }) {
      await log.append(entries(3, 1));
      const last = (await readAll(log)).at(-1)?.position ?? 0;
      await log.erase("visitor-0");
      await log.append(entries(1, 1));
      const [again] = await readAll(log);
      // Whoever has committed the old one would never be given the new one.
      assert.ok(again !== undefined && again.position > last, "a higher position");
    },
  },
  {
    name: "dead letters are read oldest first, in pages, and removed",
    async run({ log }) {
      const { deadLetters } = log;
      assert.equal(await deadLetters.read(null, 10), [], "none");
      await deadLetters.put([letter(2), letter(0, "p1:abc")]);
      await deadLetters.put([letter(1), letter(3)]);
      assert.equal(
        await deadLetters.read(null, 10),
        [letter(0, "p1:abc"), letter(1), letter(2), letter(3)],
        "all",
      );
      assert.equal(await deadLetters.read(null, 2), [letter(0, "p1:abc"), letter(1)], "first page");
      assert.equal(await deadLetters.remove([letter(1).id, "unknown"]), 1, "removed");
      assert.equal(
        await deadLetters.read(letter(1).id, 10),
        [letter(2), letter(3)],
        "after one that is gone",
      );
      assert.equal(await deadLetters.read(letter(3).id, 10), [], "after the last");
      await deadLetters.put([letter(2)]);
      assert.equal((await deadLetters.read(null, 10)).length, 3, "the same letter twice is one");
    },
  },
  {
    name: "entries, committed positions and dead letters are there when opened again",
    needs: "durable",
    async run({ log, reopen }) {
      await log.append(entries(20));
      await log.deadLetters.put([letter(1)]);
      const before = await readAll(log);
      const again = await reopen();
      assert.equal(await readAll(again), before, "records");
      assert.equal(await again.deadLetters.read(null, 5), [letter(1)], "dead letters");
      await again.append(entries(1));
      const after = (await readAll(again)).filter(
        (record) => !before.some((old) => old.shard === record.shard && old.position === record.position),
      );
      assert.equal(after.length, 1, "a new entry gets a new position");
      const sameShard = before
        .filter(({ shard }) => shard === after[0]?.shard)
        .map(({ position }) => position);
      assert.ok(Math.max(...sameShard) < (after[0]?.position ?? 0), "and a higher one");
    },
  },
  {
    name: "calls on a closed log reject with ATTUNE_LOG_CLOSED",
    async run({ log }) {
      await log.append(entries(3));
      await log.close();
      const calls: Record<string, () => Promise<unknown>> = {
        append: () => log.append(entries(1)),
        read: () => log.read(0, 0, 1),
        consume: () => log.consume("group", async () => undefined),
        committed: () => log.committed("group", 0),
        lag: () => log.lag("group"),
        erase: () => log.erase("visitor-0"),
        trim: () => log.trim(0),
        "deadLetters.put": () => log.deadLetters.put([letter(1)]),
        "deadLetters.read": () => log.deadLetters.read(null, 1),
        "deadLetters.remove": () => log.deadLetters.remove([letter(1).id]),
      };
      for (const [name, call] of Object.entries(calls)) await assert.rejects(call, name, "ATTUNE_LOG_CLOSED");
      await log.close();
    },
  },
];
