import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  betaCdf,
  betaQuantile,
  chiSquaredSf,
  kolmogorovSf,
  logBeta,
  logGamma,
  normalCdf,
  normalQuantile,
  studentTCdf,
  studentTQuantile,
} from "./index.js";

const near = (got: number, expected: number, relative: number): void => {
  expect(Math.abs(got - expected)).toBeLessThanOrEqual(relative * Math.abs(expected));
};

/** Over many orders of magnitude. */
const magnitude = (least: number, most: number) =>
  fc.double({ min: Math.log(least), max: Math.log(most), noNaN: true }).map(Math.exp);

describe("special functions", () => {
  it("know factorials, and their own recurrence", () => {
    expect(logGamma(1)).toBeCloseTo(0, 14);
    near(logGamma(11), Math.log(3_628_800), 1e-15);
    fc.assert(
      fc.property(magnitude(1e-3, 1e6), (x) => {
        expect(Math.abs(logGamma(x + 1) - logGamma(x) - Math.log(x))).toBeLessThan(
          1e-13 * Math.max(1, logGamma(x + 2)),
        );
      }),
    );
    expect(logGamma(0)).toBeNaN();
    expect(logGamma(-1)).toBeNaN();
    expect(logGamma(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  });

  it("keep a small parameter's digits beside a large one", () => {
    // B(1, b) = 1 / b and B(2, b) = 1 / (b (b + 1))
    for (const b of [3, 1e4, 1e9]) {
      near(logBeta(1, b), -Math.log(b), 1e-14);
      near(logBeta(b, 2), -Math.log(b) - Math.log1p(b), 1e-14);
    }
    near(logBeta(40, 30), logGamma(40) + logGamma(30) - logGamma(70), 1e-13);
    expect(logBeta(0, 1)).toBeNaN();
  });

  it("normal: tails and quantiles undo each other", () => {
    fc.assert(
      fc.property(fc.double({ min: -37, max: 8, noNaN: true }), (x) => {
        const p = normalCdf(x);
        if (p < 0.99) expect(Math.abs(normalQuantile(p) - x)).toBeLessThan(1e-12 * Math.max(1, Math.abs(x)));
        near(normalCdf(-x) + p, 1, 1e-15);
      }),
    );
    expect([normalCdf(-50), normalCdf(50), normalCdf(Number.NaN)]).toEqual([0, 1, Number.NaN]);
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
    expect(normalQuantile(2)).toBeNaN();
  });

  it("beta: closed forms up to billions", () => {
    for (const b of [1, 7.5, 1e6, 1e9]) {
      // Beta(1, b): P(X ≤ x) = 1 − (1 − x)ᵇ
      for (const x of [1e-12, 1e-9, 0.3 / b, Math.min(0.7, 20 / b)]) {
        near(betaCdf(x, 1, b).cdf, -Math.expm1(b * Math.log1p(-x)), 1e-12);
        near(betaCdf(x, 1, b).sf, Math.exp(b * Math.log1p(-x)), 1e-12);
      }
    }
    // Beta(½, ½) is the arcsine distribution.
    for (const x of [1e-8, 0.1, 0.5, 0.999])
      near(betaCdf(x, 0.5, 0.5).cdf, (2 / Math.PI) * Math.asin(Math.sqrt(x)), 1e-12);
  });

  it("beta: P(X ≤ x) of (α, β) is P(X > 1 − x) of (β, α); the steps of a binomial sum are there", () => {
    fc.assert(
      fc.property(
        magnitude(0.1, 1e9),
        magnitude(0.1, 1e9),
        fc.double({ min: -6, max: 6, noNaN: true }),
        (a, b, z) => {
          const mean = a / (a + b);
          const sd = Math.sqrt((mean * (1 - mean)) / (a + b + 1));
          // A power of two less has an exact complement.
          const x = Math.fround(Math.min(0.999, Math.max(0.001, mean + z * sd)));
          const { cdf, sf } = betaCdf(x, a, b);
          const mirrored = betaCdf(1 - x, b, a);
          near(mirrored.sf, cdf, 1e-11);
          near(mirrored.cdf, sf, 1e-11);
          near(cdf + sf, 1, 1e-15);
        },
      ),
    );
    // I(a, b) − I(a + 1, b) = xᵃ (1 − x)ᵇ / (a B(a, b)), DLMF 8.17.20
    const [a, b, x] = [40, 60, 0.45];
    near(
      betaCdf(x, a, b).cdf - betaCdf(x, a + 1, b).cdf,
      Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b)) / a,
      1e-12,
    );
  });

  it("beta: quantiles undo the distribution", () => {
    fc.assert(
      fc.property(
        magnitude(0.3, 1e9),
        magnitude(0.3, 1e9),
        fc.double({ min: 1e-6, max: 0.999, noNaN: true }),
        (a, b, p) => {
          const x = betaQuantile(p, a, b);
          // Where x is next to 1 its last digit is worth more than 1e-10 of what lies above it.
          if (x > 0 && x < 0.999) near(betaCdf(x, a, b).cdf, p, 1e-9);
        },
      ),
      { numRuns: 60 },
    );
    expect([betaQuantile(0, 2, 3), betaQuantile(1, 2, 3)]).toEqual([0, 1]);
  });

  it("are NaN for what is no distribution, and whole at its ends", () => {
    expect(betaCdf(0.5, 0, 1)).toEqual({ cdf: Number.NaN, sf: Number.NaN });
    expect(betaCdf(2, 1, 1).cdf).toBeNaN();
    expect(betaCdf(0, 2, 3)).toEqual({ cdf: 0, sf: 1 });
    expect(betaCdf(1, 2, 3)).toEqual({ cdf: 1, sf: 0 });
    expect(betaQuantile(1.5, 1, 1)).toBeNaN();
    expect(studentTCdf(1, 0)).toBeNaN();
    expect(studentTQuantile(2, 5)).toBeNaN();
    expect(chiSquaredSf(-1, 2)).toBeNaN();
    expect(chiSquaredSf(0, 2)).toBe(1);
    expect(kolmogorovSf(Number.NaN)).toBeNaN();
    expect(kolmogorovSf(0)).toBe(1);
  });

  it("t: Cauchy with one degree of freedom, normal with very many, and quantiles undo it", () => {
    for (const t of [-1e6, -3, -0.1, 2, 40])
      near(studentTCdf(t, 1), t < -1 ? Math.atan(-1 / t) / Math.PI : 0.5 + Math.atan(t) / Math.PI, 1e-11);
    near(studentTCdf(-2.5, 1e12), normalCdf(-2.5), 1e-9);
    expect(studentTCdf(0, 5)).toBe(0.5);
    for (const p of [1e-9, 0.025, 0.4, 0.5, 0.975])
      near(studentTCdf(studentTQuantile(p, 7.5), 7.5), p, 1e-11);
    expect([studentTQuantile(0, 3), studentTQuantile(1, 3)]).toEqual([
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
  });

  it("chi-squared with two degrees of freedom is exponential; Kolmogorov's two series meet", () => {
    for (const x of [1e-6, 1, 30, 1000]) near(chiSquaredSf(x, 2), Math.exp(-x / 2), 1e-12);
    // Beyond all numbers: 0, and at once.
    for (const x of [1600, 7000, 1e6, 1e300]) for (const df of [1, 2, 9]) expect(chiSquaredSf(x, df)).toBe(0);
    expect(studentTCdf(-1e200, 1e6)).toBe(0);
    expect(betaCdf(0.9, 1e6, 1e6)).toMatchObject({ sf: 0 });
    near(kolmogorovSf(1 - 1e-12), kolmogorovSf(1 + 1e-12), 1e-10);
  });
});
