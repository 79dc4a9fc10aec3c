import { describe, expect, it } from "vitest";
import { toMatrix } from "../../data/points.js";
import { compileModel, compileRawModel } from "../../model/compile-model.js";
import type { TreeEnsembleModel } from "../../model/types.js";
import { fromOnnx } from "../../onnx/from-onnx.js";
import { toOnnx } from "../../onnx/to-onnx.js";
import { indicesOf } from "../folds.js";
import { metrics } from "../metrics/metrics.js";
import { drawn, metadataOf } from "../testing.fixture.js";
import { additiveTrees, fitSteps, stepsOf } from "./additive-trees.js";
import { type BlendOptions, trainBlend } from "./train-blend.js";

/** A line in all columns, which trees come to slowly. */
const LINE = (row: readonly number[]): number => row.reduce((sum, x, j) => sum + (j % 2 === 0 ? x : -x), 0);
/** A product of two: nothing for a line. */
const CROSSED = ([a, b]: readonly number[]): number => 3 * Math.sign((a as number) * (b as number));
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const draw = (logOdds: (row: readonly number[]) => number, seed = 1) => drawn(500, 6, { seed, logOdds });
const train = (logOdds: (row: readonly number[]) => number, options: Partial<BlendOptions> = {}) => {
  const { points, labels } = draw(logOdds);
  return {
    points,
    labels,
    ...trainBlend(points, labels, { metadata: metadataOf(6), rounds: 60, ...options }),
  };
};
const modelOf = ({ trained }: ReturnType<typeof train>) => trained.model as TreeEnsembleModel;

const line = train(LINE);

describe("trainBlend", () => {
  it("leans to whichever tells rows left out better, and is never worse there than either", () => {
    const crossed = train(CROSSED);
    expect(line.report.share).toBeGreaterThan(0.5);
    expect(crossed.report.share).toBeLessThan(0.3);
    for (const { report, labels } of [line, crossed]) {
      const { trees, regression, blend } = report.losses;
      expect(blend).toBeLessThanOrEqual(Math.min(trees, regression));
      expect(metrics(report.outOfFold.map(logistic), labels).logLoss.value).toBeCloseTo(blend, 10);
    }
  });

  it("tells rows that it has not seen about as well as the line itself", () => {
    const { points, labels } = draw(LINE, 2);
    const score = compileModel(line.trained);
    const own = metrics(score(Float64Array.from(points.flat())), labels);
    const best = metrics(
      points.map((row) => logistic(LINE(row))),
      labels,
    );
    expect(own.auc?.value).toBeGreaterThan((best.auc?.value as number) - 0.02);
    expect(own.logLoss.value).toBeLessThan(best.logLoss.value + 0.04);
  });

  it("is hardly moved by a column's tail: powers of e are read as their exponents", () => {
    const { points, labels } = draw(LINE);
    const heavy = points.map((row) => row.map((x) => 100 * Math.exp(2 * x)));
    const { losses } = trainBlend(heavy, labels, { metadata: metadataOf(6), rounds: 30 }).report;
    expect(losses.regression).toBeLessThan(line.report.losses.regression + 0.03);
  });

  it("is one ensemble: means and cover fit, and it goes through a file and back", () => {
    const found = line;
    for (const { feature, left, right, cover, value } of modelOf(found).trees) {
      expect(cover[0]).toBeCloseTo(500, 9);
      feature.forEach((column, node) => {
        if (column < 0) return;
        const [a, b] = [left[node] as number, right[node] as number];
        expect((cover[a] as number) + (cover[b] as number)).toBeCloseTo(cover[node] as number, 9);
        const sum = [a, b].reduce((all, i) => all + (cover[i] as number) * (value[i] as number), 0);
        expect(value[node]).toBeCloseTo(sum / (cover[node] as number), 9);
      });
    }
    const rows = Float64Array.from(found.points.flat());
    const read = compileModel(fromOnnx(toOnnx(found.trained)))(rows);
    compileModel(found.trained)(rows).forEach((score, i) => expect(read[i]).toBeCloseTo(score, 5));
  });

  it("writes a regression over steps as trees that say the same", () => {
    const { points, labels } = draw(LINE);
    const withConstant = points.map((row, i) => [...row, 7, i % 3]);
    const matrix = toMatrix(withConstant);
    const weights = Float64Array.from(labels, (_, i) => (i % 5 === 0 ? 0 : 1));
    const steps = stepsOf(matrix, weights);
    const fitted = fitSteps(steps, { labels, weights, rows: indicesOf(500) });
    const { base, trees } = additiveTrees(steps, fitted, 0.5);
    const score = compileRawModel({ kind: "trees", inputs: 8, base, trees });
    score(Float64Array.from(withConstant.flat())).forEach((said, row) => {
      const line = fitted.coefficients.reduce(
        (sum, coefficient, j) => sum + coefficient * (steps.data[row * 8 + j] as number),
        fitted.intercept,
      );
      expect(said).toBeCloseTo(line / 2, 10);
    });
  });

  it("gives the same model for the same seed, and a calibration unless none is wanted", () => {
    const values = (seed: number) =>
      modelOf(train(LINE, { seed, rounds: 10 })).trees.map(({ value }) => [...value]);
    expect(values(3)).toEqual(values(3));
    expect(train(LINE, { rounds: 10 }).trained.calibration?.method).toBe("platt");
    expect(train(LINE, { rounds: 10, calibration: null }).trained.calibration).toBeNull();
  });

  it("learns from few rows of a label and from few groups, where five folds are too many", () => {
    const { points } = draw(LINE);
    const few = points.slice(0, 60);
    const four = few.map((_, i) => Number(i % 15 === 0));
    const options = { metadata: metadataOf(6), rounds: 5 };
    expect(trainBlend(few, four, options).report.outOfFold.every(Number.isFinite)).toBe(true);
    expect(() => trainBlend(few, four, { ...options, earlyStopping: { folds: 5 } })).toThrow(
      expect.objectContaining({ code: "ATTUNE_ML_TOO_FEW_ROWS" }),
    );
    const labels = few.map((_, i) => i % 2);
    const groups = few.map((_, i) => (i >> 1) % 4);
    const grouped = trainBlend(few, labels, { ...options, earlyStopping: { groups } });
    expect(grouped.report.outOfFold.every(Number.isFinite)).toBe(true);
  });

  it("refuses what its parts refuse", () => {
    expect(() => train(LINE, { earlyStopping: false as never })).toThrow(
      expect.objectContaining({ code: "ATTUNE_ML_BAD_OPTIONS", path: "/options/earlyStopping" }),
    );
    expect(() => trainBlend([[1], [2]], [1, 1], { metadata: metadataOf(1) })).toThrow(
      expect.objectContaining({ code: "ATTUNE_ML_ONE_CLASS" }),
    );
    expect(() => train(LINE, { learningRate: 0 })).toThrow(
      expect.objectContaining({ code: "ATTUNE_ML_BAD_OPTIONS", path: "/options/learningRate" }),
    );
  });
});
