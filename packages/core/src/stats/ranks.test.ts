import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { probabilityToBeBest, rankProbabilities } from "./index.js";

const refused = (path: string) => expect.objectContaining({ code: "ATTUNE_STATS_INPUT", path });
const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);

describe("rankProbabilities", () => {
  it("says of the first two ranks what probabilityToBeBest says, and each rank and each arm add up to 1", () => {
    const counts = fc
      .record({ successes: fc.nat(300), failures: fc.nat(3000) })
      .map(({ successes, failures }) => ({ successes, trials: successes + failures }));
    fc.assert(
      fc.property(fc.array(counts, { minLength: 2, maxLength: 5 }), (arms) => {
        const shapes = arms.map(({ successes, trials }) => ({
          alpha: 1 + successes,
          beta: 1 + trials - successes,
        }));
        const ranks = rankProbabilities(shapes, shapes.length);
        const { best, secondBest } = probabilityToBeBest(arms);
        for (const [k] of arms.entries()) {
          expect(ranks[0]?.[k]).toBeCloseTo(best[k] as number, 11);
          expect(ranks[1]?.[k]).toBeCloseTo(secondBest[k] as number, 11);
          expect(sum(ranks.map((row) => row[k] as number))).toBeCloseTo(1, 10);
        }
        for (const row of ranks) expect(sum(row)).toBeCloseTo(1, 10);
        expect(rankProbabilities(shapes)).toHaveLength(1);
      }),
      { numRuns: 25 },
    );
  });

  it("knows one arm, and refuses what cannot be", () => {
    const arm = { alpha: 2, beta: 3 };
    expect(rankProbabilities([arm])).toEqual([[1]]);
    expect(() => rankProbabilities([])).toThrow(refused("/posteriors"));
    expect(() => rankProbabilities([arm], 2)).toThrow(refused("/ranks"));
    expect(() => rankProbabilities([arm, { alpha: 0, beta: 1 }])).toThrow(refused("/posteriors/1"));
  });
});
