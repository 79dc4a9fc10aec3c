import { seededRandom } from "@attune/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { squaredBetween } from "./geometry/distance.js";
import { buildKdTree } from "./geometry/kd-tree.js";
import { nearestFinder } from "./geometry/nearest.js";
import { toMatrix } from "../data/points.js";
import { boruvkaSpanningTree, primSpanningTree } from "./density/spanning-tree.js";
import { coreDistances } from "./density/core-distances.js";
import {
  adjustedMutualInformation,
  adjustedRandIndex,
  assign,
  autoCluster,
  calinskiHarabasz,
  chooseK,
  cutAtHeight,
  dbscan,
  densityValidity,
  describeClusters,
  hdbscan,
  hierarchical,
  kmeans,
  matchClusters,
  matchRefit,
  miniBatchKmeans,
  normalizedMutualInformation,
  optics,
  packClusters,
  scalingOf,
  silhouette,
  silhouetteSamples,
  stability,
  unpackClusters,
} from "./index.js";
import { clouds, moons, normal } from "./made-points.fixture.js";
import { cheapestPairs } from "./match.js";

/** Small points on a coarse grid, so that equal ones and ties are common. */
const points = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 40 }))
  .chain(([columns, rows]) =>
    fc.array(fc.array(fc.integer({ min: -4, max: 4 }), { minLength: columns, maxLength: columns }), {
      minLength: rows,
      maxLength: rows,
    }),
  );
const refused = (code: string, path?: string) =>
  expect.objectContaining(path === undefined ? { code } : { code, path });
function distance(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let c = 0; c < a.length; c++) sum += ((a[c] as number) - (b[c] as number)) ** 2;
  return Math.sqrt(sum);
}

/** DBSCAN as it is defined: every pair looked at. */
function plainDbscan(rows: readonly (readonly number[])[], eps: number, minSamples: number): number[] {
  const near = rows.map((a) => rows.flatMap((b, j) => (distance(a, b) <= eps ? [j] : [])));
  const labels = rows.map(() => -1);
  let cluster = 0;
  rows.forEach((_, i) => {
    if (labels[i] !== -1 || (near[i] as number[]).length < minSamples) return;
    const open = [i];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (labels[at] !== -1) continue;
      labels[at] = cluster;
      if ((near[at] as number[]).length >= minSamples) open.push(...(near[at] as number[]));
    }
    cluster++;
  });
  return labels;
}

