import { seededRandom } from "@attune/core";
import { memoryStore } from "@attune/core/memory";
import type { AtomicStore, StoreOp } from "@attune/core/ports";
import { describe, expect, it } from "vitest";
import { collect } from "../../test/collect.js";
import { interrupted } from "../../test/interrupted.js";
import type { Tiers } from "../../test/surviving.js";
import { tieredStore } from "./index.js";
import { HEAD } from "./layout.js";

/** More of them in the long proof. */
const RUNS = Number(process.env.ATTUNE_HISTORIES ?? 20);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Every call takes a while before and after it is done, and now and then long. */
function unsteady(tiers: Tiers, random: () => number): Tiers {
  const pause = async (): Promise<void> => {
    const turns = random() < 0.05 ? 60 : Math.floor(random() * 4);
    for (let i = 0; i < turns; i++) await turn();
  };
  return interrupted(tiers, { before: pause, after: (isWrite) => (isWrite ? pause() : Promise.resolve()) });
}

/** Adds one to two of many records, in one commit; which two, chance says. */
async function add(store: AtomicStore, size: number, random: () => number): Promise<void> {
  const sorts = ["all", `n/${Math.floor(random() * size)}`];
  for (;;) {
    const records = await store.getMany<number>(sorts.map((sort) => ({ partition: "p", sort })));
    const ops = sorts.map(
      (sort, i): StoreOp => ({
        op: "put",
        sort,
        value: (records[i]?.value ?? 0) + 1,
        ifVersion: records[i]?.version ?? 0,
      }),
    );
    if ((await store.commit("p", ops)).status === "conflict") continue;
    // Who was answered finds what was written.
    const mine = await store.get<number>("p", "all");
    expect(mine?.version).toBeGreaterThan(records[0]?.version ?? 0);
    return;
  }
}

async function race(seed: number): Promise<void> {
  const random = seededRandom(seed);
  // Beyond one page of filling, and within one.
  const size = random() < 0.5 ? 700 : 5;
  const tiers = { hot: memoryStore(), durable: memoryStore() };
  const open = (): AtomicStore => tieredStore({ ...unsteady(tiers, random), patienceMs: random() * 10 });
  const start = Array.from({ length: size }, (_, i): StoreOp => ({ op: "put", sort: `n/${i}`, value: 0 }));
  await tieredStore(tiers).commit("p", start);

  let isOver = false;
  const whileOn = async (task: () => Promise<void>): Promise<void> => {
    while (!isOver) await task();
  };
  const losses = whileOn(async () => {
    for (let i = 0; i < 20 + random() * 300; i++) await turn();
    await tiers.hot.deletePartition("p");
  });
  const reader = open();
  let latest = 0;
  const reads = whileOn(async () => {
    const [all, ...parts] = await reader.getMany<number>(
      ["all", ...start.map(({ sort }) => sort)].map((sort) => ({ partition: "p", sort })),
    );
    expect(all?.version ?? 0).toBeGreaterThanOrEqual(latest);
    latest = all?.version ?? 0;
    // Of every commit both halves, or neither.
    expect(parts.reduce((sum, part) => sum + (part?.value ?? Number.NaN), 0)).toBe(all?.value ?? 0);
    const records = await collect(reader.scan("p", { prefix: "n/" }));
    expect(records.length).toBe(size);
  });
  const writers = Array.from({ length: 3 }, async () => {
    const store = open();
    for (let i = 0; i < 6; i++) await add(store, size, random);
  });
  await Promise.all(writers).finally(() => {
    isOver = true;
  });
  await Promise.all([losses, reads]);
  const [seen, kept] = await Promise.all(
    [tiers.hot, memoryStore()].map((hot) => collect(tieredStore({ ...tiers, hot }).scan<number>("p"))),
  );
  expect(seen).toEqual(kept);
  expect(seen?.find(({ sort }) => sort === "all")).toMatchObject({ value: 18, version: 18 });
  expect((seen ?? []).reduce((sum, { value }) => sum + value, 0)).toBe(36);
}

describe("three processes write while a fourth reads and the hot store is lost again and again", () => {
  it(
    `loses nothing, counts nothing twice and never goes back, in ${RUNS} runs`,
    async () => {
      for (let seed = 1; seed <= RUNS; seed++)
        await race(seed).catch((cause: unknown) => {
          throw new Error(`seed ${seed}`, { cause });
        });
    },
    60_000 + RUNS * 1000,
  );
});

describe("a partition that is being filled while another process commits and dies over it", () => {
  it("is filled with the whole commit", async () => {
    const tiers = { hot: memoryStore(), durable: memoryStore() };
    await tieredStore(tiers).commit("p", pair(1));

    // It has read the hot store and is about to write the durable head; it dies once one of two records is written.
    let goOn = (): void => undefined;
    let rows = 0;
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let arrive = (): void => undefined;
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const dying = tieredStore({
      hot: tiers.hot,
      durable: {
        ...tiers.durable,
        async put(partition, sort, value, options) {
          if (sort === HEAD) {
            arrive();
            await gate;
          } else if (++rows > 1) throw new Error("The process is dead.");
          return tiers.durable.put(partition, sort, value, options);
        },
      },
    });
    const committing = dying.commit("p", pair(2)).catch(() => "dead");
    await arrived;
    await tiers.hot.deletePartition("p");

    // It has read the durable head and is about to read the records.
    let isFirst = true;
    const filling = tieredStore({
      hot: tiers.hot,
      durable: {
        ...tiers.durable,
        async *scan<V>(...args: Parameters<AtomicStore["scan"]>) {
          if (isFirst) {
            isFirst = false;
            goOn();
            await committing;
          }
          yield* tiers.durable.scan<V>(...args);
        },
      },
    });
    const found = await collect(filling.scan("p"));
    expect(found.map(({ value }) => value)).toEqual([2, 2]);
    expect(await committing).toBe("dead");
  });
});

const pair = (value: number): StoreOp[] => ["a", "b"].map((sort) => ({ op: "put", sort, value }));
