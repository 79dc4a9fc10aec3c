import { seededRandom } from "@attune/core";
import { describe, expect, it } from "vitest";
import { labelledSets } from "../../../../scripts/lib/labelled-points.mjs";
import { PLANTED_FEATURES, plantedVisitors } from "../../../../scripts/lib/planted-visitors.mjs";
import { SHARED_DATA } from "../reference-cases.fixture.js";
import { adjustedRandIndex, assign, autoCluster, describeClusters, matchRefit } from "./index.js";

const sets = labelledSets(`${SHARED_DATA}/data/clustering`);
if (sets.length === 0)
  console.warn("left out: labelled sets for clusters (no folder at ATTUNE_SHARED or ../shared)");

describe.skipIf(sets.length === 0)("the automatic choice on labelled sets", () => {
  it("agrees with the classes: mean adjusted Rand index of 0.80 or more", () => {
    const agreements = sets.map(({ points, labels }) => {
      return adjustedRandIndex(autoCluster(points, { sample: 1200, resamples: 2 }).labels, labels);
    });
    expect(agreements).toHaveLength(8);
    expect(agreements.reduce((sum, value) => sum + value, 0) / agreements.length).toBeGreaterThanOrEqual(0.8);
  }, 120_000);
});

describe("visitors with planted segments", () => {
  const random = seededRandom(7);
  const first = plantedVisitors(800, random);
  const options = { sample: 800, resamples: 2 };
  const learned = autoCluster(first.points, options);

  it("are recovered, by the logarithm of what is heavy-tailed", () => {
    expect(learned.scaling.log[PLANTED_FEATURES.indexOf("revenue")]).toBe(1);
    expect(adjustedRandIndex(learned.labels, first.labels)).toBeGreaterThanOrEqual(0.9);
  });

  it("keep their numbers over refits on other days", () => {
    for (let day = 0; day < 2; day++) {
      const next = plantedVisitors(800, random);
      const again = autoCluster(next.points, options);
      const { labels, overlaps } = matchRefit(learned, again, { points: next.points });
      const renamed = again.labels.map((label) => labels[label] as number);
      expect(adjustedRandIndex(renamed, assign(learned, next.points).labels)).toBeGreaterThanOrEqual(0.9);
      expect(Math.min(...overlaps)).toBeGreaterThan(0.8);
    }
  }, 120_000);

  it("have profiles that name what was planted", () => {
    const profiles = describeClusters(first.points, learned.labels, { names: PLANTED_FEATURES });
    const loyal = profiles[learned.labels[first.labels.indexOf(3)] as number];
    expect(loyal?.traits.map(({ feature }) => feature)).toContain("sessions");
    expect(loyal?.traits.find(({ feature }) => feature === "revenue")?.strength ?? "far").toBe("far");
  });
});
