import { describe, expect, it } from "vitest";
import { densitySuite, kmeansSuite } from "./clustering.test.suite.js";
import { adjustedRandIndex, dbscan, hdbscan, kmeans, miniBatchKmeans, optics } from "./index.js";
import { clouds } from "./made-points.fixture.js";

kmeansSuite("native", (points, options) => kmeans(points, options));
kmeansSuite("native", (points, { tolerance: _, ...options }) => miniBatchKmeans(points, options));
kmeansSuite("ml-kmeans", (points, options) => kmeans(points, { ...options, engine: "ml-kmeans" }));
kmeansSuite("tfjs", (points, options) => kmeans(points, { ...options, engine: "tfjs" }));

densitySuite("native", (points, options) => dbscan(points, options));
densitySuite("native", (points, options) => optics(points, options));
densitySuite("density-clustering", (points, options) =>
  dbscan(points, { ...options, engine: "density-clustering" }),
);
densitySuite("density-clustering", (points, options) =>
  optics(points, { ...options, engine: "density-clustering" }),
);

describe("engines", () => {
  const made = clouds(
    [
      [0, 0, 0],
      [3, 0, 1],
      [0, 3, 2],
      [2, 2, 0],
      [1, 4, 4],
    ],
    { each: 200, spread: 1 },
  );

  it("come to the same partition of overlapping clouds from the same start", async () => {
    const options = { k: 5, columns: 3, tolerance: 0 } as const;
    const native = kmeans(made.data, options);
    for (const engine of ["ml-kmeans", "tfjs"] as const) {
      const other = await kmeans(made.data, { ...options, engine });
      expect(adjustedRandIndex(other.labels, native.labels)).toBeGreaterThan(0.999);
      expect(other.inertia).toBeCloseTo(native.inertia, 6);
    }
  });

  it("of DBSCAN agree but for border points between clusters", async () => {
    const options = { eps: 0.5, minSamples: 6, columns: 3 };
    const native = dbscan(made.data, options);
    const other = await dbscan(made.data, { ...options, engine: "density-clustering" });
    expect([...other.labels]).toEqual([...native.labels]);
  });

  it("HDBSCAN finds clouds of different density without a distance", () => {
    const dense = clouds([[0, 0]], { each: 100, spread: 0.1 });
    const loose = clouds([[10, 10]], { each: 100, spread: 1, seed: 2 });
    const found = hdbscan(Float64Array.from([...dense.data, ...loose.data]), {
      columns: 2,
      minClusterSize: 15,
    });
    expect(found.clusters).toBe(2);
    const truth = Int32Array.from({ length: 200 }, (_, i) => (i < 100 ? 0 : 1));
    const kept = [...found.labels.keys()].filter((row) => (found.labels[row] as number) >= 0);
    expect(kept.length).toBeGreaterThan(150);
    expect(
      adjustedRandIndex(
        kept.map((row) => found.labels[row] as number),
        kept.map((row) => truth[row] as number),
      ),
    ).toBe(1);
  });
});
