import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { differences } from "../../../../scripts/lib/reference-stats.mjs";
import { trainingFunctions } from "../../../../scripts/lib/reference-training.mjs";
import * as training from "./index.js";

interface Case {
  id: string;
  fn: string;
  area: string;
  input: Record<string, unknown>;
  expected: unknown;
  tol: { rel?: number; abs?: number };
}

const SHARED =
  process.env["ATTUNE_SHARED"] ?? fileURLToPath(new URL("../../../../../shared", import.meta.url));
const FILE = `${SHARED}/reference/stats_cases.json`;
const there = existsSync(FILE);
if (!there) console.warn("left out: reference cases for training (no file at ATTUNE_SHARED or ../shared)");
const all = there ? (JSON.parse(readFileSync(FILE, "utf8")) as { cases: Case[] }).cases : [];
const AREAS = ["logistic", "calibration", "gbt"];
const functions = trainingFunctions(training);

describe.skipIf(!there)("reference cases", () => {
  it("are all there, and none is of an unknown kind", () => {
    const own = all.filter(({ area }) => AREAS.includes(area));
    expect(AREAS.map((area) => own.filter((one) => one.area === area).length)).toEqual([4, 5, 3]);
    expect(own.filter(({ fn }) => !Object.hasOwn(functions, fn))).toEqual([]);
  });

  it.each(all.filter(({ area }) => AREAS.includes(area)).map((one) => [one.id, one] as const))(
    "%s",
    (_id, { fn, input, expected, tol }) => {
      expect(differences(functions[fn]?.(input), expected, tol)).toEqual([]);
    },
  );
});
