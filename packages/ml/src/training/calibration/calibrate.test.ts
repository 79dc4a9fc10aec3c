import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileModel } from "../../model/compile-model.js";
import { metrics } from "../metrics/metrics.js";
import { drawn, metadataOf } from "../testing.fixture.js";
import { calibrate, fitCalibration } from "./calibrate.js";
import { isotonicRegression } from "./isotonic.js";

/** A model whose log-odds are three times too large and 1 too high. */
const DATA = drawn(4000, 1, { seed: 2, logOdds: ([x]) => x as number });
const LOUD = {
  model: {
    kind: "linear" as const,
    inputs: 1,
    outputs: 1,
    weights: Float64Array.of(3),
    intercepts: Float64Array.of(1),
  },
  calibration: null,
  metadata: metadataOf(1),
};
const rows = Float64Array.from(DATA.points.flat());
const logOdds = rows.map((x) => 3 * x + 1);

describe("calibrate", () => {
  it("takes back what a model says too loud", () => {
    const platt = fitCalibration(logOdds, DATA.labels);
    expect(platt).toMatchObject({ method: "platt" });
    if (platt.method !== "platt") return;
    expect(platt.slope).toBeCloseTo(1 / 3, 1);
    expect(platt.intercept).toBeCloseTo(-1 / 3, 0);
    const before = metrics(compileModel(LOUD)(rows), DATA.labels);
    for (const method of ["platt", "isotonic"] as const) {
      const after = metrics(
        compileModel(calibrate(LOUD, { logOdds, labels: DATA.labels }, { method }))(rows),
        DATA.labels,
      );
      expect(after.ece).toBeLessThan(before.ece / 5);
      expect(after.logLoss.value).toBeLessThan(before.logLoss.value);
    }
  });

  it("leaves a share between 0 and 1 where labels are told apart without a fault", () => {
    const platt = fitCalibration(Float64Array.of(-3, -2, 2, 3), [0, 0, 1, 1]);
    const [low, high] = compileModel({ ...LOUD, calibration: platt })(Float64Array.of(-1.3, 0.6));
    expect(low).toBeGreaterThan(0.05);
    expect(high).toBeLessThan(0.95);
    expect(fitCalibration(Float64Array.of(1, 1, 1), [0, 1, 1])).toMatchObject({ method: "platt", slope: 0 });
  });

  it.each([
    ["nothing", [], [], "EMPTY_DATA"],
    ["one class", [1, 2], [1, 1], "ONE_CLASS"],
    ["NaN", [1, Number.NaN], [0, 1], "NOT_FINITE"],
    ["labels too few", [1, 2], [1], "BAD_LABELS"],
  ])("refuses %s", (_what, given, labels, code) => {
    expect(() => fitCalibration(Float64Array.from(given), labels)).toThrow(
      expect.objectContaining({ code: `ATTUNE_ML_${code}` }),
    );
  });

  it("refuses a model of several outputs", () => {
    expect(() =>
      calibrate({ ...LOUD, metadata: metadataOf(1, 2) }, { logOdds, labels: DATA.labels }),
    ).toThrow(expect.objectContaining({ code: "ATTUNE_ML_BAD_MODEL" }));
  });
});

describe("isotonicRegression", () => {
  it("rises, keeps the weighted sum, and no pooling of neighbours would bring it nearer", () => {
    const row = fc.tuple(
      fc.integer({ min: 0, max: 9 }),
      fc.double({ min: -5, max: 5, noNaN: true }),
      fc.double({ min: 0.1, max: 3, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), (given) => {
        const [x, y, w] = [0, 1, 2].map((at) => given.map((one) => one[at] as number)) as [
          number[],
          number[],
          number[],
        ];
        const fitted = isotonicRegression(x, y, w);
        const sum = (values: ArrayLike<number>) =>
          w.reduce((total, weight, i) => total + weight * (values[i] as number), 0);
        expect(sum(fitted)).toBeCloseTo(sum(y), 9);
        x.forEach((a, i) => {
          x.forEach((b, j) => {
            if (a < b) expect(fitted[i]).toBeLessThanOrEqual((fitted[j] as number) + 1e-12);
            if (a === b) expect(fitted[i]).toBe(fitted[j]);
          });
        });
        // The projection's condition: what is left over is at right angles to the fit.
        expect(sum(fitted.map((f, i) => f * ((y[i] as number) - f)))).toBeCloseTo(0, 8);
      }),
    );
  });
});
