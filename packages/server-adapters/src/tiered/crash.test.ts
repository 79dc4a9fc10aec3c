import { type Clock, systemClock } from "@attune/core";
import { memoryLog, memoryStore } from "@attune/core/memory";
import type { AtomicStore, StoreOp } from "@attune/core/ports";
import {
  crashHistories,
  createFakeClock,
  type FakeClock,
  mortalAtomicStore,
  mortalStore,
} from "@attune/core/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collect } from "../../test/collect.js";
import { halting, mortalTiers } from "../../test/interrupted.js";
import type { Tiers } from "../../test/surviving.js";
import { isPending } from "./durable.js";
import { type DurableHead, HEAD, PART_NOTES, parseDurableKey } from "./layout.js";
import { type TieredStore, tieredStore } from "./index.js";

/** More of them in the long proof. */
const HISTORIES = Number(process.env.ATTUNE_HISTORIES ?? 400);
const PARTITIONS = ["a", "b"];
const LIMIT_MS = 60_000 + HISTORIES * 100;

type Call =
  | { call: "commit"; partition: string; ops: StoreOp[]; once?: string }
  | { call: "delete"; partition: string; sort: string }
  | { call: "deletePartition"; partition: string };

const freshTiers = (clock: Clock = systemClock): Tiers => ({
  hot: memoryStore({ clock }),
  durable: memoryStore({ clock }),
});
const open = (tiers: Tiers, { clock = systemClock, partBytes = 350_000 } = {}): TieredStore =>
  tieredStore({ ...tiers, clock, patienceMs: 0, partBytes });

const run = (store: AtomicStore, step: Call): Promise<unknown> => {
  if (step.call === "commit")
    return store.commit(step.partition, step.ops, step.once === undefined ? {} : { once: step.once });
  if (step.call === "delete") return store.delete(step.partition, step.sort);
  return store.deletePartition(step.partition);
};

/** Everything that a reader can see. */
const view = async (store: AtomicStore): Promise<unknown> => {
  // The names first: from when a call in doubt is seen anywhere, it must be seen everywhere.
  const names = await collect(store.partitions(""));
  const all = await Promise.all(PARTITIONS.map((partition) => collect(store.scan(partition))));
  return { names, records: all.flat() };
};

/** What the calls come to, by a store that is one. */
const expected = async (steps: readonly Call[]): Promise<unknown> => {
  const model = memoryStore();
  for (const step of steps) await run(model, step);
  return view(model);
};

const sort = fc.constantFrom("1", "2", "3");
const op = fc.oneof<fc.Arbitrary<StoreOp>[]>(
  fc.record({ op: fc.constant("put" as const), sort, value: fc.nat(9) }),
  fc.record({ op: fc.constant("put" as const), sort, value: fc.nat(9), ifVersion: fc.nat(2) }),
  fc.record({ op: fc.constant("delete" as const), sort }),
);
const ops = fc.uniqueArray(op, { selector: (each) => each.sort, minLength: 1, maxLength: 3 });
const partition = fc.constantFrom(...PARTITIONS);
const call = fc.oneof(
  { weight: 5, arbitrary: fc.record({ call: fc.constant("commit" as const), partition, ops }) },
  {
    weight: 3,
    arbitrary: fc.record({
      call: fc.constant("commit" as const),
      partition,
      ops,
      once: fc.constantFrom("x", "y", "z"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ call: fc.constant("delete" as const), partition, sort }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant("deletePartition" as const), partition }) },
) as fc.Arbitrary<Call>;

const history = fc.record({
  steps: fc.array(call, { minLength: 1, maxLength: 12, size: "max" }),
  later: fc.array(call, { maxLength: 6 }),
  writes: fc.integer({ min: 1, max: 90 }),
  edge: fc.constantFrom("before" as const, "after" as const),
  hotIsLost: fc.boolean(),
  /** Small ones: every commit of several records lies in parts. */
  partBytes: fc.constantFrom(1, 350_000),
});

