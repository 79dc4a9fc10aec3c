import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { clusteringFunctions } from "../../../../scripts/lib/reference-clustering.mjs";
import { differences } from "../../../../scripts/lib/reference-stats.mjs";
import * as clustering from "./index.js";

interface Case {
  id: string;
  area: string;
  fn: string;
  input: Record<string, unknown>;
  expected: Record<string, unknown>;
  tol: { rel?: number; abs?: number };
}

const SHARED =
  process.env["ATTUNE_SHARED"] ?? fileURLToPath(new URL("../../../../../shared", import.meta.url));
const FILE = `${SHARED}/reference/stats_cases.json`;
const there = existsSync(FILE);
if (!there) console.warn("left out: reference cases for clusters (no file at ATTUNE_SHARED or ../shared)");
const file = there
  ? (JSON.parse(readFileSync(FILE, "utf8")) as { datasets: Record<string, { X: number[][] }>; cases: Case[] })
  : { datasets: {}, cases: [] };
const AREAS = ["kmeans", "cluster-quality", "dbscan", "linkage"];
const cases = file.cases.filter(({ area }) => AREAS.includes(area));

describe.skipIf(!there)("reference cases", () => {
  it("are all there", () => {
    expect(AREAS.map((area) => cases.filter((one) => one.area === area).length)).toEqual([8, 7, 11, 12]);
  });

  const functions = clusteringFunctions(clustering, file.datasets);
  it.each(cases.map((one) => [`${one.id} ${one.fn}`, one] as const))(
    "%s",
    (_id, { fn, input, expected, tol }) => {
      const got = functions[fn]?.(input, expected);
      expect(differences(got, expected, tol)).toEqual([]);
    },
  );
});