describe("against the definition", () => {
  it("DBSCAN labels as a search of all pairs does", () => {
    fc.assert(
      fc.property(
        points,
        fc.constantFrom(0.5, 1, 1.5, 2, 3),
        fc.integer({ min: 1, max: 6 }),
        (rows, eps, minSamples) => {
          expect([...dbscan(rows, { eps, minSamples }).labels]).toEqual(plainDbscan(rows, eps, minSamples));
        },
      ),
    );
  });

  it("DBSCAN does so in many columns and with more points than a leaf holds", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 3, max: 9 }),
        fc.integer({ min: 1, max: 250 }),
        fc.constantFrom(1, 1.5, 2, 3, 1e200),
        fc.integer({ min: 1, max: 12 }),
        (seed, columns, rows, eps, minSamples) => {
          const random = seededRandom(seed);
          // Every third point lies at a whole place, where others lie and where distances of exactly eps are common.
          const made = Array.from({ length: rows }, (_, i) =>
            Array.from({ length: columns }, () => (i % 3 === 0 ? Math.floor(4 * random()) : 3.5 * random())),
          );
          expect([...dbscan(made, { eps, minSamples }).labels]).toEqual(plainDbscan(made, eps, minSamples));
        },
      ),
      { numRuns: 40 },
    );
  });

  it("K-means leaves every point with its nearest centroid, and each centroid the mean of its points", () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 6 }), (rows, wanted) => {
        const k = Math.min(wanted, rows.length);
        const found = kmeans(rows, { k, tolerance: 0 });
        expect(found.clusters).toBe(Math.min(k, new Set(rows.map(String)).size));
        const { labels, columns, centroids } = found;
        rows.forEach((row, i) => {
          const to = (j: number): number =>
            distance(row, [...centroids.subarray(j * columns, (j + 1) * columns)]);
          const least = Math.min(...Array.from({ length: found.clusters }, (_, j) => to(j)));
          expect(to(labels[i] as number)).toBeLessThanOrEqual(least + 1e-9);
        });
      }),
    );
  });

  it("single linkage and both spanning trees weigh the same", () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 4 }), (rows, minSamples) => {
        const matrix = toMatrix(rows);
        const core = coreDistances(matrix, Math.min(minSamples, matrix.rows));
        const sorted = ({ weight }: { weight: Float64Array }): number[] => [...weight].sort((a, b) => a - b);
        const [prim, boruvka] = [
          primSpanningTree(matrix, core),
          boruvkaSpanningTree(buildKdTree(matrix, 2), core),
        ];
        sorted(boruvka).forEach((weight, i) => expect(weight).toBeCloseTo(sorted(prim)[i] as number, 12));
      }),
    );
  });

  it("the nearest of a tree are the nearest", () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 5 }), (rows, count) => {
        const matrix = toMatrix(rows);
        const find = nearestFinder(buildKdTree(matrix, 2), count);
        const all = rows.map((_, j) =>
          squaredBetween(matrix.data, 0, matrix.data, j * matrix.columns, matrix.columns),
        );
        expect([...find(matrix.data, 0).squared]).toEqual(all.sort((a, b) => a - b).slice(0, count));
      }),
    );
  });

  it("every linkage merges by rising height, and a cut gives exactly k", () => {
    fc.assert(
      fc.property(points, fc.constantFrom("ward", "complete", "average", "single"), (rows, linkage) => {
        const k = Math.min(3, rows.length);
        const { dendrogram, clusters, sizes } = hierarchical(rows, { linkage, k });
        expect(clusters).toBe(k);
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(rows.length);
        expect([...dendrogram.height]).toEqual([...dendrogram.height].sort((a, b) => a - b));
        expect(cutAtHeight(dendrogram, Number.POSITIVE_INFINITY).clusters).toBe(1);
      }),
    );
  });

  it("the cheapest pairs are the cheapest", () => {
    const costs = fc.integer({ min: 1, max: 4 }).chain((n) =>
      fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: n, maxLength: n }), {
        minLength: n,
        maxLength: n,
      }),
    );
    const least = (cost: number[][], row: number, used: readonly number[]): number =>
      row === cost.length
        ? 0
        : Math.min(
            ...(cost[row] as number[]).map((value, c) =>
              used.includes(c) ? Number.POSITIVE_INFINITY : value + least(cost, row + 1, [...used, c]),
            ),
          );
    fc.assert(
      fc.property(costs, (cost) => {
        const pairs = cheapestPairs(cost, cost.length);
        expect(new Set(pairs).size).toBe(cost.length);
        const sum = pairs.reduce((total, c, r) => total + ((cost[r] as number[])[c] as number), 0);
        expect(sum).toBe(least(cost, 0, []));
      }),
    );
  });

  it("agreement is 1 with itself under any names, and symmetric", () => {
    const labels = fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(labels, (a) => {
        const renamed = a.map((label) => 7 - label);
        for (const index of [adjustedRandIndex, normalizedMutualInformation, adjustedMutualInformation]) {
          if (new Set(a).size > 1) expect(index(a, renamed)).toBeCloseTo(1, 9);
          const b = [...a].reverse();
          expect(index(a, b)).toBeCloseTo(index(b, a), 9);
        }
      }),
    );
  });
});

