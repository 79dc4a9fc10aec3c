import { describe, expect, it } from "vitest";
import { adjustedRandIndex, assign, type Clustering } from "./index.js";
import { clouds, moons } from "./made-points.fixture.js";
import type { Points } from "../data/points.js";

type Run<Options> = (points: Points, options: Options) => Clustering | Promise<Clustering>;

const FOUR = clouds(
  [
    [0, 0],
    [10, 0],
    [0, 10],
    [10, 10],
  ],
  { each: 60, spread: 0.8 },
);
const rowsOf = (data: Float64Array, columns: number): number[][] =>
  Array.from({ length: data.length / columns }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);

/** What every result must be, whichever code made it. */
function isWhole(found: Clustering, rows: number): void {
  expect(found.labels).toBeInstanceOf(Int32Array);
  expect(found.labels).toHaveLength(rows);
  const counted = new Int32Array(found.clusters);
  let noise = 0;
  for (const label of found.labels) {
    if (label === -1) noise++;
    else counted[label]!++;
  }
  expect([...found.sizes]).toEqual([...counted]);
  expect(found.noise).toBe(noise);
  expect(counted.every((size) => size > 0)).toBe(true);
  expect(found.centroids).toHaveLength(found.clusters * found.columns);
  expect(structuredClone(found)).toEqual(found);
}

/** K-means by any engine. */
export function kmeansSuite(
  engine: string,
  run: Run<{ k: number; columns?: number; init?: Points; tolerance?: number }>,
): void {
  describe(`K-means by ${engine}`, () => {
    it("finds four clouds, and new points by the nearest centroid", async () => {
      const found = await run(FOUR.data, { k: 4, columns: 2 });
      isWhole(found, 240);
      expect(found.engine).toBe(engine);
      expect(adjustedRandIndex(found.labels, FOUR.labels)).toBe(1);
      expect(assign(found, FOUR.data).labels).toEqual(found.labels);
      const near = assign(
        found,
        [
          [9.5, 0.2],
          [5, 5],
        ],
        { maxDistance: 3 },
      ).labels;
      expect([...near]).toEqual([found.labels[1], -1]);
    });

    it("takes rows, float32 and float64 alike", async () => {
      const rows = rowsOf(FOUR.data, 2).slice(0, 80);
      const flat = Float32Array.from(rows.flat());
      const byRows = await run(rows, { k: 3 });
      const byFloats = await run(flat, { k: 3, columns: 2 });
      expect(adjustedRandIndex(byRows.labels, byFloats.labels)).toBe(1);
    });

    it("goes to the optimum nearest to given centroids, far from the origin too", async () => {
      const far = FOUR.data.map((value, at) => value + (at % 2 === 0 ? 1e5 : -1e5));
      const init = [
        [1e5, -1e5],
        [1e5 + 10, -1e5 + 5],
      ];
      const found = await run(far, { k: 2, columns: 2, init, tolerance: 0 });
      expect(
        adjustedRandIndex(
          found.labels,
          FOUR.labels.map((label) => label % 2),
        ),
      ).toBe(1);
    });

    it("refuses what cannot be", async () => {
      const failing = async (points: Points, options: { k: number; columns?: number }) =>
        run(points, options);
      const refused = (code: string) => expect.objectContaining({ code });
      await expect(failing([[1], [2]], { k: 3 })).rejects.toEqual(refused("ATTUNE_ML_TOO_MANY_CLUSTERS"));
      await expect(failing([[1], [Number.NaN]], { k: 1 })).rejects.toEqual(refused("ATTUNE_ML_NOT_FINITE"));
      await expect(failing([], { k: 1 })).rejects.toEqual(refused("ATTUNE_ML_EMPTY_DATA"));
      await expect(failing([[1, 2], [3]], { k: 1 })).rejects.toEqual(refused("ATTUNE_ML_BAD_SHAPE"));
      await expect(failing([[1], [2]], { k: 1.5 })).rejects.toEqual(refused("ATTUNE_ML_BAD_OPTION"));
    });
  });
}

/** Clusters of density by any engine, cut at a distance. */
export function densitySuite(
  engine: string,
  run: Run<{ eps: number; minSamples: number; columns?: number }>,
): void {
  describe(`clusters of density by ${engine}`, () => {
    it("finds two moons and leaves what lies apart as noise", async () => {
      const made = moons(150, 0.05);
      const points = Float64Array.from([...made.data, 5, 5, -4, 3]);
      const found = await run(points, { eps: 0.25, minSamples: 5, columns: 2 });
      isWhole(found, 302);
      expect(found.engine).toBe(engine);
      expect(found.clusters).toBe(2);
      expect(adjustedRandIndex(found.labels.subarray(0, 300), made.labels)).toBe(1);
      expect([...found.labels.subarray(300)]).toEqual([-1, -1]);
      const placed = assign(found, [
        [1, 0.02],
        [9, 9],
      ]).labels;
      expect(placed[0]).toBeGreaterThanOrEqual(0);
      expect(placed[1]).toBe(-1);
    });

    it("is all noise where nothing is dense, and one cluster where all points are equal", async () => {
      const sparse = await run([[0], [10], [20], [30]], { eps: 1, minSamples: 2 });
      expect([sparse.clusters, sparse.noise]).toEqual([0, 4]);
      expect([...assign(sparse, [[0]]).labels]).toEqual([-1]);
      const equal = await run(
        Array.from({ length: 9 }, () => [3, 3]),
        { eps: 1, minSamples: 5 },
      );
      expect([equal.clusters, equal.noise]).toEqual([1, 0]);
    });

    it("counts the point itself, and a neighbour at exactly the distance", async () => {
      const found = await run([[0], [1], [2], [9]], { eps: 1, minSamples: 2 });
      expect([...found.labels]).toEqual([0, 0, 0, -1]);
    });

    it("refuses what cannot be", async () => {
      const failing = async (points: Points, options: { eps: number; minSamples: number }) =>
        run(points, options);
      const refused = (code: string) => expect.objectContaining({ code });
      await expect(failing([[1]], { eps: 0, minSamples: 1 })).rejects.toEqual(
        refused("ATTUNE_ML_BAD_OPTION"),
      );
      await expect(failing([[1]], { eps: 1, minSamples: 0 })).rejects.toEqual(
        refused("ATTUNE_ML_BAD_OPTION"),
      );
      await expect(failing([[Infinity]], { eps: 1, minSamples: 1 })).rejects.toEqual(
        refused("ATTUNE_ML_NOT_FINITE"),
      );
    });
  });
}
