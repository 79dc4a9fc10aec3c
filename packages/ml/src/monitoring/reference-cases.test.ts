import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { kolmogorovSmirnov, kolmogorovSurvival, psiOfCounts } from "./index.js";

interface Case {
  id: string;
  fn: string;
  input: {
    reference: number[];
    current: number[];
    zeroReplacement?: number;
    a: number[];
    b: number[];
    x: number;
  };
  expected: { psi: number; d: number; pKolmogorovLimit: number; pExact: number } & number;
  tol: { rel?: number; abs?: number };
}

const SHARED =
  process.env["ATTUNE_SHARED"] ?? fileURLToPath(new URL("../../../../../shared", import.meta.url));
const FILE = `${SHARED}/reference/stats_cases.json`;
const there = existsSync(FILE);
if (!there) console.warn("left out: reference cases for drift (no file at ATTUNE_SHARED or ../shared)");
const all = there ? (JSON.parse(readFileSync(FILE, "utf8")) as { cases: Case[] }).cases : [];
const cases = (...names: string[]) => all.filter(({ fn }) => names.includes(fn));

function near(got: number, want: number, { rel = 0, abs = 0 }: Case["tol"]): void {
  expect(Math.abs(got - want)).toBeLessThanOrEqual(abs + rel * Math.abs(want));
}

describe.skipIf(!there)("reference cases", () => {
  it("are all there", () => {
    expect([
      cases("psi", "psiZeroBins").length,
      cases("ksTwoSample").length,
      cases("kolmogorovSf").length,
    ]).toEqual([5, 3, 3]);
  });

  it.each(cases("psi", "psiZeroBins").map((one) => [one.id, one] as const))(
    "PSI %s",
    (_id, { input, expected, tol }) => {
      near(psiOfCounts(input.reference, input.current, input.zeroReplacement), expected.psi, tol);
    },
  );

  it.each(cases("ksTwoSample").map((one) => [one.id, one] as const))(
    "KS %s",
    (_id, { input, expected, tol }) => {
      const plain = kolmogorovSmirnov(input.a, input.b, { correction: false });
      near(plain.d, expected.d, tol);
      near(plain.pValue, expected.pKolmogorovLimit, tol);
      // The corrected p-value comes closer to the exact one.
      const corrected = kolmogorovSmirnov(input.a, input.b).pValue;
      expect(Math.abs(corrected - expected.pExact)).toBeLessThan(Math.abs(plain.pValue - expected.pExact));
    },
  );

  it.each(cases("kolmogorovSf").map((one) => [one.id, one] as const))(
    "Kolmogorov %s",
    (_id, { input, expected, tol }) => {
      near(kolmogorovSurvival(input.x), expected, tol);
    },
  );
});