describe("what comes of odd points", () => {
  const equal = Array.from({ length: 12 }, () => [2, 7]);
  it("all equal: one cluster or none, nothing that is not a number", () => {
    expect(kmeans(equal, { k: 3 })).toMatchObject({ clusters: 1, inertia: 0 });
    expect(miniBatchKmeans(equal, { k: 3 }).clusters).toBe(1);
    expect(hdbscan(equal).clusters).toBe(0);
    expect(hdbscan(equal, { allowSingleCluster: true }).clusters).toBe(1);
    expect(optics(equal, { eps: 1 }).clusters).toBe(1);
    expect(autoCluster(equal).clusters).toBe(1);
    expect(chooseK(equal)).toEqual({ k: 1, scores: [] });
    expect(hierarchical(equal, { k: 2 }).clusters).toBe(2);
  });

  it("one point", () => {
    for (const found of [kmeans([[1]], { k: 1 }), hierarchical([[1]], { k: 1 }), autoCluster([[1]])]) {
      expect([...found.labels]).toEqual([0]);
    }
    expect([hdbscan([[1]]).noise, dbscan([[1]], { eps: 1 }).noise, optics([[1]], { eps: 1 }).noise]).toEqual([
      1, 1, 1,
    ]);
  });

  it("constant columns change nothing", () => {
    const made = clouds(
      [
        [0, 0],
        [9, 9],
        [0, 9],
      ],
      { each: 40, spread: 0.5 },
    );
    const wide = Array.from({ length: 120 }, (_, i) => [
      made.data[2 * i] as number,
      5e6,
      made.data[2 * i + 1] as number,
      -0.1,
    ]);
    const found = autoCluster(wide);
    expect([...found.scaling.scale.filter((_, c) => c % 2 === 1)]).toEqual([1, 1]);
    expect(adjustedRandIndex(found.labels, made.labels)).toBe(1);
  });

  it("a constant column among many rows is only centred", () => {
    const rows = Array.from({ length: 100_000 }, (_, i) => [4.35, i % 7]);
    for (const method of ["z-score", "robust"] as const) {
      const { center, scale } = scalingOf(rows, { method });
      expect([center[0], scale[0]]).toEqual([4.35, 1]);
      expect(scale[1]).toBeGreaterThan(1.9);
    }
  });

  it("is refused with its path", () => {
    for (const run of [autoCluster, hdbscan, optics, chooseK]) {
      expect(() =>
        run([
          [1, 2],
          [3, Number.POSITIVE_INFINITY],
        ]),
      ).toThrow(refused("ATTUNE_ML_NOT_FINITE", "/points/1/1"));
      expect(() => run([])).toThrow(refused("ATTUNE_ML_EMPTY_DATA", "/points"));
      expect(() => run([[1, 2], [3]])).toThrow(refused("ATTUNE_ML_BAD_SHAPE", "/points/1"));
      expect(() => run(new Float64Array(5), { columns: 2 })).toThrow(refused("ATTUNE_ML_BAD_SHAPE"));
    }
    expect(() => hierarchical([[1]], { k: 2 })).toThrow(refused("ATTUNE_ML_TOO_MANY_CLUSTERS", "/options/k"));
    expect(() => hierarchical([[1]], {})).toThrow(refused("ATTUNE_ML_BAD_OPTION", "/options/k"));
    expect(() => hdbscan([[1]], { minClusterSize: 1 })).toThrow(
      refused("ATTUNE_ML_BAD_OPTION", "/options/minClusterSize"),
    );
    expect(() => silhouette([[1], [2]], [0, 0])).toThrow(refused("ATTUNE_ML_TOO_FEW_CLUSTERS"));
    expect(() => silhouette([[1], [2]], [0])).toThrow(refused("ATTUNE_ML_BAD_SHAPE", "/labels"));
    expect(() => assign(kmeans([[1, 2]], { k: 1 }), [[1]])).toThrow(
      refused("ATTUNE_ML_BAD_SHAPE", "/points"),
    );
    expect(() => kmeans([[1], [2]], { k: 2, init: [[1]] })).toThrow(
      refused("ATTUNE_ML_BAD_SHAPE", "/options/init"),
    );
  });

  it("a tree of more than 20,000 rows is refused, or built of a sample that the result tells of", () => {
    const made = clouds(
      [
        [0, 0],
        [50, 50],
      ],
      { each: 10_050, spread: 1 },
    );
    expect(() => hierarchical(made.data, { columns: 2, k: 2 })).toThrow(
      refused("ATTUNE_ML_TOO_MANY_ROWS", "/options/sample"),
    );
    const found = hierarchical(made.data, { columns: 2, k: 2, sample: 500 });
    expect(found.sampledRows).toBe(500);
    expect(adjustedRandIndex(found.labels, made.labels)).toBe(1);
  });
});

