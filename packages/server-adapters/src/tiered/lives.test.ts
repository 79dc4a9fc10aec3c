import { AttuneError, isAttuneError } from "@attune/core";
import { memoryStore } from "@attune/core/memory";
import type { AtomicStore, Store } from "@attune/core/ports";
import { createFakeClock } from "@attune/core/testing";
import { describe, expect, it } from "vitest";
import { collect } from "../../test/collect.js";
import { interrupted } from "../../test/interrupted.js";
import { tieredStore } from "./index.js";

const HOUR_MS = 3_600_000;

const rows = async (store: Store): Promise<number> => {
  let count = 0;
  for await (const name of store.partitions("")) count += (await collect(store.scan(name))).length;
  return count;
};

function world() {
  const clock = createFakeClock();
  const [hot, durable] = [memoryStore({ clock }), memoryStore({ clock })];
  let reads = 0;
  const counted = interrupted(
    { hot, durable },
    { before: async () => undefined, after: async () => undefined },
  );
  const counting: Store = {
    ...counted.durable,
    get: (...args) => {
      reads++;
      return durable.get(...args);
    },
  };
  return {
    clock,
    hot,
    durable,
    open: (options: { hotTtlMs?: number } = {}) =>
      tieredStore({ hot, durable: counting, clock, patienceMs: 0, ...options }),
    /** Reads of the durable store since the last time. */
    reads() {
      const before = reads;
      reads = 0;
      return before;
    },
  };
}

describe("lifetimes of both tiers", () => {
  it("T30 what has expired is gone from both stores within one sweep, its partition's head and tokens too", async () => {
    const { clock, hot, durable, open } = world();
    const store = open();
    const expiresAt = clock.now() + HOUR_MS;
    const ops = [
      { op: "put", sort: "event", value: "planted", expiresAt },
      { op: "put", sort: "state", value: 1, expiresAt },
    ] as const;
    await store.commit("p", ops, { once: "token", onceTtl: HOUR_MS });
    await store.delete("p", "state");
    clock.advance(2 * HOUR_MS);
    await store.sweep();
    expect([await rows(hot), await rows(durable)]).toEqual([0, 0]);
    expect(await store.get("p", "event")).toBeNull();
    expect(await store.put("p", "event", 1)).toEqual({ written: true, version: 1 });
  });

  it("a value stands nowhere in the durable store once it is replaced or deleted", async () => {
    const { hot, durable, open } = world();
    const store = open();
    await store.put("p", "a", "planted");
    await store.put("p", "a", "other");
    await store.put("p", "b", "planted");
    await store.delete("p", "b");
    for (const each of [hot, durable])
      expect(JSON.stringify(await collect(each.scan("p")))).not.toContain("planted");
  });

  it("T29 deletePartition leaves no row in the hot store and one without content in the durable one, until a sweep", async () => {
    const { clock, hot, durable, open } = world();
    const store = open();
    for (const sort of ["a", "b"]) await store.commit("p", [{ op: "put", sort, value: 1 }], { once: sort });
    expect(await store.deletePartition("p")).toBe(2);
    expect([await rows(hot), await rows(durable)]).toEqual([0, 1]);
    clock.advance(HOUR_MS);
    await store.sweep();
    expect(await rows(durable)).toBe(0);
  });

  it("a partition leaves the hot store hotTtlMs after its last write, and comes back with its versions", async () => {
    const { clock, hot, open, reads } = world();
    const store = open({ hotTtlMs: 60_000 });
    await store.put("p", "a", 1);
    await store.put("p", "a", 2);
    reads();
    clock.advance(59_000);
    expect((await store.get("p", "a"))?.version).toBe(2);
    expect(reads()).toBe(0);
    clock.advance(2000);
    await store.sweep();
    expect(await rows(hot)).toBe(0);
    expect(await store.put("p", "a", 3, { ifVersion: 2 })).toEqual({ written: true, version: 3 });
    expect(reads()).toBeGreaterThan(0);
  });

  it("remembers for a while that a partition does not exist", async () => {
    const { clock, hot, open, reads } = world();
    const store = open();
    expect(await store.get("nobody", "a")).toBeNull();
    reads();
    expect(await store.get("nobody", "a")).toBeNull();
    expect(reads()).toBe(0);
    clock.advance(HOUR_MS);
    await store.sweep();
    expect(await rows(hot)).toBe(0);
  });
});

describe("what the durable store refuses", () => {
  const refusing = (durable: Store): Store => {
    const check = (sort: string): void => {
      if (sort.length > 300) throw new AttuneError("ATTUNE_STORE_KEY", "Too long.");
    };
    return {
      ...durable,
      async getMany(keys) {
        for (const { sort } of keys) check(sort);
        return durable.getMany(keys);
      },
      async put(partition, sort, value, options) {
        check(sort);
        if (JSON.stringify(value).length > 1000) throw new AttuneError("ATTUNE_STORE_VALUE", "Too large.");
        return durable.put(partition, sort, value, options);
      },
    };
  };
  const durable = memoryStore();
  const open = (): AtomicStore =>
    tieredStore({ hot: memoryStore(), durable: refusing(durable), partBytes: 600 });

  it("is refused before anything is committed, by key and by size", async () => {
    const store = open();
    await store.put("p", "a", 1);
    for (const [sort, value] of [
      ["x".repeat(400), 1],
      ["b", "x".repeat(2000)],
    ] as const) {
      const ops = [
        { op: "put", sort: "a", value: 2 },
        { op: "put", sort, value },
      ] as const;
      await expect(store.commit("p", ops, { once: "token" })).rejects.toThrow();
      expect((await collect(store.scan("p"))).map(({ version }) => version)).toEqual([1]);
    }
    expect(await collect(durable.scan("p", { prefix: "p/" }))).toEqual([]);
    expect(await store.commit("p", [{ op: "put", sort: "a", value: 2 }], { once: "token" })).toEqual({
      status: "committed",
    });
  });

  it("harms none of those that are written with it", async () => {
    const store = open();
    const values = ["small", "x".repeat(2000), "small too"];
    const outcomes = await Promise.allSettled(
      ["first", ...values].map((value, i) => store.put("q", `${i}`, value)),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect((await collect(store.scan("q"))).length).toBe(3);
  });

  it("a time in the hot store that is too short is refused", () => {
    const refusal = (): unknown => {
      try {
        return tieredStore({ hot: memoryStore(), durable: memoryStore(), hotTtlMs: 10 });
      } catch (error) {
        return error;
      }
    };
    expect(isAttuneError(refusal())).toBe(true);
  });
});
