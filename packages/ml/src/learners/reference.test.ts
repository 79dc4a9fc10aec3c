import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { learnerFunctions } from "../../../../scripts/lib/reference-learners.mjs";
import { differences } from "../../../../scripts/lib/reference-stats.mjs";
import * as monitoring from "../monitoring/index.js";
import * as learners from "./index.js";

interface Case {
  id: string;
  fn: string;
  input: Record<string, unknown>;
  expected: unknown;
  tol: { rel?: number; abs?: number };
}

const SHARED =
  process.env["ATTUNE_SHARED"] ?? fileURLToPath(new URL("../../../../../shared", import.meta.url));
const FILE = `${SHARED}/reference/stats_cases.json`;
const there = existsSync(FILE);
if (!there)
  console.warn("left out: learners beside reference results (no file at ATTUNE_SHARED or ../shared)");

describe.skipIf(!there)("beside reference results", () => {
  const { cases, datasets } = (
    there ? JSON.parse(readFileSync(FILE, "utf8")) : { cases: [], datasets: {} }
  ) as { cases: Case[]; datasets: Record<string, { digits?: string }> };
  const functions = learnerFunctions({ ...learners, ...monitoring }, datasets);

  it("covers every function that there are cases for", () => {
    expect(Object.keys(functions).filter((fn) => !cases.some((one) => one.fn === fn))).toEqual([]);
  });

  it.each(
    cases.filter(({ fn }) => Object.hasOwn(functions, fn)).map((one) => [one.id, one.fn, one] as const),
  )("%s %s", (_id, fn, { input, expected, tol }) => {
    expect(differences(functions[fn]?.(input), expected, tol)).toEqual([]);
  });
});
