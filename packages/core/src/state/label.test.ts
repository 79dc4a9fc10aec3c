import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { label, positive } from "./label.js";

describe("label", () => {
  it("keeps ordinary text and cuts by bytes", () => {
    expect(label("appliances.kitchen.mixer")).toBe("appliances.kitchen.mixer");
    expect(label("Küchengeräte & Töpfe")).toBe("Küchengeräte & Töpfe");
    expect(label("x".repeat(40))).toBe("x".repeat(32));
    expect(label("漢".repeat(40))).toBe("漢".repeat(10));
    expect(label("😀 sale")).toBe(" sale");
    expect([label(""), label(undefined), label(7), label('"\\\n')]).toEqual([null, null, null, null]);
  });

  it("never takes more room in JSON than it says", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 200 }),
        fc.integer({ min: 1, max: 64 }),
        (text, most) => {
          const kept = label(text, most);
          if (kept !== null) expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThanOrEqual(most + 2);
          if (kept !== null) expect(label(kept, most)).toBe(kept);
        },
      ),
    );
  });
});

it("positive keeps positive numbers up to the limit", () => {
  expect([1.5, 0, -1, NaN, Infinity, "3", null, undefined, 99].map((value) => positive(value, 10))).toEqual([
    1.5, 0, 0, 0, 10, 0, 0, 0, 10,
  ]);
});
