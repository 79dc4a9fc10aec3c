import { seededRandom } from "@attune/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileRawModel } from "../model/compile-model.js";
import type { Tree, TreeEnsembleModel } from "../model/types.js";
import { trainGradientBoosting } from "./boosting/train-gradient-boosting.js";
import { contributions } from "./contributions.js";
import { drawn, metadataOf } from "./testing.fixture.js";

/** What a tree says where only some columns are known: at others both sides count by their cover. */
function known(
  { feature, threshold, left, right, value, cover }: Tree,
  row: readonly number[],
  columns: ReadonlySet<number>,
): number {
  const visit = (node: number): number => {
    const column = feature[node] as number;
    if (column < 0) return value[node] as number;
    const [a, b] = [left[node] as number, right[node] as number];
    if (columns.has(column))
      return visit(Math.fround(row[column] as number) <= (threshold[node] as number) ? a : b);
    return ((cover[a] as number) * visit(a) + (cover[b] as number) * visit(b)) / (cover[node] as number);
  };
  return visit(0);
}

/** Shapley's definition: the mean over all orders of what a column adds when it becomes known. */
function byDefinition({ trees, inputs }: TreeEnsembleModel, row: readonly number[]): number[] {
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  return Array.from({ length: inputs }, (_, column) => {
    let sum = 0;
    for (let subset = 0; subset < 2 ** inputs; subset++) {
      if (subset & (1 << column)) continue;
      const columns = new Set(Array.from({ length: inputs }, (_, j) => j).filter((j) => subset & (1 << j)));
      const share = (factorial(columns.size) * factorial(inputs - columns.size - 1)) / factorial(inputs);
      const more = new Set([...columns, column]);
      for (const tree of trees) sum += share * (known(tree, row, more) - known(tree, row, columns));
    }
    return sum;
  });
}

const DATA = drawn(400, 5, {
  seed: 9,
  logOdds: ([a, b, c]) => 2 * (a as number) * (b as number) + (c as number),
});

describe("contributions", () => {
  it("of trees are the Shapley values by definition, and sum to the score", () => {
    const random = seededRandom(1);
    for (const [leaves, depth, weights] of [
      [2, 1, undefined],
      [6, 3, undefined],
      // Deep enough that columns are asked again and again on one way.
      [24, 10, DATA.points.map(() => 0.2 + random())],
    ] as const) {
      const { trained } = trainGradientBoosting(DATA.points, DATA.labels, {
        ...{ metadata: metadataOf(5), rounds: 4, earlyStopping: false, tree: { leaves, depth, minRows: 3 } },
        ...(weights && { weights }),
      });
      const model = trained.model as TreeEnsembleModel;
      const rows = DATA.points.slice(0, 12);
      const flat = Float64Array.from(rows.flat());
      const { base, values } = contributions(model, flat);
      const scores = compileRawModel(model)(flat);
      rows.forEach((row, i) => {
        const own = values.subarray(5 * i, 5 * i + 5);
        byDefinition(model, row).forEach((want, j) => {
          expect(own[j]).toBeCloseTo(want, 10);
        });
        expect(own.reduce((a, b) => a + b, base[0] as number)).toBeCloseTo(scores[i] as number, 10);
      });
    }
  });

  it("of a linear model are weight × (x − mean), per output", () => {
    const number = fc.double({ min: -10, max: 10, noNaN: true });
    fc.assert(
      fc.property(fc.array(number, { minLength: 14, maxLength: 14 }), (n) => {
        const model = {
          kind: "linear" as const,
          inputs: 2,
          outputs: 2,
          weights: Float64Array.from(n.slice(0, 4)),
          intercepts: Float64Array.from(n.slice(4, 6)),
        };
        const [rows, means] = [Float64Array.from(n.slice(6, 12)), n.slice(12, 14)];
        const { base, values } = contributions(model, rows, means);
        compileRawModel(model)(rows).forEach((score, i) => {
          const sum = (base[i % 2] as number) + (values[2 * i] as number) + (values[2 * i + 1] as number);
          expect(sum).toBeCloseTo(score, 9);
        });
        expect(values[0]).toBeCloseTo((n[0] as number) * ((n[6] as number) - (n[12] as number)), 9);
      }),
    );
  });

  it("refuses what it cannot explain", () => {
    const network = { kind: "network", inputs: 1, layers: [] } as const;
    const tree: Tree = {
      feature: Int32Array.of(0, -1, -1),
      threshold: new Float32Array(3),
      left: Int32Array.of(1, -1, -1),
      right: Int32Array.of(2, -1, -1),
      value: new Float64Array(3),
      cover: new Float64Array(3),
    };
    const bare = { kind: "trees", inputs: 1, base: 0, trees: [tree] } as const;
    for (const model of [network, bare])
      expect(() => contributions(model, new Float64Array(1))).toThrow(
        expect.objectContaining({ code: "ATTUNE_ML_NO_CONTRIBUTIONS" }),
      );
    expect(() => contributions({ ...bare, inputs: 2 }, new Float64Array(3))).toThrow(
      expect.objectContaining({ code: "ATTUNE_ML_BAD_SHAPE" }),
    );
  });
});
