import { describe, expect, it } from "vitest";
import { clusteringFunctions } from "../../../../scripts/lib/reference-clustering.mjs";
import { differences } from "../../../../scripts/lib/reference-stats.mjs";
import { referenceCases } from "../reference-cases.fixture.js";
import * as clustering from "./index.js";

const { there, cases: all, datasets } = referenceCases<{ X: number[][] }>("reference cases for clusters");
const AREAS = ["kmeans", "cluster-quality", "dbscan", "linkage"];
const cases = all.filter(({ area }) => AREAS.includes(area));

describe.skipIf(!there)("reference cases", () => {
  it("are all there", () => {
    expect(AREAS.map((area) => cases.filter((one) => one.area === area).length)).toEqual([8, 7, 11, 12]);
  });

  const functions = clusteringFunctions(clustering, datasets);
  it.each(cases.map((one) => [`${one.id} ${one.fn}`, one] as const))(
    "%s",
    (_id, { fn, input, expected, tol }) => {
      const got = functions[fn]?.(input, expected);
      expect(differences(got, expected, tol)).toEqual([]);
    },
  );
});
