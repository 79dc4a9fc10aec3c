import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkedPrefix, literally, logKeys, quote, storeKeys, toBounds, unquote } from "./keys.js";

const odd = [
  "\0",
  "\u0001",
  "%",
  "{",
  "}",
  "}:r",
  "*",
  "[",
  "\\",
  "é",
  "\ud83d",
  "\ude00",
  "\uffff",
  "a",
  "/",
];
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.constantFrom(...odd)).map((units) => units.join("")),
);

describe("T20 keys", () => {
  it("any text is quoted in ASCII without braces and globs, and comes back", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(quote(text)).toMatch(/^[A-Za-z0-9_.~/:@+,%-]*$/);
        expect(unquote(quote(text))).toBe(text);
      }),
    );
  });

  it("the quoted form of a beginning is the beginning of the quoted form", () => {
    fc.assert(
      fc.property(anyText, anyText, (start, rest) => {
        expect(quote(start + rest).startsWith(quote(start))).toBe(true);
      }),
    );
  });

  it("all keys of a partition share the one hash tag that they have, and no other partition has it", () => {
    const tag = (key: string): string | undefined => /^[^{}]*\{([^{}]+)\}[^{}]*$/.exec(key)?.[1];
    const keys = storeKeys("attune");
    fc.assert(
      fc.property(anyText, anyText, (one, two) => {
        const tags = new Set(keys.of(one).map(tag));
        expect(tags.size).toBe(1);
        expect([...tags][0]).toBeDefined();
        if (one !== two) expect(tags.has(tag(keys.of(two)[0]))).toBe(false);
        for (const key of keys.of(one)) expect(keys.partitionOf(key)).toBe(one);
      }),
    );
  });

  it("a log's keys lie in the slots of their shards, whatever a group is called", () => {
    const keys = logKeys("attune", "events");
    fc.assert(
      fc.property(anyText, anyText, (one, two) => {
        expect(keys.shard(3).lease(one)).toMatch(/^attune:\{l\/events\/3\}:l\/[^{}]*$/);
        if (one !== two) expect(keys.shard(3).lease(one)).not.toBe(keys.shard(3).lease(two));
      }),
    );
  });

  it("a prefix with a brace is refused, one with glob characters is taken literally", () => {
    expect(() => checkedPrefix("{app}:", "attune")).toThrow(
      expect.objectContaining({ code: "ATTUNE_REDIS_PREFIX" }),
    );
    expect(literally(checkedPrefix("a*[b]?:", "attune"))).toBe("a\\*\\[b\\]\\?:attune");
  });

  it("bounds hold what a range of strings holds", () => {
    const maybe = fc.option(anyText, { nil: undefined });
    const exact = (sort: string): Buffer => toBounds(sort, undefined, "")?.min.subarray(1) ?? Buffer.of();
    fc.assert(
      fc.property(anyText, maybe, anyText, anyText, (from, to, prefix, sort) => {
        const bounds = toBounds(from, to, prefix);
        const expected = sort >= from && (to === undefined || sort < to) && sort.startsWith(prefix);
        const isIn =
          bounds !== null &&
          exact(sort).compare(bounds.min.subarray(1)) >= 0 &&
          exact(sort).compare(bounds.max.subarray(1)) < 0;
        expect(isIn).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });
});