describe("T13 a process that dies at any write to either store", () => {
  it(
    `leaves every call whole or undone and what it acknowledged done, in ${HISTORIES} generated histories`,
    async () => {
      const property = fc.asyncProperty(history, async (given) => {
        const clock = createFakeClock();
        const { partBytes } = given;
        const tiers = freshTiers(clock);
        const mortal = mortalTiers(tiers, given.writes, given.edge);
        const first = open(mortal.tiers, { clock, partBytes });
        const done: Call[] = [];
        let inDoubt: Call | undefined;
        for (const step of given.steps) {
          const isDone = await run(first, step).then(
            () => true,
            () => false,
          );
          if (!isDone) {
            inDoubt = step;
            break;
          }
          done.push(step);
        }
        expect(inDoubt !== undefined).toBe(mortal.isDead());

        const left = given.hotIsLost ? { ...tiers, hot: memoryStore({ clock }) } : tiers;
        const second = open(left, { clock, partBytes });
        const undone = await expected(done);
        const whole = inDoubt === undefined ? undone : await expected([...done, inDoubt]);
        expect([undone, whole]).toContainEqual(await view(second));

        // Its caller asks again. What was done without a token may be done twice; the others may not.
        if (inDoubt !== undefined && (inDoubt.call !== "commit" || inDoubt.once !== undefined)) {
          await run(second, inDoubt);
          expect(await view(second)).toEqual(whole);
          await continues(second, left, clock, { done: [...done, inDoubt], later: given.later });
        }
      });
      await fc.assert(property, { numRuns: HISTORIES });
    },
    LIMIT_MS,
  );
});

/** A whole back end whose process dies at any write to either store or the log. Half of a commit is not seen by the one that comes after. */
for (const hotIsLost of [false, true]) {
  let tiers = freshTiers();
  let log = memoryLog();
  // So small that the larger commits lie in parts.
  const opened = (of: Tiers) => tieredStore({ ...of, patienceMs: 0, partBytes: 2000 });
  /** Outlives whoever closes it. */
  const kept = <T extends { close(): Promise<void> }>(port: T): T => ({
    ...port,
    close: () => Promise.resolve(),
  });
  const ports = () => ({
    hot: opened({ hot: kept(tiers.hot), durable: kept(tiers.durable) }),
    log: kept(log),
  });
  crashHistories({ describe, it }, fc, {
    name: `a tiered store and a log, ${hotIsLost ? "the hot store lost with the process" : "both stores kept"}`,
    async make() {
      tiers = freshTiers();
      log = memoryLog({ shards: 2 });
      return ports();
    },
    async reopen() {
      if (hotIsLost) tiers = { ...tiers, hot: memoryStore() };
      return ports();
    },
    mortalHot: (burn) =>
      opened({ hot: mortalAtomicStore(tiers.hot, burn), durable: mortalStore(tiers.durable, burn) }),
    writes: 300,
    runs: Number(process.env.ATTUNE_HISTORIES ?? 40),
  });
}

/** Life goes on, and then the hot store is lost once more. */
async function continues(
  store: TieredStore,
  { durable }: Tiers,
  clock: FakeClock,
  { done, later }: { done: readonly Call[]; later: readonly Call[] },
): Promise<void> {
  for (const step of later) await run(store, step);
  const whole = await expected([...done, ...later]);
  expect(await view(store)).toEqual(whole);
  // Longer than what the dead left behind might still be needed.
  clock.advance(700_000);
  const last = open({ durable, hot: memoryStore({ clock }) }, { clock });
  expect(await view(last)).toEqual(whole);
  await last.sweep();
  expect(await view(last)).toEqual(whole);
  expect(await collect(durable.scan(PART_NOTES))).toEqual([]);
  for (const name of PARTITIONS) {
    const head = await durable.get<DurableHead>(name, HEAD);
    expect(head === null || !isPending(head.value)).toBe(true);
    const left = (await collect(durable.scan(name))).filter(({ sort: key }) => !isOf(head?.value, key));
    expect(left).toEqual([]);
  }
}

