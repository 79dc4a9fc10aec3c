import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type DriftOptions,
  type FeatureMatrix,
  featureDrift,
  holm,
  kolmogorovSmirnov,
  kolmogorovSurvival,
  populationStabilityIndex,
  psiOfCounts,
} from "./index.js";

const sample = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 });
const few = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 60 });

/** A generator that repeats (Park and Miller 1988). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Box–Muller. */
function normals(count: number, random: () => number, mean = 0): number[] {
  return Array.from(
    { length: count },
    () => mean + Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}

describe("population stability index", () => {
  it("is 0 between equals, never negative, never NaN", () => {
    fc.assert(
      fc.property(fc.oneof(sample, few), fc.oneof(sample, few), (a, b) => {
        expect(populationStabilityIndex(a, a)).toBe(0);
        const psi = populationStabilityIndex(a, Float64Array.from(b));
        expect(Number.isFinite(psi) && psi >= 0).toBe(true);
      }),
    );
  });

  it("sees what leaves a constant, on either side", () => {
    expect(populationStabilityIndex([5, 5, 5], [5, 5])).toBe(0);
    expect(populationStabilityIndex([5, 5, 5], [4, 5])).toBeGreaterThan(0.25);
    expect(populationStabilityIndex([5, 5, 5], [6, 5])).toBeGreaterThan(0.25);
  });

  it("sees what leaves a heap at either end of the range", () => {
    const spread = Array.from({ length: 50 }, (_, i) => 10 + i);
    for (const heap of [365, 0]) {
      const expected = [...new Array<number>(950).fill(heap), ...spread];
      expect(populationStabilityIndex(expected, new Array<number>(1000).fill(20))).toBeGreaterThan(0.25);
      expect(populationStabilityIndex(expected, expected)).toBe(0);
    }
  });

  it("takes edges as given, a value on a bound below it", () => {
    expect(populationStabilityIndex([1, 2, 3, 4], [2, 2, 4, 4], { edges: [2] })).toBe(0);
    expect(populationStabilityIndex([1, 2, 3, 4], [1, 1, 1, 3], { edges: [2] })).toBeCloseTo(
      psiOfCounts([2, 2], [3, 1]),
      12,
    );
  });

  it("refuses what it cannot judge", () => {
    expect(() => populationStabilityIndex([], [1])).toThrow(
      expect.objectContaining({ code: "ATTUNE_ML_EMPTY_SAMPLE", path: "/expected" }),
    );
    expect(() => populationStabilityIndex([1], [NaN])).toThrow(
      expect.objectContaining({ code: "ATTUNE_ML_NOT_FINITE", path: "/actual" }),
    );
    const badBins = expect.objectContaining({ code: "ATTUNE_ML_BAD_BINS" });
    expect(() => populationStabilityIndex([1], [1], { edges: [2, 1] })).toThrow(badBins);
    expect(() => populationStabilityIndex([1], [1], { bins: 1 })).toThrow(badBins);
    for (const [p, q] of [
      [[1], [1, 2]],
      [[0], [0]],
      [
        [-1, 2],
        [1, 1],
      ],
      [[NaN], [1]],
      [[], []],
    ] as const) {
      expect(() => psiOfCounts(p, q)).toThrow(badBins);
    }
  });
});

describe("Kolmogorov–Smirnov", () => {
  it("equals the definition", () => {
    const share = (list: number[], x: number) => list.filter((value) => value <= x).length / list.length;
    fc.assert(
      fc.property(fc.oneof(sample, few), fc.oneof(sample, few), (a, b) => {
        const { d, pValue } = kolmogorovSmirnov(a, b);
        const want = Math.max(...[...a, ...b].map((x) => Math.abs(share(a, x) - share(b, x))));
        expect(d).toBeCloseTo(want, 12);
        expect(pValue >= 0 && pValue <= 1).toBe(true);
        expect(kolmogorovSmirnov(b, a)).toEqual({ d, pValue });
      }),
    );
  });

  it("has a survival function that falls from 1 to 0 without a step", () => {
    expect([kolmogorovSurvival(0), kolmogorovSurvival(20)]).toEqual([1, 0]);
    expect(Math.abs(kolmogorovSurvival(1.18) - kolmogorovSurvival(1.18 - 1e-13))).toBeLessThan(1e-12);
    for (let x = 0; x < 4; x += 0.01)
      expect(kolmogorovSurvival(x + 0.01)).toBeLessThanOrEqual(kolmogorovSurvival(x));
  });

  it("refuses what it cannot judge", () => {
    expect(() => kolmogorovSmirnov([1], [])).toThrow(
      expect.objectContaining({ code: "ATTUNE_ML_EMPTY_SAMPLE", path: "/b" }),
    );
    expect(() => kolmogorovSmirnov([Infinity], [1])).toThrow(
      expect.objectContaining({ code: "ATTUNE_ML_NOT_FINITE", path: "/a" }),
    );
  });
});

const matrix = (columns: number[][]): FeatureMatrix => {
  const rows = columns[0]?.length ?? 0;
  const data = new Float64Array(rows * columns.length);
  columns.forEach((column, c) => column.forEach((value, r) => (data[r * columns.length + c] = value)));
  return { data, columns: columns.length };
};

describe("T31 drift", () => {
  it("of 0.5 σ within 2,000 rows is found at least 95 times in 100, with at most one false alarm", () => {
    const random = seededRandom(31);
    let found = 0;
    let alarms = 0;
    for (let run = 0; run < 100; run++) {
      const counts = () => Array.from({ length: 2000 }, () => Math.floor(random() ** 3 * 6));
      const reference = matrix([normals(2000, random), normals(2000, random), counts()]);
      const current = matrix([normals(2000, random, 0.5), normals(2000, random), counts()]);
      const [shifted, steady, discrete] = featureDrift(reference, current, ["shifted", "steady", "discrete"]);
      if (shifted?.verdict !== "stable") found++;
      if (steady?.verdict !== "stable" || discrete?.verdict !== "stable") alarms++;
    }
    expect(found).toBeGreaterThanOrEqual(95);
    expect(alarms).toBeLessThanOrEqual(1);
  });

  it("raises no alarm over twenty features of 1,000 rows that did not move", () => {
    const random = seededRandom(7);
    const names = Array.from({ length: 20 }, (_, i) => `f${i}`);
    let alarms = 0;
    for (let run = 0; run < 25; run++) {
      const [a, b] = [0, 1].map(() => matrix(names.map(() => normals(1000, random)))) as [
        FeatureMatrix,
        FeatureMatrix,
      ];
      alarms += featureDrift(a, b, names).filter(({ verdict }) => verdict !== "stable").length;
    }
    expect(alarms).toBe(0);
  });

  it("is unknown, with a reason, where it cannot be judged", () => {
    const flat = new Array<number>(200).fill(1);
    const holed = flat.map((value, i) => (i === 7 ? NaN : value));
    const [constant, broken] = featureDrift(matrix([flat, flat]), matrix([flat, holed]), [
      "constant",
      "broken",
    ]);
    expect(constant).toEqual({
      feature: "constant",
      psi: 0,
      d: 0,
      pValue: 1,
      adjustedPValue: 1,
      verdict: "stable",
      reason: null,
    });
    expect(broken).toMatchObject({
      psi: null,
      d: null,
      pValue: null,
      adjustedPValue: null,
      verdict: "unknown",
      reason: "not-finite",
    });
    const empty = { data: new Float64Array(0), columns: 1 };
    expect(featureDrift(empty, empty, ["a"], { minRows: 0 })[0]).toMatchObject({
      verdict: "unknown",
      reason: "too-few-rows",
    });
    expect(() => featureDrift(empty, empty, ["a", "b"])).toThrow(
      expect.objectContaining({ code: "ATTUNE_ML_BAD_SHAPE", path: "/reference" }),
    );
  });

  it("keeps the default of an option that is given as undefined", () => {
    const reference = matrix([new Array<number>(200).fill(1)]);
    const current = matrix([new Array<number>(200).fill(2)]);
    const settings = { alpha: undefined, minRows: undefined } as unknown as DriftOptions;
    expect(featureDrift(reference, current, ["moved"], settings)[0]?.verdict).toBe("major");
  });

  it("judges by size as well as by significance", () => {
    const random = seededRandom(5);
    const [small] = featureDrift(matrix([normals(20_000, random)]), matrix([normals(20_000, random, 0.08)]), [
      "small",
    ]);
    expect(small?.adjustedPValue).toBeLessThan(0.01);
    expect(small?.verdict).toBe("stable");
  });
});

it("Holm's adjustment keeps the order given", () => {
  expect(holm([0.01, 0.04, 0.03, 0.005]).map((p) => Number(p.toFixed(6)))).toEqual([0.03, 0.06, 0.06, 0.02]);
  expect(holm([])).toEqual([]);
  expect(holm([0.9, 0.8])).toEqual([1, 1]);
});
