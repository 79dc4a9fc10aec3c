import { seededRandom } from "@attune/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileRawModel } from "../../model/compile-model.js";
import type { TreeEnsembleModel } from "../../model/types.js";
import { metrics } from "../metrics/metrics.js";
import { drawn, metadataOf } from "../testing.fixture.js";
import { binColumns } from "./bin-columns.js";
import type { BoostingOptions } from "./options.js";
import { trainGradientBoosting } from "./train-gradient-boosting.js";

/** A step in x0, a bend in x1, x2 only where x0 is high; x3 is noise. */
const TRUTH = ([a, b, c]: readonly number[]): number =>
  (a as number) > 0.3 ? 1.5 + 2 * (c as number) : -1 + (b as number) * (b as number) - 1;
const LEARN = drawn(1000, 4, { seed: 1, logOdds: TRUTH });
const ASK = drawn(1000, 4, { seed: 2, logOdds: TRUTH });
const METADATA = metadataOf(4);
const train = (options: Partial<BoostingOptions> = {}) =>
  trainGradientBoosting(LEARN.points, LEARN.labels, { metadata: METADATA, ...options });
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const asked = (model: TreeEnsembleModel, { points, labels } = ASK) =>
  metrics(compileRawModel(model)(Float64Array.from(points.flat())).map(logistic), labels);
const modelOf = (result: ReturnType<typeof train>) => result.trained.model as TreeEnsembleModel;
const count = { rounds: 30, earlyStopping: false } as const;

