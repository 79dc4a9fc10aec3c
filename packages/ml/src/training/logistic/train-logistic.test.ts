import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileModel } from "../../model/compile-model.js";
import type { LinearModel } from "../../model/types.js";
import { drawn, metadataOf } from "../testing.fixture.js";
import { trainLogistic } from "./train-logistic.js";
import { trainSoftmax } from "./train-softmax.js";

const TRUTH = ([a, b]: readonly number[]): number => 0.4 + 1.2 * (a as number) - 0.7 * (b as number);
const DATA = drawn(800, 2, { seed: 4, logOdds: TRUTH });
const metadata = metadataOf(2);

/** Gradient of the penalised loss at the raw coefficients, the intercept's first. */
function gradientAt(
  { weights, intercepts }: LinearModel,
  { points, labels }: typeof DATA,
  l2: number,
): number[] {
  const gradient = [0, ...[...weights].map((weight) => l2 * weight)];
  points.forEach((row, i) => {
    const z = row.reduce((sum, x, j) => sum + x * (weights[j] as number), intercepts[0] as number);
    const pull = 1 / (1 + Math.exp(-z)) - (labels[i] as number);
    [1, ...row].forEach((x, j) => {
      gradient[j] = (gradient[j] as number) + pull * x;
    });
  });
  return gradient;
}

describe("trainLogistic", () => {
  it("finds the point where the penalised loss is flat, to 1e-10", () => {
    for (const l2 of [0, 0.5, 20]) {
      const { trained, report } = trainLogistic(DATA.points, DATA.labels, {
        metadata,
        l2,
        standardize: false,
      });
      expect(report).toMatchObject({ converged: true, reason: null });
      for (const part of gradientAt(trained.model as LinearModel, DATA, l2))
        expect(Math.abs(part)).toBeLessThan(1e-10 * DATA.points.length);
    }
  });

  it("covers the truth by about two standard errors", () => {
    const { trained, report } = trainLogistic(DATA.points, DATA.labels, { metadata, l2: 0 });
    const { weights, intercepts } = trained.model as LinearModel;
    [intercepts[0], ...weights].forEach((got, i) => {
      const error = report.standardErrors?.[i] as number;
      expect(Math.abs((got as number) - ([0.4, 1.2, -0.7][i] as number))).toBeLessThan(3 * error);
      expect(error).toBeLessThan(0.15);
    });
  });

  it("does not mind scales: a unit of an input changes its weight alone", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-4, max: 1e4, noNaN: true }),
        fc.double({ min: -1e3, max: 1e3, noNaN: true }),
        (scale, shift) => {
          const moved = DATA.points.map(([a, b]) => [(a as number) * scale + shift, b as number]);
          const plain = trainLogistic(DATA.points, DATA.labels, { metadata }).trained.model as LinearModel;
          const other = trainLogistic(moved, DATA.labels, { metadata }).trained.model as LinearModel;
          expect(((other.weights[0] as number) * scale) / (plain.weights[0] as number)).toBeCloseTo(1, 7);
          expect(other.weights[1]).toBeCloseTo(plain.weights[1] as number, 8);
        },
      ),
      { numRuns: 15 },
    );
  });

  it("survives labels that a plane tells apart", () => {
    const points = [[0], [1], [2], [3]];
    const held = trainLogistic(points, [0, 0, 1, 1], { metadata: metadataOf(1), l2: 1e-6 });
    expect(held.report).toMatchObject({ converged: true, reason: null });
    const free = trainLogistic(points, [0, 0, 1, 1], { metadata: metadataOf(1), l2: 0 });
    expect(free.report).toMatchObject({ converged: false, reason: "separable", covariance: null });
    const scores = compileModel(free.trained)(Float64Array.of(0, 1, 2, 3));
    expect([...scores].map(Math.round)).toEqual([0, 0, 1, 1]);
    expect([...scores].every(Number.isFinite)).toBe(true);
  });

  it("gives a constant column no weight, and a weight of 2 is two rows", () => {
    const points = DATA.points.map(([a]) => [a as number, 5]);
    const { trained, report } = trainLogistic(points, DATA.labels, { metadata, l2: 0 });
    expect((trained.model as LinearModel).weights[1]).toBe(0);
    expect(report.standardErrors?.[2]).toBe(0);
    const twice = trainLogistic([...DATA.points, ...DATA.points], [...DATA.labels, ...DATA.labels], {
      metadata,
    });
    const weighted = trainLogistic(DATA.points, DATA.labels, { metadata, weights: DATA.points.map(() => 2) });
    (weighted.trained.model as LinearModel).weights.forEach((weight, j) => {
      expect(weight).toBeCloseTo((twice.trained.model as LinearModel).weights[j] as number, 9);
    });
  });

  it("knows a constant column among many rows", () => {
    const { points, labels } = drawn(30_000, 1, { seed: 9, logOdds: ([a]) => a as number });
    for (const constant of [1, 365, 0.1]) {
      const rows = points.map(([a]) => [a as number, constant]);
      const { trained, report } = trainLogistic(rows, labels, { metadata, l2: 0 });
      expect((trained.model as LinearModel).weights[1]).toBe(0);
      expect(report.standardErrors?.[2]).toBe(0);
      expect(report.means[1]).toBe(constant);
    }
  });

  it("refuses columns that hang together unless a penalty chooses", () => {
    const points = DATA.points.map(([a]) => [a as number, -2 * (a as number)]);
    expect(() => trainLogistic(points, DATA.labels, { metadata, l2: 0 })).toThrow(
      expect.objectContaining({ code: "ATTUNE_ML_COLLINEAR" }),
    );
    expect(trainLogistic(points, DATA.labels, { metadata, l2: 1 }).report.converged).toBe(true);
  });

  it.each([
    ["one class", [0, 0], {}, "ONE_CLASS"],
    ["a negative penalty", [0, 1], { l2: -1 }, "BAD_OPTIONS"],
    ["weights that are all 0", [0, 1], { weights: [0, 0] }, "BAD_WEIGHTS"],
    ["a class without weight", [0, 1], { weights: [0, 1] }, "ONE_CLASS"],
  ])("refuses %s", (_what, labels, options, code) => {
    expect(() => trainLogistic([[1], [2]], labels, { metadata: metadataOf(1), ...options })).toThrow(
      expect.objectContaining({ code: `ATTUNE_ML_${code}` }),
    );
  });
});