describe("K-means", () => {
  it("mends clusters that nothing came to", () => {
    const found = kmeans([[0], [1], [10], [11]], { k: 3, init: [[0], [100], [200]] });
    expect(found.clusters).toBe(3);
  });

  it("is not caught in a bad optimum: of 25 clouds each gets one centroid, whatever the seed", () => {
    const centres = Array.from({ length: 25 }, (_, i) => [(i % 5) * 10, Math.floor(i / 5) * 10]);
    const made = clouds(centres, { each: 40, spread: 1 });
    for (let seed = 0; seed < 6; seed++) {
      const found = kmeans(made.data, { columns: 2, k: 25, random: seededRandom(seed) });
      expect(adjustedRandIndex(found.labels, made.labels)).toBeGreaterThan(0.99);
    }
  });
});

describe("choosing", () => {
  it("k: as many as there are", () => {
    const made = clouds(
      [
        [0, 0, 0],
        [6, 0, 0],
        [0, 6, 0],
        [0, 0, 6],
        [6, 6, 6],
      ],
      { each: 60, spread: 1 },
    );
    const { k, scores } = chooseK(made.data, { columns: 3, max: 8, resamples: 5 });
    expect(k).toBe(5);
    expect(scores.map((score) => score.k)).toEqual([2, 3, 4, 5, 6, 7, 8]);
  });

  it("by shape: moons by density, clouds by either", () => {
    const made = moons(200, 0.06);
    const found = autoCluster(made.data, { columns: 2 });
    expect(found.algorithm).toBe("hdbscan");
    expect(adjustedRandIndex(found.labels, made.labels)).toBeGreaterThan(0.98);
    expect(assign(found, made.data).labels).toEqual(found.labels);
    // Of more rows than it looks at, and with noise kept.
    const many = clouds(
      [
        [0, 0],
        [8, 8],
        [16, 0],
      ],
      { each: 1500, spread: 1 },
    );
    const sampled = autoCluster(many.data, { columns: 2, sample: 600, resamples: 3 });
    expect(adjustedRandIndex(sampled.labels, many.labels)).toBeGreaterThan(0.98);
    const strict = autoCluster(
      [
        ...Array.from({ length: 400 }, (_, i) => [
          made.data[2 * i] as number,
          made.data[2 * i + 1] as number,
        ]),
        [40, 40],
      ],
      { keepNoise: true, scaling: scalingOf(made.data, { method: "z-score", columns: 2 }) },
    );
    expect(strict.labels[400]).toBe(-1);
    expect([...assign(strict, [[-60, 3]]).labels]).toEqual([-1]);
  });

  it("tells a single cloud from several: nothing parts it", () => {
    const random = seededRandom(4);
    const cloud = Float64Array.from({ length: 900 }, () => normal(random));
    const found = autoCluster(cloud, { columns: 3 });
    expect(found.considered.every(({ isParted }) => !isParted)).toBe(true);
  });
});