describe("trainGradientBoosting", () => {
  it("comes near what can be known, and stops before it learns noise", () => {
    const result = train({ learningRate: 0.2, earlyStopping: { folds: 3, patience: 10 } });
    const { auc } = asked(modelOf(result));
    const best = metrics(
      ASK.points.map((row) => logistic(TRUTH(row))),
      ASK.labels,
    ).auc;
    expect(auc?.value).toBeGreaterThan((best?.value as number) - 0.04);
    const { stopping, rounds, importance } = result.report;
    const losses = stopping?.losses as Float64Array;
    expect(losses[rounds]).toBe(Math.min(...losses));
    expect(losses.length).toBeLessThanOrEqual(rounds + 11);
    expect(importance[3]).toBeLessThan(0.15);
    expect(Math.max(...importance)).toBe(importance[0]);
    expect([...importance].reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    // Log-odds of rows that no model had seen come to the loss that was found.
    const found = metrics((stopping?.outOfFold as Float64Array).map(logistic), LEARN.labels);
    expect(found.logLoss.value).toBeCloseTo(losses[rounds] as number, 10);
  });

  it("gives the same model for the same seed, and another for another", () => {
    const values = (seed: number) =>
      modelOf(train({ ...count, rounds: 10, seed })).trees.map(({ value }) => [...value].join());
    expect(values(1)).toEqual(values(1));
    expect(values(2)).not.toEqual(values(1));
  });

  it("scores a row as it did while training: cuts are exact in float32", () => {
    const points = LEARN.points.map((row) => row.map((x) => x * 20 + 16_777_216));
    const { trained, report } = trainGradientBoosting(points, LEARN.labels, { metadata: METADATA, ...count });
    const { trees, base } = trained.model as TreeEnsembleModel;
    const scores = compileRawModel(trained.model)(Float64Array.from(points.flat()));
    // Cover is of all training rows by the bins; the mean of the scores by cover must be that of the scores themselves.
    const byCover = trees.reduce((sum, { value }) => sum + (value[0] as number), base);
    expect(scores.reduce((a, b) => a + b, 0) / scores.length).toBeCloseTo(byCover, 10);
    expect(report.rounds).toBe(30);
  });

  it("holds monotone constraints for every row", () => {
    const { trained } = train({ ...count, monotone: [0, 1, -1, 0], tree: { leaves: 16, minRows: 5 } });
    const score = compileRawModel(trained.model);
    const at = fc.double({ min: -4, max: 4, noNaN: true });
    fc.assert(
      fc.property(at, at, at, at, at, (a, b, c, d, other) => {
        const [low, high] = [Math.min(b, other), Math.max(b, other)];
        const [here, there] = score(Float64Array.of(a, low, c, d, a, high, c, d)) as unknown as [
          number,
          number,
        ];
        expect(there).toBeGreaterThanOrEqual(here);
        const [left, right] = [Math.min(c, other), Math.max(c, other)];
        const [first, second] = score(Float64Array.of(a, b, left, d, a, b, right, d)) as unknown as [
          number,
          number,
        ];
        expect(second).toBeLessThanOrEqual(first);
      }),
      { numRuns: 150 },
    );
  });

  it("keeps to the sizes asked for", () => {
    const { trained, report } = train({
      ...count,
      tree: { leaves: 5, depth: 3, minRows: 40, maxNodes: 100 },
    });
    const { trees } = trained.model as TreeEnsembleModel;
    expect(report.nodes).toBeLessThanOrEqual(100);
    expect(report.rounds).toBe(trees.length);
    for (const { feature, cover, value, left } of trees) {
      expect(feature.filter((column) => column < 0).length).toBeLessThanOrEqual(5);
      expect(cover[0]).toBe(1000);
      feature.forEach((column, node) => {
        if (column < 0) return;
        const at = left[node] as number;
        expect((cover[at] as number) + (cover[at + 1] as number)).toBe(cover[node]);
        const mean = [at, at + 1].reduce((sum, i) => sum + (cover[i] as number) * (value[i] as number), 0);
        expect(value[node]).toBeCloseTo(mean / (cover[node] as number), 12);
      });
    }
  });

  it("grows each tree on four fifths of few rows, all of many, and four fifths of the columns", () => {
    // Every column matters as much, so that a tree of many leaves asks all that it may; with all columns and rows nothing is left to chance.
    const treesOf = (rows: number, options: Partial<BoostingOptions> = {}) => {
      const { points, labels } = drawn(rows, 10, {
        seed: 3,
        logOdds: (row) => row.reduce((sum, x) => sum + x, 0),
      });
      return modelOf(
        trainGradientBoosting(points, labels, {
          ...{ metadata: metadataOf(10), rounds: 3, earlyStopping: false, ...options },
          tree: { leaves: 60, depth: 12, minRows: 2 },
        }),
      ).trees;
    };
    const asked = treesOf(1999).map(({ feature }) => new Set(feature.filter((at) => at >= 0)).size);
    expect(asked).toEqual([8, 8, 8]);
    const columns = { sampling: { columns: 1 } };
    expect(treesOf(1999, { ...columns, seed: 2 })).not.toEqual(treesOf(1999, columns));
    expect(treesOf(1999, columns)).toEqual(treesOf(1999, { sampling: { columns: 1, rows: 0.8 } }));
    expect(treesOf(2000, { ...columns, seed: 2 })).toEqual(treesOf(2000, columns));
  });

  it("takes a weight of 2 for two rows, and of 0 for none", () => {
    const options = {
      ...count,
      sampling: { rows: 1, columns: 1 },
      tree: { minRows: 1, bins: 256 },
      metadata: METADATA,
    };
    // Few enough distinct values that each has a bin; then it does not matter how many rows have it.
    const points = LEARN.points.map((row) => row.map((x) => Math.round(x * 10) / 10));
    const repeated = <T>(value: T, i: number): T[] => new Array<T>(i % 3).fill(value);
    const a = trainGradientBoosting(points.flatMap(repeated), [...LEARN.labels].flatMap(repeated), options);
    const b = trainGradientBoosting(points, LEARN.labels, {
      ...options,
      weights: points.map((_, i) => i % 3),
    });
    const rows = Float64Array.from(points.flat());
    const [x, y] = [compileRawModel(a.trained.model)(rows), compileRawModel(b.trained.model)(rows)];
    x.forEach((score, i) => {
      expect(y[i]).toBeCloseTo(score, 8);
    });
  });

  it("raises scores of the rarer class where classes are balanced", () => {
    const labels = LEARN.labels.map((label, i) => (i % 4 === 0 ? label : 0));
    const mean = (options: Partial<BoostingOptions>) => {
      const { trained } = trainGradientBoosting(LEARN.points, labels, {
        metadata: METADATA,
        ...count,
        ...options,
      });
      return (
        compileRawModel(trained.model)(Float64Array.from(LEARN.points.flat()))
          .map(logistic)
          .reduce((a, b) => a + b) / 1000
      );
    };
    expect(mean({})).toBeCloseTo(labels.reduce((a, b) => a + b) / 1000, 2);
    expect(mean({ classWeights: "balanced" })).toBeGreaterThan(0.25);
  });

  it("never asks a constant column, and learns the share where there is nothing else", () => {
    const random = seededRandom(5);
    const points = Array.from({ length: 200 }, () => [7, 7]);
    const labels = points.map(() => (random() < 0.3 ? 1 : 0));
    const { trained, report } = trainGradientBoosting(points, labels, { metadata: metadataOf(2) });
    const share = labels.reduce((a: number, b) => a + b, 0) / 200;
    expect(logistic(compileRawModel(trained.model)(Float64Array.of(7, 7))[0] as number)).toBeCloseTo(
      share,
      6,
    );
    expect([...report.importance]).toEqual([0, 0]);
  });

  it.each([
    [
      "one class",
      () => trainGradientBoosting([[1], [2]], [1, 1], { metadata: metadataOf(1) }),
      "ONE_CLASS",
      "/labels",
    ],
    [
      "a label of 2",
      () => trainGradientBoosting([[1], [2]], [0, 2], { metadata: metadataOf(1) }),
      "BAD_LABELS",
      "/labels/1",
    ],
    [
      "too few labels",
      () => trainGradientBoosting([[1], [2]], [0], { metadata: metadataOf(1) }),
      "BAD_LABELS",
      "/labels",
    ],
    [
      "NaN",
      () => trainGradientBoosting([[1], [Number.NaN]], [0, 1], { metadata: metadataOf(1) }),
      "NOT_FINITE",
      "/points/1/0",
    ],
    ["nothing", () => trainGradientBoosting([], [], { metadata: metadataOf(1) }), "EMPTY_DATA", "/points"],
    [
      "a negative weight",
      () => train({ weights: LEARN.points.map((_, i) => (i === 3 ? -1 : 1)) }),
      "BAD_WEIGHTS",
      "/options/weights/3",
    ],
    ["one constraint too few", () => train({ monotone: [1, 0, 0] }), "BAD_OPTIONS", "/options/monotone"],
    [
      "fewer rows of a label than folds",
      () => trainGradientBoosting([[1], [2], [3]], [0, 1, 0], { metadata: metadataOf(1) }),
      "TOO_FEW_ROWS",
      "/labels",
    ],
    ["a rate of 0", () => train({ learningRate: 0 }), "BAD_OPTIONS", "/options/learningRate"],
    ["one leaf", () => train({ tree: { leaves: 1 } }), "BAD_OPTIONS", "/options/tree/leaves"],
    ["names that do not fit", () => train({ metadata: metadataOf(3) }), "BAD_METADATA", "/options/metadata"],
    ["a class weight of 0", () => train({ classWeights: [0, 1] }), "BAD_WEIGHTS", "/options/classWeights"],
  ])("refuses %s", (_what, run, code, path) => {
    expect(run).toThrow(expect.objectContaining({ code: `ATTUNE_ML_${code}`, path }));
  });
});

describe("binColumns", () => {
  it("parts distinct values, and never puts one into two bins", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ noNaN: true, min: -1e30, max: 1e30 })),
          { minLength: 1, maxLength: 60 },
        ),
        fc.integer({ min: 2, max: 12 }),
        (values, most) => {
          const { bins, cuts } = binColumns(
            { data: Float64Array.from(values), rows: values.length, columns: 1 },
            new Float64Array(values.length).fill(1),
            most,
          );
          const own = cuts[0] as Float32Array;
          expect(own.length).toBeLessThan(most);
          expect(own.every((cut, i) => i === 0 || cut > (own[i - 1] as number))).toBe(true);
          values.forEach((value, i) => {
            const bin = bins[i] as number;
            if (bin < own.length) expect(Math.fround(value)).toBeLessThanOrEqual(own[bin] as number);
            if (bin > 0) expect(Math.fround(value)).toBeGreaterThan(own[bin - 1] as number);
          });
          const distinct = new Set(values.map((value) => Math.fround(value) + 0)).size;
          if (distinct <= most) expect(own.length).toBe(distinct - 1);
        },
      ),
    );
  });
});
