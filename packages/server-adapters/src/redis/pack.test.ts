import { keyHash } from "@attune/core/memory";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mayHold, pack, repack, unpack } from "./pack.js";

const entries = fc.array(
  fc.record({ key: fc.string({ unit: "binary" }), value: fc.jsonValue() as fc.Arbitrary<unknown> }),
  { minLength: 1, maxLength: 30 },
);
const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("packs", () => {
  it("give back their entries, with positions one after the other", () => {
    fc.assert(
      fc.property(entries, fc.integer({ min: 1, max: 2 ** 51 }), (items, first) => {
        const [only] = pack(items);
        const id = `${first}-${items.length}`;
        const records = unpack({ shard: 2, id, appendedAt: 5, text: only?.text ?? "" });
        expect(records).toEqual(
          items.map(({ key, value }, i) => {
            return { key, value: json(value), shard: 2, position: first + i, appendedAt: 5 };
          }),
        );
      }),
    );
  });

  it("keep the positions and the texts of what is left when some are taken out", () => {
    fc.assert(
      fc.property(entries, fc.infiniteStream(fc.boolean()), (items, coins) => {
        const id = `1000-${items.length}`;
        const all = unpack({ shard: 0, id, appendedAt: 0, text: pack(items)[0]?.text ?? "" });
        const left = all.filter(() => coins.next().value === true);
        expect(unpack({ shard: 0, id, appendedAt: 0, text: repack(id, left) })).toEqual(left);
        const fewer = left.filter(() => coins.next().value === true);
        expect(unpack({ shard: 0, id, appendedAt: 0, text: repack(id, fewer) })).toEqual(fewer);
      }),
    );
  });

  it("say which keys they may hold", () => {
    const [only] = pack([
      { key: "costarring", value: 1 },
      { key: "a", value: 1 },
    ]);
    expect(keyHash("costarring")).toBe(keyHash("liquid"));
    const held = ["costarring", "liquid", "a", "b"].map((key) => mayHold(only?.hashes ?? "", key));
    expect(held).toEqual([true, true, true, false]);
  });

  it("are several where there are many entries, or large ones", () => {
    const many = Array.from({ length: 1201 }, (_, n) => ({ key: "k", value: n }));
    const large = Array.from({ length: 5 }, (_, n) => ({ key: "k", value: "x".repeat(100_000) + n }));
    for (const [items, most] of [
      [many, 500],
      [large, 2],
    ] as const) {
      const packs = pack(items);
      for (const { count } of packs) expect(count).toBeLessThanOrEqual(most);
      const values = packs.flatMap(({ count, text }) =>
        unpack({ shard: 0, id: `1-${count}`, appendedAt: 0, text }).map(({ value }) => value),
      );
      expect(values).toEqual(items.map(({ value }) => value));
    }
  });
});
