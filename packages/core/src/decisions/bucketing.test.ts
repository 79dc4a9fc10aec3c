import { GrowthBook } from "@growthbook/growthbook";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { bucketRanges, chooseVariant, inNamespace } from "./bucket.js";
import type { BucketRange } from "./bucket.js";
import golden from "./golden.json" with { type: "json" };
import { hash, hasher } from "./hash.js";

describe("golden vectors", () => {
  it.each(golden.hashes)("hash($seed, $value, $version) = $n", ({ seed, value, version, n }) => {
    expect(hash(seed, value, version)).toBe(n);
  });

  it.each(golden.ranges)("ranges of $weights at coverage $coverage", ({ weights, coverage, ranges }) => {
    expect(bucketRanges(weights, coverage)).toEqual(ranges);
  });

  it.each(golden.choices)("$n falls into $index", ({ n, ranges, index }) => {
    expect(chooseVariant(n, ranges as unknown as BucketRange[])).toBe(index);
  });

  it.each(golden.namespaces)("$id in its namespace: $member", ({ id, namespace, member }) => {
    expect(inNamespace(id, namespace as [string, number, number])).toBe(member);
  });
});

describe("hash", () => {
  const fnv = (text: string): number => {
    let state = 0x811c9dc5n;
    for (let i = 0; i < text.length; i++)
      state = ((state ^ BigInt(text.charCodeAt(i))) * 0x01000193n) & 0xffffffffn;
    return Number(state);
  };

  it("is what the specification's formulas say, for any texts", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (seed, value) => {
        expect(hash(seed, value, 1)).toBe((fnv(value + seed) % 1000) / 1000);
        expect(hash(seed, value, 2)).toBe((fnv(String(fnv(seed + value))) % 10_000) / 10_000);
      }),
      { numRuns: 400 },
    );
  });

  it("spreads evenly and leaves versions it does not know alone", () => {
    const draw = hasher("spread", 2);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 20_000; i++) {
      const tenth = Math.floor((draw?.(`visitor-${i}`) ?? 0) * 10);
      counts[tenth] = (counts[tenth] as number) + 1;
    }
    // Chi-squared with 9 degrees of freedom: 27.9 is p = 0.001; the draw is fixed, so this cannot flicker.
    expect(counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)).toBeLessThan(27.9);
    expect(hash("a", "b", 0)).toBeNull();
    expect(hasher("a", 3)).toBeNull();
  });
});

describe("bucketing, beside the specification's JavaScript SDK", () => {
  // It says on the console what it thinks of bad weights.
  beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => undefined));
  afterEach(() => void vi.restoreAllMocks());

  it("puts everyone where a running experiment has put them", () => {
    const weights = fc
      .array(fc.integer({ min: 0, max: 10 }), { minLength: 2, maxLength: 5 })
      .filter((parts) => parts.some((part) => part > 0))
      .map((parts) => parts.map((part) => part / parts.reduce((sum, one) => sum + one, 0)));
    const bad = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.record({
          id: fc.string({ minLength: 1 }),
          seed: fc.string({ minLength: 1 }),
          version: fc.constantFrom(1 as const, 2 as const),
          weights: fc.oneof(weights, bad),
          coverage: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
        ({ id, seed, version, weights: shares, coverage }) => {
          const peer = new GrowthBook({ attributes: { id } });
          const theirs = peer.run({
            key: "experiment",
            variations: shares.map((_, index) => index) as unknown as [number, number],
            weights: shares,
            coverage,
            seed,
            hashVersion: version,
          });
          const n = hash(seed, id, version) as number;
          const index = chooseVariant(n, bucketRanges(shares, coverage));
          expect(index).toBe(theirs.inExperiment ? theirs.variationId : -1);
          if (theirs.bucket !== undefined) expect(n).toBe(theirs.bucket);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("moves nobody who takes part when the coverage rises", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.9999, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, coverage) => {
          const some = chooseVariant(n, bucketRanges([0.2, 0.3, 0.5], coverage));
          const all = chooseVariant(n, bucketRanges([0.2, 0.3, 0.5]));
          expect(some === -1 || some === all).toBe(true);
        },
      ),
    );
  });
});
