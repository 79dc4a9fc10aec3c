import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { portableExp, portableLogistic, portableTanh } from "./portable-exp.js";

const relative = (got: number, want: number): number => Math.abs(got - want) / Math.abs(want);

/** exp(x) as a fraction of whole numbers, right to far more digits than a double has: Taylor's series of x ÷ 1024, squared ten times. */
function exactExp(x: number): number {
  const digits = 10n ** 60n;
  const scaled = (BigInt(Math.round(x * 2 ** 40)) * digits) / 2n ** 50n;
  let term = digits;
  let sum = digits;
  for (let n = 1n; n < 30n; n++) {
    term = (term * scaled) / digits / n;
    sum += term;
  }
  for (let i = 0; i < 10; i++) sum = (sum * sum) / digits;
  return Number(sum) / 1e60;
}

describe("portableExp", () => {
  it("is within 4e-16 of the truth", () => {
    fc.assert(
      // Whole multiples of 2^-40, so that the exact value is of this very number.
      fc.property(fc.integer({ min: -(20 * 2 ** 40), max: 20 * 2 ** 40 }), (n) => {
        const x = n / 2 ** 40;
        expect(relative(portableExp(x), exactExp(x))).toBeLessThan(4e-16);
      }),
    );
  });

  it("is within 1e-15 of Math.exp where that is a normal number", () => {
    fc.assert(
      fc.property(fc.double({ min: -708, max: 709.7, noNaN: true }), (x) => {
        expect(relative(portableExp(x), Math.exp(x))).toBeLessThan(1e-15);
      }),
      { numRuns: 2000 },
    );
  });

  it("knows its ends", () => {
    expect([portableExp(0), portableExp(-0), portableExp(-800), portableExp(710)]).toEqual([
      1,
      1,
      0,
      Number.POSITIVE_INFINITY,
    ]);
    expect([portableExp(Number.NEGATIVE_INFINITY), portableExp(Number.POSITIVE_INFINITY)]).toEqual([
      0,
      Number.POSITIVE_INFINITY,
    ]);
    expect(portableExp(Number.NaN)).toBeNaN();
    expect(relative(portableExp(709.78), Math.exp(709.78))).toBeLessThan(1e-15);
    // Below the normal numbers a unit in the last place is 5e-324.
    for (const x of [-708.5, -720, -740, -745])
      expect(Math.abs(portableExp(x) - Math.exp(x))).toBeLessThanOrEqual(5e-324);
  });

  it("gives these very bits, in every engine", () => {
    const bits = (x: number): string => {
      const view = new DataView(new ArrayBuffer(8));
      view.setFloat64(0, x);
      return view.getBigUint64(0).toString(16);
    };
    expect([1, -1, 0.1, -37.5, 300].map((x) => bits(portableExp(x)))).toMatchInlineSnapshot(`
      [
        "4005bf0a8b145769",
        "3fd78b56362cef38",
        "3ff1aec7b35a00d4",
        "3c8dd5c566301ec8",
        "5afc05c0a7166b4a",
      ]
    `);
  });
});

describe("portableLogistic", () => {
  it("is within 1e-15 of the logistic function, and turned round at 0", () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
        const p = portableLogistic(x);
        expect(relative(p, 1 / (1 + Math.exp(-x)))).toBeLessThan(1e-15);
        expect(p + portableLogistic(-x)).toBeCloseTo(1, 15);
      }),
    );
    expect([portableLogistic(Number.NEGATIVE_INFINITY), portableLogistic(0), portableLogistic(800)]).toEqual([
      0, 0.5, 1,
    ]);
  });

  it("never falls as its argument rises", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -40, max: 40, noNaN: true }),
        fc.double({ min: 1e-9, max: 1, noNaN: true }),
        (x, step) => {
          expect(portableLogistic(x + step)).toBeGreaterThanOrEqual(portableLogistic(x));
        },
      ),
    );
  });
});

describe("portableTanh", () => {
  it("is within 4e-16 of the hyperbolic tangent", () => {
    fc.assert(
      fc.property(fc.double({ min: -1000, max: 1000, noNaN: true }), (x) => {
        expect(Math.abs(portableTanh(x) - Math.tanh(x))).toBeLessThan(4e-16);
      }),
    );
    expect([portableTanh(0), portableTanh(Number.NEGATIVE_INFINITY), portableTanh(Number.NaN)]).toEqual([
      0,
      -1,
      Number.NaN,
    ]);
  });
});
