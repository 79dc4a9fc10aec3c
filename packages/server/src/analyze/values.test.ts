import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { outliersOf, quantileOf } from "./outliers.js";
import { countOf, fieldOf, numberOf, yesOrNo } from "./values.js";

describe("values as people write them", () => {
  it.each([
    ["12", false, 12],
    ["-1.5e3", false, -1500],
    [".5", false, 0.5],
    ["1,234,567.8", false, 1_234_567.8],
    ["$ 12.50", false, 12.5],
    ["-€3", false, -3],
    ["12 €", false, 12],
    ["1 234", false, 1234],
    ["12,5", true, 12.5],
    ["1.234,5", true, 1234.5],
    ["12,5", false, Number.NaN],
    ["TRUE", false, 1],
    ["twelve", false, Number.NaN],
    ["1.2.3", false, Number.NaN],
    ["0x10", false, Number.NaN],
    ["Infinity", false, Number.NaN],
  ])("%s (decimal comma: %s) is %s", (text, isCommaDecimal, expected) => {
    expect(numberOf(text, isCommaDecimal)).toBe(expected);
  });

  it.each([
    ["10,234", false, 10_234],
    ["10,234", true, 10_234],
    ["1.010.234", true, 1_010_234],
    ["10.234", true, 10_234],
    ["10.234", false, 10.234],
    ["12,5", true, 12.5],
    ["512", true, 512],
  ])("as a count %s (decimal comma: %s) is %s", (text, isCommaDecimal, expected) => {
    expect(countOf(text, isCommaDecimal)).toBe(expected);
  });

  it("says yes, no, nothing, or neither", () => {
    expect(["Yes", "t", "1", "ON"].map(yesOrNo)).toEqual([1, 1, 1, 1]);
    expect(["no", "F", "0", "off"].map(yesOrNo)).toEqual([0, 0, 0, 0]);
    expect(yesOrNo("2")).toBeNaN();
    expect(["", " NA ", "NaN", "null", "-", "\\N", null, undefined].map(fieldOf)).toEqual(
      Array(8).fill(null),
    );
    expect(fieldOf(" x ")).toBe("x");
  });

  it("reads every number that a program prints", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(numberOf(String(value), false) === value).toBe(true);
      }),
    );
  });
});

describe("outliers", () => {
  const ordinary = Array.from({ length: 1000 }, (_, i) => (i * 37) % 101);

  it("are what moves the result alone, on both sides, the furthest first", () => {
    expect(outliersOf([...ordinary, 9000, Number.NaN, -5000, 20_000])).toEqual({
      units: [1003, 1000, 1002],
      cap: { low: 0, high: 100 },
    });
  });

  it("are not found in what is merely skewed, flat, or little", () => {
    const none = { units: [], cap: { low: null, high: null } };
    const skewed = Array.from({ length: 5000 }, (_, i) => -Math.log((i + 0.5) / 5000) * 50);
    for (const values of [skewed, ordinary, Array<number>(100).fill(3), [1, 2, 9e9]])
      expect(outliersOf(values)).toEqual(none);
  });

  it("know the value that a share lies at or below", () => {
    expect(quantileOf([3, 1, 2, Number.NaN, 4], 0.5)).toBe(2);
    expect(quantileOf([], 0.5)).toBeNaN();
  });
});
