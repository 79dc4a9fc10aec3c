import { assert, collect } from "./assert.js";
import type { StoreCase } from "./store-case.js";

const P = "site/v/one";

/** Several records of one partition at once. */
export const storeCommitCases: readonly StoreCase[] = [
  {
    name: "commit writes and deletes several records at once",
    needs: "atomic",
    async run({ store, clock }) {
      const expiresAt = clock.now() + 60_000;
      await store.put(P, "old", 1);
      const result = await store.commit(P, [
        { op: "put", sort: "state", value: { n: 1 }, ifVersion: 0 },
        { op: "put", sort: "outbox/1", value: [1], expiresAt },
        { op: "delete", sort: "old", ifVersion: 1 },
        { op: "delete", sort: "never" },
        { op: "check", sort: "absent", ifVersion: 0 },
      ]);
      assert.equal(result, { status: "committed" }, "result");
      assert.equal(
        await collect(store.scan(P)),
        [
          { partition: P, sort: "outbox/1", value: [1], version: 1, expiresAt },
          { partition: P, sort: "state", value: { n: 1 }, version: 1 },
        ],
        "records",
      );
    },
  },
  {
    name: "a commit whose condition fails names the record and writes nothing",
    needs: "atomic",
    async run({ store }) {
      await store.put(P, "a", 1);
      await store.put(P, "b", 1);
      const write = { op: "put", sort: "c", value: 1 } as const;
      const gone = { op: "delete", sort: "b" } as const;
      for (const failing of [
        { op: "put", sort: "a", value: 2, ifVersion: 0 },
        { op: "put", sort: "a", value: 2, ifVersion: 7 },
        { op: "delete", sort: "a", ifVersion: 7 },
        { op: "check", sort: "a", ifVersion: 0 },
        { op: "check", sort: "a", ifVersion: 7 },
      ] as const) {
        const result = await store.commit(P, [write, gone, failing], { once: "token" });
        assert.equal(result, { status: "conflict", sort: "a" }, "result");
      }
      const left = (await collect(store.scan(P))).map(({ sort, value, version }) => [sort, value, version]);
      assert.equal(
        left,
        [
          ["a", 1, 1],
          ["b", 1, 1],
        ],
        "records",
      );
      assert.equal(
        await store.commit(P, [write], { once: "token" }),
        { status: "committed" },
        "the token is still free",
      );
    },
  },
  {
    name: "a commit may check what it does not write",
    needs: "atomic",
    async run({ store }) {
      await store.put(P, "guard", 1);
      const ops = [
        { op: "check", sort: "guard", ifVersion: 1 },
        { op: "put", sort: "a", value: 1 },
      ] as const;
      assert.equal(await store.commit(P, ops), { status: "committed" }, "guard stands");
      await store.put(P, "guard", 2);
      assert.equal(await store.commit(P, ops), { status: "conflict", sort: "guard" }, "guard moved");
      assert.equal((await store.get(P, "guard"))?.version, 2, "the check itself writes nothing");
      assert.equal((await store.get(P, "a"))?.version, 1, "written once");
    },
  },
  {
    name: "a commit with a value that has no JSON form writes nothing",
    needs: "atomic",
    async run({ store }) {
      const circle: { self?: unknown } = {};
      circle.self = circle;
      await assert.rejects(
        () =>
          store.commit(
            P,
            [
              { op: "put", sort: "a", value: 1 },
              { op: "put", sort: "b", value: circle },
            ],
            { once: "t" },
          ),
        "circle",
      );
      assert.equal(await collect(store.scan(P)), [], "records");
      assert.equal(
        await store.commit(P, [], { once: "t" }),
        { status: "committed" },
        "the token is still free",
      );
    },
  },
  {
    name: "a commit on a closed store rejects with ATTUNE_STORE_CLOSED",
    needs: "atomic",
    async run({ store }) {
      await store.close();
      await assert.rejects(
        () => store.commit(P, [{ op: "put", sort: "a", value: 1 }]),
        "commit",
        "ATTUNE_STORE_CLOSED",
      );
    },
  },
  {
    name: "a commit may name one record several times: conditions see what stood before, steps are taken in order",
    needs: "atomic",
    async run({ store }) {
      await store.put(P, "a", 1);
      await store.put(P, "b", 1);
      const ops = [
        { op: "put", sort: "a", value: 2, ifVersion: 1 },
        { op: "put", sort: "a", value: 3, ifVersion: 1 },
        { op: "delete", sort: "b" },
        { op: "put", sort: "b", value: 2 },
        { op: "put", sort: "c", value: 1, ifVersion: 0 },
        { op: "delete", sort: "c" },
        { op: "check", sort: "c", ifVersion: 0 },
      ] as const;
      assert.equal(await store.commit(P, ops), { status: "committed" }, "result");
      assert.equal(
        (await collect(store.scan(P))).map(({ sort, value, version }) => [sort, value, version]),
        [
          ["a", 3, 3],
          ["b", 2, 1],
        ],
        "records",
      );
    },
  },
  {
    name: "a commit of nothing succeeds",
    needs: "atomic",
    async run({ store }) {
      assert.equal(await store.commit(P, []), { status: "committed" }, "result");
    },
  },
  {
    name: "conditions of a commit see an expired record as absent",
    needs: "atomic",
    async run({ store, clock }) {
      await store.put(P, "a", 1, { expiresAt: clock.now() + 1500 });
      await clock.advance(2000);
      const ops = [{ op: "put", sort: "a", value: 2, ifVersion: 0 }] as const;
      assert.equal(await store.commit(P, ops), { status: "committed" }, "result");
      assert.equal((await store.get(P, "a"))?.version, 1, "version");
    },
  },
  {
    name: "a once token lets one commit through and changes nothing after that",
    needs: "atomic",
    async run({ store }) {
      const commit = (value: number): Promise<unknown> =>
        store.commit(P, [{ op: "put", sort: "a", value }], { once: "event-1" });
      assert.equal(await commit(1), { status: "committed" }, "first");
      assert.equal(await commit(2), { status: "duplicate" }, "second");
      assert.equal((await store.get(P, "a"))?.value, 1, "value");
      assert.equal(await store.commit(P, [], { once: "event-2" }), { status: "committed" }, "another token");
      assert.equal(
        await store.commit("site/v/two", [], { once: "event-1" }),
        { status: "committed" },
        "another partition",
      );
    },
  },
  {
    name: "a used token is a duplicate even where a condition would fail",
    needs: "atomic",
    async run({ store }) {
      const ops = [{ op: "put", sort: "a", value: 1, ifVersion: 0 }] as const;
      await store.commit(P, ops, { once: "event-1" });
      assert.equal(await store.commit(P, ops, { once: "event-1" }), { status: "duplicate" }, "result");
    },
  },
  {
    name: "once tokens are no records, and last for their time to live",
    needs: "atomic",
    async run({ store, clock }) {
      await store.commit(P, [], { once: "short", onceTtl: 2000 });
      assert.equal(await collect(store.scan(P)), [], "records");
      assert.equal(await collect(store.partitions("")), [], "partitions");
      assert.equal(
        await store.commit(P, [], { once: "short", onceTtl: 2000 }),
        { status: "duplicate" },
        "within",
      );
      await clock.advance(2500);
      await store.sweep();
      assert.equal(
        await store.commit(P, [], { once: "short", onceTtl: 2000 }),
        { status: "committed" },
        "after",
      );
    },
  },
  {
    name: "a once token lasts seven days where no time is given",
    needs: "atomic",
    async run({ store, clock, ownClock }) {
      await store.commit(P, [], { once: "event-1" });
      if (ownClock) await clock.advance(7 * 86_400_000 - 1000);
      await store.sweep();
      assert.equal(await store.commit(P, [], { once: "event-1" }), { status: "duplicate" }, "within");
    },
  },
  {
    name: "in a commit an `expiresAt` of Infinity is never, and so is an `onceTtl` of Infinity",
    needs: "atomic",
    async run({ store, clock, ownClock }) {
      const commit = { once: "event-1", onceTtl: Number.POSITIVE_INFINITY };
      const ops = [
        { op: "put", sort: "a", value: 1, expiresAt: Number.POSITIVE_INFINITY },
        { op: "put", sort: "b", value: 1, expiresAt: clock.now() + 2000 },
      ] as const;
      assert.equal(await store.commit(P, ops, commit), { status: "committed" }, "first");
      await store.commit(P, [], { once: "event-2", onceTtl: 2000 });
      await clock.advance(ownClock ? 100 * 365 * 86_400_000 : 2500);
      await store.sweep();
      assert.equal(await store.commit(P, ops, commit), { status: "duplicate" }, "remembered");
      assert.equal(
        await collect(store.scan(P)),
        [{ partition: P, sort: "a", value: 1, version: 1 }],
        "records",
      );
      assert.equal(await store.commit(P, [], { once: "event-2" }), { status: "committed" }, "the short one");
    },
  },
  {
    name: "in a commit an end that is no time is refused, and nothing is written",
    needs: "atomic",
    async run({ store }) {
      const good = { op: "put", sort: "a", value: 1 } as const;
      const bad = { op: "put", sort: "b", value: 1, expiresAt: Number.NaN } as const;
      const commits = {
        record: () => store.commit(P, [good, bad], { once: "event-1" }),
        token: () => store.commit(P, [good], { once: "event-1", onceTtl: Number.NaN }),
      };
      for (const [what, commit] of Object.entries(commits)) {
        await assert.rejects(commit, what, "ATTUNE_STORE_EXPIRY");
        assert.equal(await collect(store.scan(P)), [], what);
      }
      assert.equal(await store.commit(P, [good], { once: "event-1" }), { status: "committed" }, "the token");
    },
  },
  {
    name: "the empty text is a partition, a sort key and a token like any other",
    needs: "atomic",
    async run({ store }) {
      const ops = [{ op: "put", sort: "", value: 1, ifVersion: 0 }] as const;
      assert.equal(await store.commit("", ops, { once: "" }), { status: "committed" }, "first");
      assert.equal(await store.commit("", ops, { once: "" }), { status: "duplicate" }, "again");
      assert.equal(await store.commit("", ops), { status: "conflict", sort: "" }, "without the token");
      assert.equal(await store.commit("", [], { once: "a" }), { status: "committed" }, "another token");
      const record = { partition: "", sort: "", value: 1, version: 1 };
      assert.equal(await collect(store.scan("")), [record], "scan");
      assert.equal(await collect(store.scan("", { to: "a" })), [record], "scan up to a key");
      assert.equal(await collect(store.scan("", { to: "" })), [], "scan up to nothing");
      assert.equal(await collect(store.partitions("")), [""], "partitions");
      assert.equal(
        await store.commit("", [{ op: "delete", sort: "", ifVersion: 1 }]),
        { status: "committed" },
        "delete",
      );
      assert.equal(await collect(store.partitions("")), [], "nothing left");
      assert.equal(await store.deletePartition(""), 0, "deletePartition");
      assert.equal(await store.commit("", ops, { once: "" }), { status: "committed" }, "token forgotten");
    },
  },
  {
    name: "deletePartition forgets the tokens with the records",
    needs: "atomic",
    async run({ store }) {
      await store.commit(P, [{ op: "put", sort: "a", value: 1 }], { once: "event-1" });
      await store.commit("site/v/two", [], { once: "event-1" });
      assert.equal(await store.deletePartition(P), 1, "count");
      assert.equal(await store.commit(P, [], { once: "event-1" }), { status: "committed" }, "forgotten");
      assert.equal(
        await store.commit("site/v/two", [], { once: "event-1" }),
        { status: "duplicate" },
        "the neighbour's is not",
      );
    },
  },
  {
    name: "of 50 concurrent commits of one token exactly one takes effect",
    needs: "atomic",
    async run({ store }) {
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, i) =>
          store.commit(P, [{ op: "put", sort: `effect/${i}`, value: i }], { once: "event-1" }),
        ),
      );
      assert.equal(results.filter(({ status }) => status === "committed").length, 1, "committed");
      assert.equal(results.filter(({ status }) => status === "duplicate").length, 49, "duplicates");
      assert.equal((await collect(store.scan(P))).length, 1, "effects");
    },
  },
  {
    name: "20 concurrent commits over the same two records keep them equal and lose none",
    needs: "atomic",
    async run({ store }) {
      const add = async (i: number): Promise<void> => {
        for (;;) {
          const [a, b] = await store.getMany<number>([
            { partition: P, sort: "a" },
            { partition: P, sort: "b" },
          ]);
          const result = await store.commit(
            P,
            [
              { op: "put", sort: "a", value: (a?.value ?? 0) + 1, ifVersion: a?.version ?? 0 },
              { op: "put", sort: "b", value: (b?.value ?? 0) + 1, ifVersion: b?.version ?? 0 },
            ],
            { once: `event-${i}` },
          );
          if (result.status === "committed") return;
        }
      };
      await Promise.all(Array.from({ length: 20 }, (_, i) => add(i)));
      const [a, b] = await store.getMany<number>([
        { partition: P, sort: "a" },
        { partition: P, sort: "b" },
      ]);
      assert.equal([a?.value, b?.value], [20, 20], "counts");
    },
  },
  {
    name: "commits to 30 partitions at once all arrive",
    needs: "atomic",
    async run({ store }) {
      const names = Array.from({ length: 30 }, (_, i) => `site/v/${String(i).padStart(2, "0")}`);
      await Promise.all(
        names.map((name) =>
          store.commit(name, [
            { op: "put", sort: "state", value: { name } },
            { op: "put", sort: "log", value: 1 },
          ]),
        ),
      );
      assert.equal(await collect(store.partitions("site/v/")), names, "partitions");
      for (const name of names) assert.equal((await store.get(name, "state"))?.value, { name }, "value");
    },
  },
  {
    name: "records and tokens of a commit are there when opened again",
    needs: ["atomic", "durable"],
    async run({ store, reopen }) {
      await store.commit(P, [{ op: "put", sort: "a", value: 1 }], { once: "event-1" });
      const again = await reopen();
      assert.equal((await again.get(P, "a"))?.value, 1, "record");
      assert.equal(await again.commit(P, [], { once: "event-1" }), { status: "duplicate" }, "token");
    },
  },
];