describe("quality", () => {
  const made = clouds(
    [
      [0, 0],
      [8, 0],
      [4, 7],
    ],
    { each: 50, spread: 1 },
  );
  it("leaves noise out", () => {
    const labels = Int32Array.from([...made.labels, -1]);
    const points = Float64Array.from([...made.data, 500, 500]);
    const at = { columns: 2, sample: Number.POSITIVE_INFINITY };
    expect(silhouette(points, labels, at)).toBeCloseTo(silhouette(made.data, made.labels, at), 12);
    expect(calinskiHarabasz(points, labels, { columns: 2 })).toBeCloseTo(
      calinskiHarabasz(made.data, made.labels, { columns: 2 }),
      9,
    );
    expect(silhouetteSamples(points, labels, { columns: 2 })[150]).toBeNaN();
  });

  it("density validity is what can be reckoned by hand", () => {
    const line = (values: readonly number[], labels: readonly number[]) =>
      densityValidity(Float64Array.from(values), labels, { columns: 1 });
    // Inside at most 1 apart, the nearest of the other 9: (9 − 1) ÷ 9.
    expect(line([0, 1, 10, 11], [0, 0, 1, 1])).toBeCloseTo(8 / 9, 12);
    // Noise lowers it by its share, and so does a cluster of one.
    expect(line([0, 1, 10, 11, 50], [0, 0, 1, 1, -1])).toBeCloseTo((8 / 9) * 0.8, 12);
    expect(line([0, 1, 10, 11, 50], [0, 0, 1, 1, 2])).toBeCloseTo((8 / 9) * 0.8, 12);
    // The first is 19 apart inside, and the other one 9 from it: 4 rows of (9 − 19) ÷ 19, and 2 of (9 − 1) ÷ 9.
    expect(line([0, 1, 20, 21, 10, 11], [0, 0, 0, 0, 1, 1])).toBeCloseTo(
      (4 * (-10 / 19) + 2 * (8 / 9)) / 6,
      12,
    );
    expect(line([3, 3, 7, 7], [0, 0, 1, 1])).toBe(1);
    expect(() => line([1, 2, 3], [0, 0, 0])).toThrow(
      expect.objectContaining({ code: "ATTUNE_ML_TOO_FEW_CLUSTERS" }),
    );
    expect(() => line([1, 2, 3], [0, 0])).toThrow(expect.objectContaining({ code: "ATTUNE_ML_BAD_SHAPE" }));
  });

  it("density validity tells half moons from their halves, which the silhouette does not", () => {
    const { data, columns, labels } = moons(150, 0.04);
    const halves = kmeans(data, { columns, k: 2 }).labels;
    expect(silhouette(data, halves, { columns })).toBeGreaterThan(silhouette(data, labels, { columns }));
    expect(densityValidity(data, labels, { columns })).toBeGreaterThan(0.3);
    expect(densityValidity(data, halves, { columns })).toBeLessThan(0);
    const chosen = autoCluster(data, { columns }).considered[0];
    expect(chosen?.algorithm).toBe("hdbscan");
    expect(chosen?.validity).toBeGreaterThan(0.3);
  });

  it("stability is high for clouds and low for cuts through one", () => {
    const fit = (k: number) => (part: { data: Float64Array }) =>
      kmeans(part.data, { columns: 2, k, starts: 3 });
    const real = stability(made.data, fit(3), { columns: 2, resamples: 8 });
    const cut = stability(made.data, fit(11), { columns: 2, resamples: 8 });
    expect(real.mean).toBeGreaterThan(0.95);
    expect(Math.min(...real.clusters)).toBeGreaterThan(0.9);
    expect(cut.mean).toBeLessThan(0.85);
  });
});

