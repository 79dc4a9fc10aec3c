import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decay, exp, log, pow2, sigmoid } from "./math.js";

const relative = (got: number, want: number) => (got === want ? 0 : Math.abs(got - want) / Math.abs(want));
const worst = (from: number, to: number, f: (x: number) => number, reference: (x: number) => number) => {
  let most = 0;
  for (let i = 0; i <= 20_000; i++) {
    const x = from + ((to - from) * i) / 20_000;
    most = Math.max(most, relative(f(x), reference(x)));
  }
  return most;
};

describe("engine-independent functions", () => {
  it("agree with the platform's to 1e-15", () => {
    expect(worst(-708, 709.7, exp, Math.exp)).toBeLessThan(1e-15);
    expect(worst(-1, 1, exp, Math.exp)).toBeLessThan(1e-15);
    expect(worst(-1021, 1023.99, pow2, (x) => Math.pow(2, x))).toBeLessThan(1e-15);
    expect(
      worst(
        0,
        300,
        (x) => decay(x, 7),
        (x) => Math.pow(2, -x / 7),
      ),
    ).toBeLessThan(1e-15);
    expect(worst(1e-6, 4, log, Math.log)).toBeLessThan(1e-15);
    expect(worst(0.999, 1.001, log, Math.log)).toBeLessThan(1e-15);
    expect(
      worst(-700, 700, sigmoid, (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)))),
    ).toBeLessThan(1e-15);
  });

  it("log holds over every magnitude of double", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 5e-324, max: Number.MAX_VALUE, noNaN: true }),
        (x) => relative(log(x), Math.log(x)) < 1e-15,
      ),
    );
  });

  it("are exact at their landmarks", () => {
    expect(exp(0)).toBe(1);
    expect(log(1)).toBe(0);
    expect(sigmoid(0)).toBe(0.5);
    for (const k of [-1074, -1022, -1, 0, 1, 10, 1023]) expect(pow2(k)).toBe(2 ** k);
    expect(decay(14, 14)).toBe(0.5);
    expect([decay(-5, 14), decay(0, 14), decay(Infinity, 14), decay(1e300, 1)]).toEqual([1, 1, 0, 0]);
  });

  it("end where doubles end", () => {
    expect([exp(-800), exp(-Infinity), exp(710), exp(Infinity)]).toEqual([0, 0, Infinity, Infinity]);
    expect([pow2(-1200), pow2(1024)]).toEqual([0, Infinity]);
    expect([log(0), log(Infinity)]).toEqual([-Infinity, Infinity]);
    expect([exp(NaN), pow2(NaN), log(NaN), log(-1), sigmoid(NaN)].every(Number.isNaN)).toBe(true);
    expect([sigmoid(-1e9), sigmoid(1e9)]).toEqual([0, 1]);
  });

  it("rise with their argument", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -700, max: 700, noNaN: true }),
        fc.double({ min: 1e-6, max: 5, noNaN: true }),
        (x, step) => {
          expect(exp(x + step)).toBeGreaterThan(exp(x));
          expect(sigmoid(x + step)).toBeGreaterThanOrEqual(sigmoid(x));
        },
      ),
    );
  });
});
