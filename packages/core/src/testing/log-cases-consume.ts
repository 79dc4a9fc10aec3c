import type { Log, LogRecord } from "../ports/log.js";
import { assert, eventually, pause } from "./assert.js";
import type { LogCase } from "./log-case.js";
import { entries, readAll } from "./log-cases-record.js";

type Numbered = { n: number };

/** A handler that keeps what it was given. */
function recorder(): {
  seen: LogRecord<Numbered>[];
  handle: (batch: readonly LogRecord<Numbered>[]) => Promise<void>;
} {
  const seen: LogRecord<Numbered>[] = [];
  return {
    seen,
    async handle(batch) {
      seen.push(...batch);
    },
  };
}

const numbers = (records: readonly LogRecord<Numbered>[]): number[] =>
  records.map(({ value }) => value.n).sort((a, b) => a - b);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

async function committedEverywhere(log: Log, group: string): Promise<boolean> {
  return (await log.lag(group)) === 0;
}

/** Consumer groups: delivery, redelivery, offsets, and what they hold back from trimming. */
export const logConsumeCases: readonly LogCase[] = [
  {
    name: "delivers what was there and what comes, each once where nothing fails",
    async run({ log }) {
      await log.append(entries(30));
      const { seen, handle } = recorder();
      await log.consume("group", handle);
      await eventually(() => seen.length === 30, "what was there");
      await log.append(entries(40).slice(30));
      await eventually(() => seen.length === 40, "what came");
      await eventually(() => committedEverywhere(log, "group"), "commit");
      assert.equal(numbers(seen), upTo(40), "once each");
    },
  },
  {
    name: "keeps the order of each key",
    async run({ log }) {
      const { seen, handle } = recorder();
      await log.consume("group", handle, { maxBatch: 4 });
      for (let i = 0; i < 105; i += 15) await log.append(entries(105).slice(i, i + 15));
      await eventually(() => seen.length === 105, "delivery");
      for (let k = 0; k < 7; k++) {
        const own = seen.filter(({ key }) => key === `visitor-${k}`).map(({ value }) => value.n);
        assert.equal(
          own,
          [...own].sort((a, b) => a - b),
          "order",
        );
      }
    },
  },
  {
    name: "batches hold one shard and at most maxBatch records",
    async run({ log }) {
      await log.append(entries(60));
      let seen = 0;
      const wrong: string[] = [];
      await log.consume(
        "group",
        async (batch) => {
          seen += batch.length;
          if (batch.length > 5 || batch.length === 0) wrong.push(`${batch.length} records`);
          if (new Set(batch.map(({ shard }) => shard)).size > 1) wrong.push("two shards");
        },
        { maxBatch: 5 },
      );
      await eventually(() => seen === 60, "delivery");
      assert.equal(wrong, [], "batches");
    },
  },
  {
    name: "a batch whose handler fails comes again, and nothing after it overtakes",
    async run({ log }) {
      await log.append(Array.from({ length: 10 }, (_, n) => ({ key: "one", value: { n } })));
      const seen: number[] = [];
      const errors: unknown[] = [];
      let failures = 2;
      await log.consume<Numbered>(
        "group",
        async (batch) => {
          if (batch.some(({ value }) => value.n === 4) && failures-- > 0) throw new Error("not yet");
          seen.push(...batch.map(({ value }) => value.n));
        },
        { maxBatch: 3, onError: (error) => errors.push(error) },
      );
      await eventually(() => seen.length >= 10, "delivery", 15_000);
      assert.equal(seen, upTo(10), "order");
      assert.equal(
        errors.map((error) => (error as Error).message),
        ["not yet", "not yet"],
        "onError",
      );
      await eventually(() => committedEverywhere(log, "group"), "commit");
    },
  },
  {
    name: "a failed batch is not committed",
    async run({ log }) {
      await log.append([{ key: "one", value: { n: 0 } }]);
      const shard = (await readAll(log))[0]?.shard ?? 0;
      let calls = 0;
      const consumer = await log.consume("group", async () => {
        calls++;
        throw new Error("never");
      });
      await eventually(() => calls > 0, "the first try");
      await consumer.stop();
      assert.equal(await log.committed("group", shard), 0, "committed");
      assert.equal(await log.lag("group"), 1, "lag");
      const { seen, handle } = recorder();
      await log.consume("group", handle);
      await eventually(() => seen.length === 1, "the next consumer gets it", 15_000);
    },
  },
  {
    name: "two groups are independent",
    async run({ log }) {
      const [one, two] = [recorder(), recorder()];
      await log.consume("one", one.handle);
      await log.append(entries(20));
      await eventually(() => one.seen.length === 20, "first group");
      await eventually(() => committedEverywhere(log, "one"), "its commit");
      assert.equal(await log.lag("two"), 20, "lag of the second");
      await log.consume("two", two.handle);
      await eventually(() => two.seen.length === 20, "second group");
      assert.equal(numbers(one.seen), upTo(20), "once each in the first");
      assert.equal(numbers(two.seen), upTo(20), "once each in the second");
    },
  },
  {
    name: "committed and lag follow the handler",
    async run({ log }) {
      await log.append(Array.from({ length: 5 }, (_, n) => ({ key: "one", value: { n } })));
      const records = await readAll(log);
      const shard = records[0]?.shard ?? 0;
      assert.equal(await log.committed("group", shard), 0, "committed before");
      assert.equal(await log.lag("group"), 5, "lag before");
      const { handle } = recorder();
      await log.consume("group", handle);
      await eventually(() => committedEverywhere(log, "group"), "commit");
      assert.equal(await log.committed("group", shard), records[4]?.position, "committed after");
    },
  },
  {
    name: "stop waits for the batch at hand, and a later consumer goes on behind it",
    async run({ log }) {
      await log.append([{ key: "one", value: { n: 0 } }]);
      let begun = false;
      let finished = false;
      const consumer = await log.consume("group", async () => {
        begun = true;
        await pause(60);
        finished = true;
      });
      await eventually(() => begun, "the handler begins");
      await consumer.stop();
      assert.ok(finished, "the batch at hand is done");
      await log.append([{ key: "one", value: { n: 1 } }]);
      const { seen, handle } = recorder();
      await log.consume("group", handle);
      await eventually(() => seen.length > 0, "the later consumer");
      assert.equal(numbers(seen), [1], "what it gets");
    },
  },
  {
    name: "a stopped consumer gets nothing more",
    async run({ log }) {
      const { seen, handle } = recorder();
      const consumer = await log.consume("group", handle);
      await log.append(entries(5));
      await eventually(() => seen.length === 5, "before");
      await consumer.stop();
      await log.append(entries(5));
      await pause(60);
      assert.equal(seen.length, 5, "after");
      assert.equal(await log.lag("group"), 5, "lag");
    },
  },
  {
    name: "two consumers of one group share the work, and one takes over when the other stops",
    async run({ log }) {
      const [one, two] = [recorder(), recorder()];
      const first = await log.consume("group", one.handle);
      await log.consume("group", two.handle);
      await log.append(entries(70));
      await eventually(() => one.seen.length + two.seen.length >= 70, "delivery", 15_000);
      assert.equal(numbers([...one.seen, ...two.seen]), upTo(70), "once each");
      await first.stop();
      await log.append(entries(90).slice(70));
      await eventually(() => one.seen.length + two.seen.length >= 90, "after one stopped", 15_000);
      assert.equal(numbers([...one.seen, ...two.seen]), upTo(90), "still once each");
    },
  },
  {
    name: "what a consumer failed at goes to the others when it stops",
    async run({ log }) {
      await log.append(entries(30));
      let failures = 0;
      const failing = await log.consume("group", async () => {
        failures++;
        throw new Error("not here");
      });
      await eventually(() => failures > 0, "a failure");
      const { seen, handle } = recorder();
      await log.consume("group", handle);
      await failing.stop();
      await eventually(() => committedEverywhere(log, "group"), "the other has taken over", 15_000);
      assert.equal([...new Set(numbers(seen))], upTo(30), "all of it");
    },
  },
  {
    name: "trim drops what is old and committed by every known group, and no more",
    async run({ log, clock }) {
      await log.append(Array.from({ length: 4 }, (_, n) => ({ key: "one", value: { n } })));
      await clock.advance(5000);
      const cut = clock.now();
      await log.append([{ key: "one", value: { n: 4 } }]);
      const fast = await log.consume("fast", recorder().handle);
      await eventually(() => committedEverywhere(log, "fast"), "the fast group");
      let slowSeen = 0;
      const slow = await log.consume<Numbered>(
        "slow",
        async ([record]) => {
          if ((record?.value.n ?? 0) >= 2) throw new Error("stuck");
          slowSeen++;
        },
        { maxBatch: 1 },
      );
      await eventually(async () => slowSeen === 2 && (await log.lag("slow")) === 3, "the slow group");
      assert.equal(await log.trim(cut), 2, "only what the slow group has committed");
      assert.equal(numbers((await readAll(log)) as LogRecord<Numbered>[]), [2, 3, 4], "left");
      await slow.stop();
      await fast.stop();
      const gaps: unknown[] = [];
      const rest = await log.consume("slow", recorder().handle, { onGap: (gap) => gaps.push(gap) });
      await eventually(() => committedEverywhere(log, "slow"), "the slow group goes on", 15_000);
      assert.equal(await log.trim(cut), 2, "the rest of what is old");
      assert.equal(numbers((await readAll(log)) as LogRecord<Numbered>[]), [4], "what is young stays");
      await rest.stop();
      assert.equal(gaps, [], "no trim makes a gap for a group that it knows");
    },
  },
  {
    name: "a group goes on where it was when the log is opened again",
    needs: "durable",
    async run({ log, reopen }) {
      await log.append(entries(20));
      const { seen, handle } = recorder();
      await log.consume("group", handle);
      await eventually(() => committedEverywhere(log, "group"), "commit");
      const again = await reopen();
      await again.append(entries(25).slice(20));
      assert.equal(await again.lag("group"), 5, "lag");
      await again.consume("group", handle);
      await eventually(() => seen.length === 25, "delivery");
      assert.equal(numbers(seen), upTo(25), "once each");
    },
  },
];
