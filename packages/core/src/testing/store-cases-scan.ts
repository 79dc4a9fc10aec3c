import { seededRandom } from "../kernel/random.js";
import type { ScanRange } from "../ports/store.js";
import { assert, collect } from "./assert.js";
import type { StoreCase, StoreContext } from "./store-case.js";

const P = "site/v/one";

/** Sort keys in code-unit order; `😀` (a surrogate pair, D83D DE00) comes before `ﬁ` (FB01), which UTF-8 orders the other way. */
const ORDERED = [
  "!",
  "0",
  "1",
  "10",
  "2",
  "A",
  "Z",
  "a",
  "a/1",
  "a/10",
  "a/2",
  "aa",
  "b",
  "~",
  "é",
  "ü",
  "€",
  "😀",
  "ﬁ",
];

async function fill({ store }: StoreContext, sorts: readonly string[]): Promise<void> {
  // Out of order, and with neighbours that a scan of P must not reach.
  for (const sort of [...sorts].reverse()) await store.put(P, sort, { sort });
  for (const neighbour of ["site/v/on", "site/v/one!", "site/v/one\u0001", "site/v/one/", "site/v/onf"])
    await store.put(neighbour, "a", 0);
}

async function sorts({ store }: StoreContext, range?: ScanRange): Promise<string[]> {
  return (await collect(store.scan(P, range))).map(({ sort }) => sort);
}