describe("clusters over time", () => {
  it("keep their numbers, lose them when gone, and new ones get new numbers", () => {
    const before = [0, 0, 0, 1, 1, 1, 2, 2, -1];
    const match = matchClusters(before, [1, 1, 1, 0, 0, 0, -1, -1, 2]);
    expect([...match.labels]).toEqual([1, 0, 3]);
    expect([match.gone, match.nextLabel]).toEqual([[2], 4]);
    expect([...match.overlaps]).toEqual([1, 1, 0]);
    expect([...matchClusters(before, before).labels]).toEqual([0, 1, 2]);
  });

  it("stay the same for other people, through JSON", () => {
    const centres = [
      [0, 0],
      [9, 0],
      [0, 9],
    ];
    const [day, next] = [
      clouds(centres, { each: 60, spread: 1 }),
      clouds([...centres].reverse(), { each: 60, spread: 1, seed: 9 }),
    ];
    const before = autoCluster(day.data, { columns: 2 });
    const after = autoCluster(next.data, { columns: 2 });
    const kept = unpackClusters(JSON.parse(JSON.stringify(packClusters(before.model))));
    const { labels, overlaps } = matchRefit(kept, after, { points: day.data });
    expect(Math.min(...overlaps)).toBeGreaterThan(0.95);
    const renamed = after.labels.map((label) => labels[label] as number);
    expect(assign(kept, next.data).labels).toEqual(renamed);
  });

  it("packed clusters that are damaged are refused with the path", () => {
    const packed = JSON.parse(
      JSON.stringify(
        packClusters(
          autoCluster([
            [1, 2],
            [3, 4],
            [8, 9],
          ]).model,
        ),
      ),
    ) as Record<string, unknown>;
    const bad = (change: object) => () => unpackClusters({ ...packed, ...change });
    expect(bad({ kind: "x" })).toThrow(refused("ATTUNE_ML_BAD_CLUSTERS", "/kind"));
    expect(bad({ prototypes: [1, null] })).toThrow(refused("ATTUNE_ML_BAD_CLUSTERS", "/prototypes"));
    expect(bad({ prototypeLabels: [9] })).toThrow(refused("ATTUNE_ML_BAD_CLUSTERS", "/prototypeLabels"));
    expect(bad({ columns: 0 })).toThrow(refused("ATTUNE_ML_BAD_CLUSTERS", "/columns"));
    expect(bad({ cuts: [] })).toThrow(refused("ATTUNE_ML_BAD_CLUSTERS", "/cuts"));
    expect(bad({ scaling: { method: "z-score", center: [0, 0], scale: [0, 1], log: [0, 0] } })).toThrow(
      refused("ATTUNE_ML_BAD_CLUSTERS", "/scaling/scale"),
    );
    expect(() => unpackClusters(null)).toThrow(refused("ATTUNE_ML_BAD_CLUSTERS"));
  });
});

describe("profiles", () => {
  it("tell what sets a cluster apart, in effect sizes and words", () => {
    const random = seededRandom(3);
    const labels = Int32Array.from({ length: 400 }, (_, i) => i % 2);
    const rows = Array.from(labels, (label) => [
      Math.exp((label === 1 ? 3 : 1) + normal(random)),
      normal(random),
      label === 0 ? 1 : Number(random() < 0.1),
    ]);
    const [first, second] = describeClusters(rows, labels, { names: ["spend", "noise", "isMobile"] });
    expect(first?.traits.map(({ feature }) => feature)).toEqual(["isMobile", "spend"]);
    expect(second?.traits.find(({ feature }) => feature === "spend")).toMatchObject({
      direction: "higher",
      strength: "far",
    });
    expect(second?.words).toMatch(/far more spend \([\d.]+, elsewhere [\d.]+\)/);
    const { superiority: up } = second?.traits.find(({ feature }) => feature === "spend") ?? {
      superiority: Number.NaN,
    };
    const { superiority: down } = first?.traits.find(({ feature }) => feature === "spend") ?? {
      superiority: Number.NaN,
    };
    expect(up + down).toBeCloseTo(1, 12);
    expect(first).toMatchObject({ size: 200, share: 0.5 });
    expect(() => describeClusters(rows, labels, { names: ["a"] })).toThrow(
      refused("ATTUNE_ML_BAD_SHAPE", "/options/names"),
    );
  });
});
