import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLentTexts, type LentText } from "./lent-texts.js";

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  // Long enough for some to fill a piece of memory, and for one to need its own.
  fc
    .record({ unit: fc.constantFrom("a", "ä", "奶", "🧀"), times: fc.integer({ min: 1000, max: 200_000 }) })
    .map(({ unit, times }) => unit.repeat(times)),
);
/** Lends a text, or gives back one of those that are out. */
const step = fc.oneof(text, fc.nat());

describe("lent texts", () => {
  it("stay as they are until they are given back, in whatever order that happens", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const lend = createLentTexts();
        const out: { lent: LentText; expected: Buffer }[] = [];
        for (const one of steps) {
          if (typeof one === "string") out.push({ lent: lend(one), expected: Buffer.from(one) });
          else out.splice(one % Math.max(1, out.length), 1)[0]?.lent.giveBack();
          for (const { lent, expected } of out) expect(lent.bytes.equals(expected)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("use memory again once it has come back, and leave alone what never does", () => {
    const lend = createLentTexts();
    const kept = lend("kept".repeat(10_000));
    const memories = new Set<ArrayBufferLike>();
    for (let i = 0; i < 100; i++) {
      const { bytes, giveBack } = lend(String(i % 10).repeat(100_000));
      memories.add(bytes.buffer);
      giveBack();
    }
    expect(memories.size).toBeLessThanOrEqual(2);
    expect(kept.bytes.toString()).toBe("kept".repeat(10_000));
  });
});