describe("trainSoftmax", () => {
  it("with two classes is the logistic regression of half the penalty", () => {
    const two = trainSoftmax(DATA.points, DATA.labels, { metadata: metadataOf(2, 2), l2: 2 });
    const one = trainLogistic(DATA.points, DATA.labels, { metadata, l2: 1 });
    expect(two.report.converged).toBe(true);
    const rows = Float64Array.from(DATA.points.flat());
    const [shares, scores] = [compileModel(two.trained)(rows), compileModel(one.trained)(rows)];
    scores.forEach((score, i) => {
      expect(shares[2 * i + 1]).toBeCloseTo(score, 6);
    });
    expect(two.report.logLikelihood).toBeCloseTo(one.report.logLikelihood, 5);
  });

  it("gives a constant column no weight among many rows", () => {
    const { points, labels } = drawn(10_000, 1, { seed: 9, logOdds: ([a]) => a as number });
    const rows = points.map(([a]) => [a as number, 365]);
    const { trained } = trainSoftmax(rows, labels, { metadata: metadataOf(2, 2) });
    const { weights } = trained.model as LinearModel;
    expect([weights[1], weights[3]]).toEqual([0, 0]);
  });

  it("tells several classes apart, whatever the scales", () => {
    const points = DATA.points.map(([a, b]) => [1000 * (a as number), b as number]);
    const labels = DATA.points.map(([a, b]) => ((a as number) > 0.5 ? 2 : (b as number) > 0 ? 1 : 0));
    const { trained, report } = trainSoftmax(points, labels, { metadata: metadataOf(2, 3), l2: 0.1 });
    expect(report.converged).toBe(true);
    const shares = compileModel(trained)(Float64Array.from(points.flat()));
    const right = labels.filter((label, i) => {
      const own = [...shares.subarray(3 * i, 3 * i + 3)];
      expect(own.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
      return own.indexOf(Math.max(...own)) === label;
    });
    expect(right.length / labels.length).toBeGreaterThan(0.93);
  });

  it.each([
    ["a class without rows", [0, 1], metadataOf(1, 3), "ONE_CLASS"],
    ["a label beyond the classes", [0, 2], metadataOf(1, 2), "BAD_LABELS"],
    ["one output", [0, 1], metadataOf(1), "BAD_METADATA"],
  ])("refuses %s", (_what, labels, names, code) => {
    expect(() => trainSoftmax([[1], [2]], labels, { metadata: names })).toThrow(
      expect.objectContaining({ code: `ATTUNE_ML_${code}` }),
    );
  });
});
