import type { DeadLetter, LogRecord } from "../ports/log.js";
import { assert } from "./assert.js";
import type { Arbitrary, FastCheck } from "./fast-check.js";
import { call, type Step } from "./histories.js";
import type { LogCapabilities, LogContext } from "./log-case.js";
import type { LogModel } from "./log-model.js";
import { consumeSteps } from "./log-steps-consume.js";

export interface LogHistory extends LogContext {
  model: LogModel;
  /** How many entries were appended so far: each has a number of its own. */
  appended: number;
}

export type LogStep = Step<LogHistory>;

const KEYS = ["v-1", "v-2", "v-3", "u:é 😀", "__proto__"] as const;
const GROUPS = ["fold", "export"] as const;
const LETTERS = [1, 2, 3, 4, 5] as const;

/** Every call that the port has, each with what may be given to it. @param time Whether time may be moved. */
export function logSteps(
  fc: FastCheck,
  { durable, erase }: LogCapabilities,
  time: boolean,
): Arbitrary<LogStep> {
  const steps: [number, Arbitrary<LogStep>][] = [
    [10, appends(fc)],
    [8, consumeSteps(fc, GROUPS)],
    [6, reads(fc)],
    [3, trims(fc)],
    [4, deadLetters(fc)],
  ];
  if (erase === "delete") steps.push([3, fc.constantFrom(...KEYS).map(erasure)]);
  if (durable) steps.push([2, fc.constantFrom(reopened)]);
  if (time) steps.push([3, fc.constantFrom(1, 1000).map(passing)]);
  return fc.oneof<LogStep>(...steps.map(([weight, arbitrary]) => ({ weight, arbitrary })));
}

/** What the log holds beyond what the model knows, in the order of each shard. */
async function unknown({ log, model }: LogHistory): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for (let shard = 0; shard < log.capabilities.shards; shard++) {
    const known = model.records().filter((record) => record.shard === shard);
    found.push(...(await log.read(shard, Math.max(0, ...known.map(({ position }) => position)), 10_000)));
  }
  return found;
}

function appends(fc: FastCheck): Arbitrary<LogStep> {
  return fc.array(fc.constantFrom<string>(...KEYS), { minLength: 0, maxLength: 6 }).map((keys) => ({
    async run(history) {
      const { log, model } = history;
      const entries = keys.map((key) => ({ key, value: { n: history.appended++, text: "ä😀" } }));
      await log.append(entries);
      const found = await unknown(history);
      for (const key of KEYS) {
        const plain = (all: readonly { key: string; value: unknown }[]): unknown =>
          all.filter((entry) => entry.key === key).map(({ value }) => value);
        assert.equal(plain(found), plain(entries), `new entries of ${key}, in order`);
        const shards = [...model.records(), ...found]
          .filter((record) => record.key === key)
          .map(({ shard }) => shard);
        assert.ok(new Set(shards).size <= 1, `${key} stays in one shard`);
      }
      assert.equal(found.length, entries.length, "new entries");
      for (const { shard, position } of found)
        assert.ok(position > model.highest(shard), `position ${position} of shard ${shard} is a new one`);
      model.learn(found);
    },
    toString: () => call("append", keys),
  }));
}

function reads(fc: FastCheck): Arbitrary<LogStep> {
  const read = fc
    .record<{ pick: number; offset: number; limit: number }>({
      pick: fc.integer({ min: 0, max: 30 }),
      offset: fc.integer({ min: -1, max: 1 }),
      limit: fc.integer({ min: 1, max: 5 }),
    })
    .map(
      ({ pick, offset, limit }): LogStep => ({
        async run({ log, model }) {
          const record = model.records()[pick % Math.max(1, model.records().length)];
          const { shard = pick % log.capabilities.shards, position = 1 } = record ?? {};
          const after = Math.max(0, position + offset);
          assert.equal(await log.read(shard, after, limit), model.read(shard, after, limit), "records");
        },
        toString: () => `read(at record ${pick} ${offset < 0 ? "-" : "+"} ${Math.abs(offset)}, ${limit})`,
      }),
    );
  const progress = fc.constantFrom(...GROUPS, "nobody's").map(
    (group): LogStep => ({
      run: ({ log, model }) => agreeOn({ log, model }, group),
      toString: () => call("committed and lag", group),
    }),
  );
  return fc.oneof<LogStep>({ weight: 2, arbitrary: read }, { weight: 1, arbitrary: progress });
}

