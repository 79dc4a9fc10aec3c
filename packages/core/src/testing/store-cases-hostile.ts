import { isAttuneError } from "../kernel/errors.js";
import { assert, collect } from "./assert.js";
import type { StoreCase } from "./store-case.js";

/** Names that break naive key schemes: nothing at all, prototypes, separators and tags of engines, their query languages, control characters. */
const NAMES = [
  "",
  "__proto__",
  "constructor",
  "constructor.prototype",
  "toString",
  "}{tag}",
  "{a}{b}",
  "a:b",
  "a/b",
  "a|b#c",
  "a\\b",
  "'; DROP TABLE users; --",
  "#name = :value",
  "*?[a-z]",
  "line\nbreak\r\tand tab",
  "\u0001\u0002",
  " ",
  "ünï ©ødé 😀",
  "$where",
  "../../etc",
];

/** T20: what an attacker may put into ids and values. */
export const storeHostileCases: readonly StoreCase[] = [
  {
    name: "T20 hostile names work as partition and as sort key, and never meet",
    async run({ store }) {
      for (const name of NAMES) {
        await store.put(name, "sort", { name });
        await store.put("hostile", name, { name });
      }
      for (const name of NAMES) {
        assert.equal((await store.get(name, "sort"))?.value, { name }, "as partition");
        assert.equal((await store.get("hostile", name))?.value, { name }, "as sort key");
      }
      const found = (await collect(store.scan("hostile"))).map(({ sort }) => sort);
      assert.equal(found, [...NAMES].sort(), "order");
      assert.equal(await collect(store.partitions("")), [...NAMES, "hostile"].sort(), "partitions");
      for (const name of NAMES) {
        assert.equal(await store.deletePartition(name), 1, "deletePartition");
        assert.equal(await store.delete("hostile", name), true, "delete");
      }
      assert.equal(await collect(store.partitions("")), [], "nothing left");
    },
  },
  {
    name: "T20 names that join to the same text are different records",
    async run({ store }) {
      const pairs = [
        ["a", "b/c"],
        ["a/b", "c"],
        ["a:b", "c"],
        ["a", "b:c"],
        ["a#b", "c"],
        ["a", "b#c"],
        ["a\u0001", "b"],
        ["a", "\u0001b"],
      ] as const;
      for (const [partition, sort] of pairs)
        await store.put(partition, sort, `${partition} and ${sort}`, { ifVersion: 0 });
      for (const [partition, sort] of pairs) {
        assert.equal((await store.get(partition, sort))?.value, `${partition} and ${sort}`, "value");
      }
    },
  },
  {
    name: "T20 `__proto__` and its like are ordinary keys in values, and prototypes stay as they are",
    async run({ store }) {
      const text =
        '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"a":{"__proto__":1}}';
      await store.put("hostile", "value", JSON.parse(text));
      const record = await store.get("hostile", "value");
      assert.equal(JSON.stringify(record?.value), text, "value");
      assert.ok(!("polluted" in {}), "Object.prototype");
    },
  },
  {
    name: "T20 strings in values come back exactly: NUL, lone surrogates, quotes",
    async run({ store }) {
      const value = [
        "\u0000",
        "a\u0000b",
        "\ud800",
        "\udc00x",
        '"',
        "\\",
        "\u2028",
        "</script>",
        "\u007f\u0080",
      ];
      await store.put("hostile", "value", value);
      assert.equal((await store.get("hostile", "value"))?.value, value, "value");
    },
  },
  {
    name: "T20 ids of 10 kB, with NUL or with a lone surrogate work or are refused, and harm nothing",
    async run({ store }) {
      await store.put("hostile", "good", 1);
      for (const name of ["x".repeat(10_240), "😀".repeat(5000), "a\u0000b", "\u0000", "\ud800", "\udc00a"]) {
        for (const [partition, sort] of [
          [name, "sort"],
          ["hostile", name],
        ] as const) {
          const refusal = await store.put(partition, sort, { long: true }).then(
            () => null,
            (error: unknown) => error,
          );
          if (refusal === null) {
            assert.equal((await store.get(partition, sort))?.value, { long: true }, "read back");
            assert.equal(await store.delete(partition, sort), true, "delete");
          } else {
            assert.ok(isAttuneError(refusal), "the refusal is an AttuneError");
            assert.ok(!refusal.message.includes(name), "the refusal does not repeat the id");
          }
        }
      }
      assert.equal(
        (await collect(store.scan("hostile"))).map(({ sort }) => sort),
        ["good"],
        "what is left",
      );
    },
  },
  {
    name: "T20 a value nested 100,000 deep is refused with an AttuneError and harms nothing",
    async run({ store }) {
      let deep: unknown = 1;
      for (let i = 0; i < 100_000; i++) deep = [deep];
      await assert.rejects(() => store.put("hostile", "deep", deep), "deep");
      assert.equal(await store.get("hostile", "deep"), null, "nothing written");
      assert.equal(await store.put("hostile", "deep", 1), { written: true, version: 1 }, "the store lives");
    },
  },
  {
    name: "a value of 300 kB comes back whole",
    async run({ store }) {
      const value = { text: "ä€😀x".repeat(20_000), list: Array.from({ length: 2000 }, (_, i) => i) };
      await store.put("large", "value", value);
      assert.equal((await store.get("large", "value"))?.value, value, "value");
    },
  },
];
