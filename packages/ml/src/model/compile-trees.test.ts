import { type RandomSource, seededRandom } from "@attune/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileTrees } from "./compile-trees.js";
import type { Tree, TreeEnsembleModel } from "./types.js";

const THRESHOLDS = [-1.5, -0.1, 0, -0, 0.1, 1, 2.5, 1e-40, 3e38];

/** A tree of random form: leaves anywhere down to `depth`. */
function randomTree(random: RandomSource, inputs: number, depth: number): Tree {
  const nodes: { feature: number; threshold: number; left: number; right: number; value: number }[] = [];
  const grow = (left: number): number => {
    const at = nodes.push({ feature: -1, threshold: 0, left: -1, right: -1, value: random() - 0.5 }) - 1;
    if (left === 0 || random() < 0.2) return at;
    const node = nodes[at] as (typeof nodes)[number];
    node.feature = Math.floor(random() * inputs);
    node.threshold =
      random() < 0.5 ? (THRESHOLDS[Math.floor(random() * THRESHOLDS.length)] as number) : random();
    node.left = grow(left - 1);
    node.right = grow(left - 1);
    return at;
  };
  grow(depth);
  const column = (key: keyof (typeof nodes)[number]) => nodes.map((node) => node[key]);
  return {
    feature: Int32Array.from(column("feature")),
    threshold: Float32Array.from(column("threshold")),
    left: Int32Array.from(column("left")),
    right: Int32Array.from(column("right")),
    value: Float64Array.from(column("value")),
    cover: new Float64Array(nodes.length).fill(1),
  };
}

/** As the definition says it: node by node, in float32. */
function byDefinition({ base, trees }: TreeEnsembleModel, row: readonly number[]): number {
  return trees.reduce((sum, { feature, threshold, left, right, value }) => {
    let node = 0;
    while ((feature[node] as number) >= 0) {
      const isLeft = Math.fround(row[feature[node] as number] as number) <= (threshold[node] as number);
      node = (isLeft ? left[node] : right[node]) as number;
    }
    return sum + (value[node] as number);
  }, base);
}

describe("compileTrees", () => {
  it.each([
    ["shallow trees", 5],
    ["trees too deep to fill up", 14],
  ])("gives what the definition gives: %s", (_what, depth) => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 19 }),
        fc.array(
          fc.oneof(
            fc.constantFrom(...THRESHOLDS),
            fc.double({ noNaN: true }),
            fc.double({ min: -2, max: 3, noNaN: true }),
          ),
          {
            minLength: 12,
            maxLength: 12,
          },
        ),
        (seed, inputs, count, numbers) => {
          const random = seededRandom(seed);
          const trees = Array.from({ length: count }, () => randomTree(random, inputs, depth));
          const model: TreeEnsembleModel = { kind: "trees", inputs, base: 0.5, trees };
          const rows = Float64Array.from(numbers);
          const out = new Float64Array(12 / inputs);
          compileTrees(model)(rows, out);
          out.forEach((score, i) => {
            const row = numbers.slice(i * inputs, (i + 1) * inputs);
            expect(score).toBeCloseTo(byDefinition(model, row), 12);
          });
        },
      ),
      { numRuns: depth > 10 ? 30 : 150 },
    );
  });

  it("keeps no trace of the rows before", () => {
    const random = seededRandom(3);
    const model = {
      ...{ kind: "trees" as const, inputs: 3, base: 0 },
      trees: Array.from({ length: 11 }, () => randomTree(random, 3, 4)),
    };
    const score = compileTrees(model);
    const rows = Float64Array.from({ length: 300 }, () => 3 * random() - 1);
    const [together, apart] = [new Float64Array(100), new Float64Array(100)];
    score(rows, together);
    for (let i = 99; i >= 0; i--) score(rows.subarray(3 * i, 3 * i + 3), apart.subarray(i, i + 1));
    expect(apart).toEqual(together);
  });
});