/** Whether an item belongs to the partition as it is. */
const isOf = (head: DurableHead | undefined, key: string): boolean =>
  key === HEAD || (head !== undefined && parseDurableKey(key)?.incarnation === head.i);

/** Adds one to two records at once, and leaves one of its own in place of the last one's. */
async function add(store: AtomicStore, id: string): Promise<void> {
  for (;;) {
    const [a, b] = await store.getMany<number>(["a", "b"].map((each) => ({ partition: "p", sort: each })));
    const { status } = await store.commit(
      "p",
      [
        { op: "put", sort: "a", value: (a?.value ?? 0) + 1, ifVersion: a?.version ?? 0 },
        { op: "put", sort: "b", value: (b?.value ?? 0) + 1, ifVersion: b?.version ?? 0 },
        { op: "put", sort: "mine", value: id },
        { op: "delete", sort: "gone" },
      ],
      { once: id },
    );
    if (status !== "conflict") return;
  }
}

describe("a process that stands still at any write and goes on later", () => {
  const places = Array.from({ length: 10 }, (_, i) => i + 1).flatMap((writes) => [
    { writes, edge: "before" as const },
    { writes, edge: "after" as const },
  ]);
  const seen = async (store: AtomicStore): Promise<unknown> => collect(store.scan("p"));

  it.each(places)("overwrites nothing of what others did meanwhile ($edge write $writes)", async (place) => {
    const tiers = freshTiers();
    const others = open(tiers);
    await add(others, "first");
    await others.put("p", "gone", 1);
    const slow = halting(tiers, place.writes, place.edge);
    const adding = add(open(slow.tiers), "slow");
    await Promise.race([slow.stands, adding]);
    for (const id of ["second", "third"]) {
      await add(others, id);
      await others.delete("p", "mine");
      await others.put("p", "gone", id);
    }
    slow.goOn();
    await adding;
    const state = await seen(others);
    expect(state).toEqual(await seen(open({ ...tiers, hot: memoryStore() })));
    expect(
      await others.getMany([
        { partition: "p", sort: "a" },
        { partition: "p", sort: "b" },
      ]),
    ).toMatchObject([{ value: 4 }, { value: 4 }]);
  });

  it.each(places)(
    "T29 a deletion brings nothing back and takes nothing new ($edge write $writes)",
    async (place) => {
      const tiers = freshTiers();
      const others = open(tiers);
      for (const id of ["first", "second"]) await add(others, id);
      await others.put("p", "marker", "planted");
      const slow = halting(tiers, place.writes, place.edge);
      const deleting = open(slow.tiers).deletePartition("p");
      await Promise.race([slow.stands, deleting]);
      await others.deletePartition("p");
      await add(others, "anew");
      slow.goOn();
      await deleting;
      const state = await seen(others);
      expect(state).toEqual(await seen(open({ ...tiers, hot: memoryStore() })));
      for (const store of [tiers.hot, tiers.durable])
        expect(JSON.stringify(await collect(store.scan("p")))).not.toContain("planted");
    },
  );

  it.each(places)(
    "T29 a commit under way does not come back after a deletion ($edge write $writes)",
    async (place) => {
      const tiers = freshTiers();
      const others = open(tiers);
      await add(others, "first");
      const slow = halting(tiers, place.writes, place.edge);
      const writing = open(slow.tiers).commit("p", [
        { op: "check", sort: "a", ifVersion: 1 },
        { op: "put", sort: "marker", value: "planted" },
      ]);
      await Promise.race([slow.stands, writing]);
      await others.deletePartition("p");
      slow.goOn();
      await writing;
      const fresh = open({ ...tiers, hot: memoryStore() });
      expect(await seen(others)).toEqual([]);
      expect(await seen(fresh)).toEqual([]);
      // What the slow one still wrote lies under a name that nothing reads; it goes with the next look at the partition.
      for (const store of [tiers.hot, tiers.durable])
        expect(JSON.stringify(await collect(store.scan("p")))).not.toContain("planted");
    },
  );
});
