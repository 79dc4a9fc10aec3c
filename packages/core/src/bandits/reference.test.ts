import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openBanditFunctions } from "../../../../scripts/lib/open-bandit.mjs";
import { banditFunctions, differences, statsFunctions } from "../../../../scripts/lib/reference-stats.mjs";
import * as stats from "../stats/index.js";
import * as bandits from "./index.js";

const SHARED =
  process.env["ATTUNE_SHARED"] ?? fileURLToPath(new URL("../../../../../shared", import.meta.url));
const FILE = `${SHARED}/reference/stats_cases.json`;

interface Case {
  id: string;
  fn: string;
  input: Record<string, unknown>;
  expected: unknown;
  tol: { rel?: number; abs?: number };
}

/** Results of other programs with many more digits, or by other ways. */
const there = existsSync(FILE);
if (!there)
  console.warn(
    "left out: statistics and bandits beside reference results (no data at ATTUNE_SHARED or ../shared)",
  );

describe.skipIf(!there)("beside reference results", () => {
  const functions = {
    ...statsFunctions(stats),
    ...banditFunctions(bandits),
    ...openBanditFunctions({ stats, bandits }, `${SHARED}/data/open-bandit`),
  };
  const { cases } = (there ? JSON.parse(readFileSync(FILE, "utf8")) : { cases: [] }) as { cases: Case[] };
  const byFunction = new Map<string, Case[]>();
  for (const one of cases) byFunction.set(one.fn, [...(byFunction.get(one.fn) ?? []), one]);

  it("covers every function that there are cases for", () => {
    expect(Object.keys(functions).filter((fn) => !byFunction.has(fn))).toEqual([]);
  });

  for (const [fn, list] of byFunction) {
    const call = functions[fn];
    if (call === undefined) continue;
    it(`${fn}: ${list.length} cases within their tolerances`, () => {
      const off = list.flatMap(({ id, input, expected, tol }) =>
        differences(call(input), expected, tol).map((found) => ({ id, ...found })),
      );
      expect(off).toEqual([]);
    });
  }
});