/** Whole partitions and ranges of one. */
export const storeScanCases: readonly StoreCase[] = [
  {
    name: "scans in code-unit order, also beyond ASCII",
    async run(context) {
      await fill(context, ORDERED);
      assert.equal(await sorts(context), ORDERED, "forwards");
      assert.equal(await sorts(context, { reverse: true }), [...ORDERED].reverse(), "backwards");
      assert.equal([...ORDERED].sort(), ORDERED, "the expectation itself");
    },
  },
  {
    name: "scan carries whole records",
    async run({ store, clock }) {
      const expiresAt = clock.now() + 60_000;
      await store.put(P, "a", 1);
      await store.put(P, "a", 2, { expiresAt });
      assert.equal(
        await collect(store.scan(P)),
        [{ partition: P, sort: "a", value: 2, version: 2, expiresAt }],
        "record",
      );
    },
  },
  {
    name: "from is within the range, to is not",
    async run(context) {
      await fill(context, ORDERED);
      assert.equal(await sorts(context, { from: "1", to: "Z" }), ["1", "10", "2", "A"], "both");
      assert.equal(
        await sorts(context, { from: "1", to: "Z", reverse: true }),
        ["A", "2", "10", "1"],
        "both, reversed",
      );
      assert.equal(await sorts(context, { from: "€" }), ["€", "😀", "ﬁ"], "from");
      assert.equal(await sorts(context, { to: "1" }), ["!", "0"], "to");
      assert.equal(await sorts(context, { from: "b", to: "b" }), [], "empty");
      assert.equal(await sorts(context, { from: "z", to: "a" }), [], "upside down");
      assert.equal(await sorts(context, { from: "a/11", to: "a/1~" }), [], "between two keys");
    },
  },
  {
    name: "prefix narrows, alone and with from and to",
    async run(context) {
      await fill(context, ORDERED);
      assert.equal(await sorts(context, { prefix: "a/" }), ["a/1", "a/10", "a/2"], "alone");
      assert.equal(await sorts(context, { prefix: "a/", reverse: true }), ["a/2", "a/10", "a/1"], "reversed");
      assert.equal(await sorts(context, { prefix: "a/", from: "a/10" }), ["a/10", "a/2"], "with from");
      assert.equal(await sorts(context, { prefix: "a/", to: "a/2" }), ["a/1", "a/10"], "with to");
      assert.equal(await sorts(context, { prefix: "a/", from: "b" }), [], "beyond");
      assert.equal(await sorts(context, { prefix: "😀" }), ["😀"], "beyond ASCII");
      assert.equal(await sorts(context, { prefix: "none" }), [], "none");
      assert.equal(await sorts(context, { prefix: "" }), ORDERED, "empty");
    },
  },
  {
    name: "limit counts records, from either end",
    async run(context) {
      await fill(context, ORDERED);
      assert.equal(await sorts(context, { limit: 3 }), ORDERED.slice(0, 3), "first three");
      assert.equal(await sorts(context, { limit: 2, reverse: true }), ["ﬁ", "😀"], "last two");
      assert.equal(await sorts(context, { prefix: "a/", limit: 2 }), ["a/1", "a/10"], "of a prefix");
      assert.equal(await sorts(context, { limit: 0 }), [], "none");
      assert.equal(await sorts(context, { limit: 999 }), ORDERED, "more than there are");
    },
  },
  {
    name: "limit passes over expired records without counting them",
    async run(context) {
      const { store, clock } = context;
      const gone = clock.now() + 1500;
      for (let i = 0; i < 300; i++)
        await store.put(P, String(1000 + i), i, i % 100 === 99 ? {} : { expiresAt: gone });
      await clock.advance(2000);
      assert.equal(await sorts(context, { limit: 2 }), ["1099", "1199"], "limit");
      assert.equal(await sorts(context), ["1099", "1199", "1299"], "all");
    },
  },
  {
    name: "scans thousands of records whole, and can be left half-way",
    async run(context) {
      const { store } = context;
      const names = Array.from({ length: 2500 }, (_, i) => `k/${String(i).padStart(5, "0")}`);
      for (let i = 0; i < names.length; i += 100) {
        await Promise.all(names.slice(i, i + 100).map((sort) => store.put(P, sort, { sort })));
      }
      assert.equal(await sorts(context), names, "forwards");
      assert.equal(
        await sorts(context, { reverse: true, limit: 1200 }),
        [...names].reverse().slice(0, 1200),
        "backwards",
      );
      for await (const { sort } of store.scan(P)) if (sort === "k/00700") break;
      assert.equal(await store.put(P, "k/00700", 0), { written: true, version: 2 }, "a write after it");
    },
  },
  {
    name: "records can be deleted while they are scanned",
    async run(context) {
      const { store } = context;
      for (let i = 0; i < 400; i++) await store.put(P, String(1000 + i), i);
      const seen: string[] = [];
      for await (const { sort } of store.scan(P)) {
        seen.push(sort);
        await store.delete(P, sort);
      }
      assert.equal(seen.length, 400, "seen");
      assert.equal(await sorts(context), [], "left");
    },
  },
  {
    name: "deletePartition removes all of it, says how many, and touches no neighbour",
    async run(context) {
      const { store } = context;
      await fill(context, ORDERED);
      assert.equal(await store.deletePartition(P), ORDERED.length, "count");
      assert.equal(await sorts(context), [], "left");
      assert.equal((await collect(store.partitions(""))).length, 5, "neighbours");
      assert.equal(await store.deletePartition(P), 0, "twice");
      assert.equal(await store.put(P, "a", 1), { written: true, version: 1 }, "anew");
    },
  },
  {
    name: "partitions lists the names with a prefix, in order, without those that are empty",
    async run({ store, clock }) {
      for (const name of [
        "s/v/b",
        "s/v/a",
        "s/v/ab",
        "s/u/a",
        "s/w",
        "t/v/a",
        "s/v/expired",
        "s/v/deleted",
      ]) {
        await store.put(name, "1", 1, name === "s/v/expired" ? { expiresAt: clock.now() + 1500 } : {});
        await store.put(name, "2", 2, name === "s/v/expired" ? { expiresAt: clock.now() + 1500 } : {});
      }
      await store.deletePartition("s/v/deleted");
      await clock.advance(2000);
      assert.equal(await collect(store.partitions("s/v/")), ["s/v/a", "s/v/ab", "s/v/b"], "prefix");
      assert.equal(
        await collect(store.partitions("")),
        ["s/u/a", "s/v/a", "s/v/ab", "s/v/b", "s/w", "t/v/a"],
        "all",
      );
      assert.equal(await collect(store.partitions("none")), [], "none");
    },
  },
  {
    name: "partitions lists each name once, also while those that were listed are removed and others come",
    async run({ store }) {
      const names = Array.from({ length: 60 }, (_, i) => `s/v/${100 + i}`);
      for (const name of names) await store.put(name, "1", 1);
      const listed: string[] = [];
      for await (const name of store.partitions("s/v/")) {
        listed.push(name);
        await store.deletePartition(name);
        await store.put("s/u/later", String(listed.length), 1);
      }
      assert.equal(listed, names, "listed");
      assert.equal(await collect(store.partitions("")), ["s/u/later"], "left");
    },
  },
  {
    name: "sweep removes what has expired and nothing else",
    async run(context) {
      const { store, clock, ownClock } = context;
      for (let i = 0; i < 30; i++)
        await store.put(P, String(100 + i), i, { expiresAt: clock.now() + (i < 20 ? 1500 : 9e6) });
      await store.put(P, "stays", 1);
      assert.equal(await store.sweep(), 0, "before");
      await clock.advance(2000);
      const swept = await store.sweep();
      // An engine that expires by itself may have been quicker.
      assert.ok(swept === 20 || swept === 0, "swept");
      assert.equal((await sorts(context)).length, 11, "left");
      assert.equal(await store.sweep(), 0, "twice");
      if (!ownClock) return;
      await clock.advance(-2000);
      assert.equal((await sorts(context)).length, 11, "there when nothing has expired yet: not hidden, gone");
    },
  },
  {
    name: "600 random operations agree with a model",
    async run(context) {
      const { store } = context;
      const random = seededRandom(7);
      const model = new Map<string, { value: number; version: number }>();
      const key = (): string =>
        `${["a", "b", "c", "😀", "ﬁ"][Math.floor(random() * 5)]}${Math.floor(random() * 12)}`;
      for (let i = 0; i < 600; i++) {
        const sort = key();
        const known = model.get(sort);
        const dice = random();
        if (dice < 0.45) {
          const version = (known?.version ?? 0) + 1;
          assert.equal(await store.put(P, sort, i), { written: true, version }, "put");
          model.set(sort, { value: i, version });
        } else if (dice < 0.6) {
          const ifVersion = Math.floor(random() * 3);
          const matches = ifVersion === (known?.version ?? 0);
          const version = matches ? ifVersion + 1 : (known?.version ?? 0);
          assert.equal(await store.put(P, sort, i, { ifVersion }), { written: matches, version }, "put if");
          if (matches) model.set(sort, { value: i, version });
        } else if (dice < 0.8) {
          assert.equal(await store.delete(P, sort), model.delete(sort), "delete");
        } else {
          const [a, b] = [key(), key()];
          const range = { from: a, to: b, limit: 1 + Math.floor(random() * 9), reverse: random() < 0.5 };
          const expected = [...model.keys()].sort().filter((each) => each >= a && each < b);
          if (range.reverse) expected.reverse();
          assert.equal(await sorts(context, range), expected.slice(0, range.limit), "scan");
        }
      }
      const all = (await collect(store.scan<number>(P))).map(({ sort, value, version }) => [
        sort,
        value,
        version,
      ]);
      const expected = [...model.keys()]
        .sort()
        .map((sort) => [sort, model.get(sort)?.value, model.get(sort)?.version]);
      assert.equal(all, expected, "at the end");
    },
  },
];
