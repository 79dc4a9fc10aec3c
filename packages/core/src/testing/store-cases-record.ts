import { assert, collect } from "./assert.js";
import type { StoreCase } from "./store-case.js";

const P = "site/v/one";

/** One record at a time: versions, conditions, expiry, isolation. */
export const storeRecordCases: readonly StoreCase[] = [
  {
    name: "reads back what was written, null where nothing was",
    async run({ store }) {
      assert.equal(await store.get(P, "a"), null, "before");
      const value = {
        text: "ä € 😀",
        number: -1.5e-7,
        nested: [{ yes: true, no: false, none: null }, []],
        empty: {},
      };
      assert.equal(await store.put(P, "a", value), { written: true, version: 1 }, "put");
      assert.equal(await store.get(P, "a"), { partition: P, sort: "a", value, version: 1 }, "get");
      assert.equal(await store.get("site/v/two", "a"), null, "another partition");
      assert.equal(await store.get(P, "b"), null, "another sort key");
    },
  },
  {
    name: "keeps strings, numbers, booleans, null and arrays as values",
    async run({ store }) {
      for (const value of ["", "text", 0, 1.1, Number.MAX_SAFE_INTEGER, true, false, null, [], [1, [2]]]) {
        await store.put(P, "a", value);
        assert.equal((await store.get(P, "a"))?.value, value, "value");
      }
    },
  },
  {
    name: "counts versions up from 1 with every write",
    async run({ store }) {
      for (let version = 1; version <= 5; version++) {
        assert.equal(await store.put(P, "a", { version }), { written: true, version }, "put");
      }
      assert.equal((await store.get(P, "a"))?.version, 5, "version read");
      assert.equal(await store.put(P, "b", 1), { written: true, version: 1 }, "another record has its own");
    },
  },
  {
    name: "getMany keeps the order of the keys, with null for what is not there and repeats repeated",
    async run({ store }) {
      await store.put(P, "a", 1);
      await store.put("site/v/two", "b", 2);
      const keys = [
        { partition: "site/v/two", sort: "b" },
        { partition: P, sort: "none" },
        { partition: P, sort: "a" },
        { partition: "site/v/two", sort: "b" },
      ];
      const values = (await store.getMany<number>(keys)).map((record) => record?.value ?? null);
      assert.equal(values, [2, null, 1, 2], "values");
      assert.equal(await store.getMany([]), [], "no keys");
    },
  },
  {
    name: "ifVersion 0 writes only where nothing is",
    async run({ store }) {
      assert.equal(
        await store.put(P, "a", "first", { ifVersion: 0 }),
        { written: true, version: 1 },
        "absent",
      );
      assert.equal(
        await store.put(P, "a", "second", { ifVersion: 0 }),
        { written: false, version: 1 },
        "present",
      );
      assert.equal((await store.get(P, "a"))?.value, "first", "value");
    },
  },
  {
    name: "ifVersion n writes only over version n and says which stands there",
    async run({ store }) {
      assert.equal(await store.put(P, "a", 1, { ifVersion: 1 }), { written: false, version: 0 }, "absent");
      await store.put(P, "a", 1);
      await store.put(P, "a", 2);
      assert.equal(await store.put(P, "a", 3, { ifVersion: 1 }), { written: false, version: 2 }, "stale");
      assert.equal(await store.put(P, "a", 3, { ifVersion: 2 }), { written: true, version: 3 }, "current");
      assert.equal((await store.get(P, "a"))?.value, 3, "value");
    },
  },
  {
    name: "of 20 concurrent creations exactly one wins",
    async run({ store }) {
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) => store.put(P, "a", { writer: i }, { ifVersion: 0 })),
      );
      const winners = results.flatMap(({ written }, writer) => (written ? [writer] : []));
      assert.equal(winners.length, 1, "winners");
      assert.equal(
        await store.get(P, "a"),
        { partition: P, sort: "a", value: { writer: winners[0] }, version: 1 },
        "record",
      );
    },
  },
  {
    name: "20 concurrent writers that read, add one and retry lose no update",
    async run({ store }) {
      await store.put(P, "count", 0);
      const add = async (): Promise<void> => {
        for (;;) {
          const record = await store.get<number>(P, "count");
          const done = await store.put(P, "count", (record?.value ?? 0) + 1, {
            ifVersion: record?.version ?? 0,
          });
          if (done.written) return;
        }
      };
      await Promise.all(Array.from({ length: 20 }, add));
      assert.equal((await store.get(P, "count"))?.value, 20, "count");
      assert.equal((await store.get(P, "count"))?.version, 21, "version");
    },
  },
  {
    name: "delete says whether a record was there, and versions begin again after it",
    async run({ store }) {
      assert.equal(await store.delete(P, "a"), false, "absent");
      await store.put(P, "a", 1);
      await store.put(P, "a", 2);
      assert.equal(await store.delete(P, "a"), true, "present");
      assert.equal(await store.get(P, "a"), null, "gone");
      assert.equal(await store.delete(P, "a"), false, "twice");
      assert.equal(await store.put(P, "a", 3, { ifVersion: 0 }), { written: true, version: 1 }, "again");
    },
  },
  {
    name: "an expired record is gone for every reader and writer",
    async run({ store, clock }) {
      const expiresAt = clock.now() + 2000;
      await store.put(P, "short", "x", { expiresAt });
      await store.put(P, "long", "y");
      assert.equal((await store.get(P, "short"))?.expiresAt, expiresAt, "expiry read");
      assert.ok(!("expiresAt" in ((await store.get(P, "long")) ?? {})), "no expiry where none was given");
      await clock.advance(2000);
      assert.equal(await store.get(P, "short"), null, "get");
      assert.equal(await store.getMany([{ partition: P, sort: "short" }]), [null], "getMany");
      assert.equal(
        (await collect(store.scan(P))).map(({ sort }) => sort),
        ["long"],
        "scan",
      );
      assert.equal(await store.delete(P, "short"), false, "delete");
      assert.equal(
        await store.put(P, "short", "z", { ifVersion: 1 }),
        { written: false, version: 0 },
        "stale version",
      );
      assert.equal(await store.put(P, "short", "z", { ifVersion: 0 }), { written: true, version: 1 }, "anew");
    },
  },
  {
    name: "a record whose time was over before it was written is not there",
    async run({ store, clock }) {
      for (const expiresAt of [clock.now() - 1000, 1, 0]) {
        await store.put(P, "a", 1);
        assert.equal(await store.put(P, "a", 2, { expiresAt }), { written: true, version: 2 }, "written");
        assert.equal(await store.get(P, "a"), null, `until ${expiresAt}`);
        assert.equal(await collect(store.scan(P)), [], "scan");
        assert.equal(await collect(store.partitions("")), [], "partitions");
      }
    },
  },
  {
    name: "a later write without expiry makes the record stay",
    async run({ store, clock }) {
      await store.put(P, "a", 1, { expiresAt: clock.now() + 2000 });
      await store.put(P, "a", 2);
      await clock.advance(3000);
      assert.equal((await store.get(P, "a"))?.value, 2, "value");
    },
  },
  {
    name: "an `expiresAt` of Infinity is never, as if it were left out",
    async run({ store, clock, ownClock }) {
      await store.put(P, "a", 1, { expiresAt: Number.POSITIVE_INFINITY });
      await store.put(P, "b", 1, { expiresAt: clock.now() + 2000 });
      await store.put(P, "b", 2, { expiresAt: Number.POSITIVE_INFINITY });
      await clock.advance(ownClock ? 100 * 365 * 86_400_000 : 2500);
      assert.equal(await store.sweep(), 0, "swept");
      const a = { partition: P, sort: "a", value: 1, version: 1 };
      const b = { partition: P, sort: "b", value: 2, version: 2 };
      assert.equal(await store.get(P, "a"), a, "get");
      assert.equal(await store.getMany([{ partition: P, sort: "b" }]), [b], "getMany");
      assert.equal(await collect(store.scan(P)), [a, b], "scan");
      assert.equal(await store.put(P, "a", 3, { ifVersion: 1 }), { written: true, version: 2 }, "over it");
    },
  },
  {
    name: "an `expiresAt` that is no time is refused, and nothing is written",
    async run({ store, clock }) {
      for (const expiresAt of [Number.NaN, Number.NEGATIVE_INFINITY])
        await assert.rejects(
          () => store.put(P, "a", 1, { expiresAt }),
          String(expiresAt),
          "ATTUNE_STORE_EXPIRY",
        );
      assert.equal(await store.get(P, "a"), null, "get");
      await store.put(P, "a", 1, { expiresAt: clock.now() + 60_000 });
      assert.equal((await store.get(P, "a"))?.value, 1, "the store lives");
    },
  },
  {
    name: "neither side can change the other's value",
    async run({ store }) {
      const written = { list: [1], inner: { text: "kept" } };
      await store.put(P, "a", written);
      written.list.push(2);
      written.inner.text = "changed by the writer";
      const first = await store.get<typeof written>(P, "a");
      assert.equal(first?.value, { list: [1], inner: { text: "kept" } }, "after the writer's change");
      first?.value.list.push(3);
      const [one, two] = await store.getMany<typeof written>(
        [P, P].map((partition) => ({ partition, sort: "a" })),
      );
      one?.value.list.push(4);
      assert.equal(two?.value.list, [1], "after a change to the same record, asked for twice");
      for await (const { value } of store.scan<typeof written>(P)) value.inner.text = "changed by a reader";
      assert.equal(
        (await store.get(P, "a"))?.value,
        { list: [1], inner: { text: "kept" } },
        "after readers' changes",
      );
    },
  },
  {
    name: "what is written is there when opened again",
    needs: "durable",
    async run({ store, reopen }) {
      await store.put(P, "a", { n: 1 });
      await store.put(P, "a", { n: 2 });
      const again = await reopen();
      assert.equal(
        await again.get(P, "a"),
        { partition: P, sort: "a", value: { n: 2 }, version: 2 },
        "record",
      );
      assert.equal(
        await again.put(P, "a", 3, { ifVersion: 2 }),
        { written: true, version: 3 },
        "next version",
      );
    },
  },
  {
    name: "calls on a closed store reject with ATTUNE_STORE_CLOSED",
    async run({ store }) {
      await store.put(P, "a", 1);
      await store.close();
      const calls: Record<string, () => Promise<unknown>> = {
        get: () => store.get(P, "a"),
        getMany: () => store.getMany([{ partition: P, sort: "a" }]),
        put: () => store.put(P, "a", 1),
        delete: () => store.delete(P, "a"),
        scan: () => collect(store.scan(P)),
        deletePartition: () => store.deletePartition(P),
        partitions: () => collect(store.partitions("")),
        sweep: () => store.sweep(),
      };
      for (const [name, call] of Object.entries(calls))
        await assert.rejects(call, name, "ATTUNE_STORE_CLOSED");
      await store.close();
    },
  },
];