/** Positions and lag of a group. */
export async function agreeOn(
  { log, model }: Pick<LogHistory, "log" | "model">,
  group: string,
): Promise<void> {
  for (let shard = 0; shard < log.capabilities.shards; shard++)
    assert.equal(
      await log.committed(group, shard),
      model.committed(group, shard),
      `committed of shard ${shard}`,
    );
  assert.equal(await log.lag(group), model.lag(group), "lag");
}

/** Everything that the log holds, and how far each group is. */
export async function agreeOnAll(history: LogHistory): Promise<void> {
  const { log, model } = history;
  for (let shard = 0; shard < log.capabilities.shards; shard++) {
    assert.equal(await log.read(shard, 0, 10_000), model.read(shard, 0, 10_000), `records of shard ${shard}`);
  }
  for (const group of GROUPS) await agreeOn(history, group);
  assert.equal(await log.deadLetters.read(null, 100), model.letters.read(null, 100), "dead letters");
}

const erasure = (key: string): LogStep => ({
  async run(history) {
    const expected = history.model.erase(key);
    assert.equal(await history.log.erase(key), expected, "count");
    await agreeOnAll(history);
  },
  toString: () => call("erase", key),
});

/** Up to the time of a record, so that nothing hangs on whose clock it is; by one more, that record is old, too. */
function trims(fc: FastCheck): Arbitrary<LogStep> {
  return fc
    .record<{ pick: number; more: number }>({
      pick: fc.integer({ min: 0, max: 30 }),
      more: fc.integer({ min: 0, max: 1 }),
    })
    .map(({ pick, more }) => ({
      async run(history) {
        const { log, model } = history;
        const record = model.records()[pick % Math.max(1, model.records().length)];
        if (record === undefined) return;
        const before = record.appendedAt + more;
        const expected = model.trim(before);
        assert.equal(await log.trim(before), expected, "count");
        await agreeOnAll(history);
      },
      toString: () => `trim(time of record ${pick} + ${more})`,
    }));
}

const letter = (n: number, turn: number): DeadLetter => ({
  id: `0194000${n}-0000-7000-8000-000000000000`,
  at: 1_735_689_600_000 + n,
  body: `{"n":${n},"turn":${turn},"text":"ä😀"}`,
  reasons: [{ path: "/name", code: "ATTUNE_EVENTS_NAME", message: "The event needs a name." }],
  schemaVersion: 1,
  source: { site: "default", route: "POST /events" },
  ...(n % 2 === 0 && { subject: `v:p1:${n}`, subjects: [`v:p1:${n}`] }),
});

function deadLetters(fc: FastCheck): Arbitrary<LogStep> {
  const numbers = fc.array(fc.constantFrom<number>(...LETTERS), { minLength: 0, maxLength: 3 });
  const ids = (wanted: readonly number[]): string[] => wanted.map((n) => letter(n, 0).id);
  const put = fc.record<{ wanted: number[]; turn: number }>({
    wanted: numbers,
    turn: fc.integer({ min: 0, max: 9 }),
  });
  return fc.oneof<LogStep>(
    {
      weight: 2,
      arbitrary: put.map(({ wanted, turn }) => ({
        async run({ log, model }) {
          const letters = wanted.map((n) => letter(n, turn));
          model.letters.put(letters);
          await log.deadLetters.put(letters);
          assert.equal(await log.deadLetters.read(null, 100), model.letters.read(null, 100), "all");
        },
        toString: () => call("deadLetters.put", wanted, turn),
      })),
    },
    {
      weight: 1,
      arbitrary: numbers.map((wanted) => ({
        async run({ log, model }) {
          const expected = model.letters.remove(ids(wanted));
          assert.equal(await log.deadLetters.remove(ids(wanted)), expected, "count");
          assert.equal(await log.deadLetters.read(null, 100), model.letters.read(null, 100), "all");
        },
        toString: () => call("deadLetters.remove", wanted),
      })),
    },
    {
      weight: 1,
      arbitrary: fc
        .record<{ after: number; limit: number }>({
          after: fc.integer({ min: 1, max: 5 }),
          limit: fc.integer({ min: 1, max: 3 }),
        })
        .map(({ after, limit }) => ({
          async run({ log, model }) {
            const { id } = letter(after, 0);
            assert.equal(await log.deadLetters.read(id, limit), model.letters.read(id, limit), "letters");
          },
          toString: () => call("deadLetters.read", after, limit),
        })),
    },
  );
}

const reopened: LogStep = {
  async run(history) {
    history.log = await history.reopen();
    await agreeOnAll(history);
  },
  toString: () => "reopen()",
};

const passing = (ms: number): LogStep => ({
  run: async ({ clock }) => clock.advance(ms),
  toString: () => call("advance", ms),
});
