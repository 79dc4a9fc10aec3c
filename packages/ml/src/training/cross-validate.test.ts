import { seededRandom } from "@attune/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crossValidate } from "./cross-validate.js";
import { foldsOf } from "./folds.js";
import { trainLogistic } from "./logistic/train-logistic.js";
import { trainSoftmax } from "./logistic/train-softmax.js";
import { metrics } from "./metrics/metrics.js";
import { drawn, metadataOf } from "./testing.fixture.js";
import type { Train } from "./types.js";

const DATA = drawn(600, 2, { seed: 6, logOdds: ([a]) => 1.5 * (a as number) });
const logistic: Train = ({ points, columns, labels, weights }) =>
  trainLogistic(points, labels, { metadata: metadataOf(columns), columns, weights }).trained;

describe("foldsOf", () => {
  it("deals each label out evenly", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 80 }),
        fc.integer({ min: 2, max: 6 }),
        (drawnLabels, folds) => {
          const labels = Uint8Array.from([
            ...drawnLabels,
            ...[0, 1, 2, 3].flatMap((label) => new Array(folds).fill(label) as number[]),
          ]);
          const fold = foldsOf(labels, { folds }, seededRandom(1));
          const sizes = new Array(folds).fill(0) as number[];
          for (const label of [0, 1, 2, 3]) {
            const counts = new Array(folds).fill(0) as number[];
            labels.forEach((own, i) => {
              if (own !== label) return;
              counts[fold[i] as number] = (counts[fold[i] as number] as number) + 1;
              sizes[fold[i] as number] = (sizes[fold[i] as number] as number) + 1;
            });
            expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
          }
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it("keeps groups together, and labels about even", () => {
    const random = seededRandom(2);
    const groups = Array.from({ length: 600 }, () => `visitor-${Math.floor(random() * 150)}`);
    const fold = foldsOf(DATA.labels, { folds: 5, groups }, random);
    const of = new Map<string, number>();
    groups.forEach((group, i) => {
      expect(of.get(group) ?? fold[i]).toBe(fold[i]);
      of.set(group, fold[i] as number);
    });
    for (let k = 0; k < 5; k++) {
      const own = DATA.labels.filter((_, i) => fold[i] === k);
      expect(own.length).toBeGreaterThan(100);
      expect(own.length).toBeLessThan(140);
      expect(own.reduce((a, b) => a + b) / own.length).toBeCloseTo(
        DATA.labels.reduce((a, b) => a + b) / 600,
        1,
      );
    }
  });

  it.each([
    ["more folds than rows of a label", [0, 1, 0], { folds: 2 }, "TOO_FEW_ROWS"],
    ["one fold", [0, 1], { folds: 1 }, "BAD_FOLDS"],
    ["more folds than groups", [0, 1, 0, 1], { folds: 2, groups: [1, 1, 1, 1] }, "TOO_FEW_ROWS"],
    ["a group too few", [0, 1, 0, 1], { folds: 2, groups: [1] }, "BAD_FOLDS"],
  ])("refuses %s", (_what, labels, options, code) => {
    expect(() => foldsOf(Uint8Array.from(labels), options, seededRandom(1))).toThrow(
      expect.objectContaining({ code: `ATTUNE_ML_${code}` }),
    );
  });
});

describe("crossValidate", () => {
  it("asks each row of a model that never saw it", () => {
    const seen: Int32Array[] = [];
    const { scores, fold, models } = crossValidate(DATA.points, DATA.labels, {
      folds: 4,
      train(rows) {
        seen.push(rows.indices);
        rows.indices.forEach((row, i) => {
          expect((rows.points as Float64Array)[2 * i]).toBe((DATA.points[row] as number[])[0]);
          expect(rows.labels[i]).toBe(DATA.labels[row]);
        });
        return logistic(rows);
      },
    });
    expect([seen.length, models.length, scores.length]).toEqual([4, 4, 600]);
    seen.forEach((indices, k) => {
      for (const row of indices) expect(fold[row]).not.toBe(k);
    });
    expect(metrics(scores, DATA.labels).auc?.value).toBeGreaterThan(0.75);
  });

  it("finds nothing in labels that hang on nothing, though the learner knows its rows by heart", () => {
    const random = seededRandom(11);
    const labels = Uint8Array.from({ length: 600 }, () => (random() < 0.5 ? 1 : 0));
    const { scores } = crossValidate(DATA.points, labels, {
      train: logistic,
      calibration: "isotonic",
      folds: 5,
    });
    const { auc } = metrics(scores, labels);
    expect(auc?.lower).toBeLessThan(0.5);
  });

  it("calibrates within the rows that a fold learns from alone", () => {
    let most = 0;
    // Three times too loud.
    const loud: Train = (rows) => {
      most = Math.max(most, rows.indices.length);
      const trained = logistic(rows);
      if (trained.model.kind !== "linear") return trained;
      const { weights, intercepts } = trained.model;
      return {
        ...trained,
        model: {
          ...trained.model,
          weights: weights.map((w) => 3 * w),
          intercepts: intercepts.map((b) => 3 * b),
        },
      };
    };
    const [plain, held] = [undefined, "platt" as const].map((calibration) =>
      metrics(
        crossValidate(DATA.points, DATA.labels, { train: loud, ...(calibration && { calibration }) }).scores,
        DATA.labels,
      ),
    );
    expect(held?.logLoss.value).toBeLessThan(plain?.logLoss.value as number);
    expect(held?.ece).toBeLessThan((plain?.ece as number) / 2);
    expect(most).toBe(480);
  });

  it("takes several classes", () => {
    const labels = DATA.points.map(([a, b]) => ((a as number) > 0.5 ? 2 : (b as number) > 0 ? 1 : 0));
    const { scores, outputs } = crossValidate(DATA.points, labels, {
      folds: 3,
      train: (rows) =>
        trainSoftmax(rows.points, rows.labels, { metadata: metadataOf(2, 3), columns: 2 }).trained,
    });
    expect([outputs, scores.length]).toEqual([3, 1800]);
  });
});
