import { describe, expect, it } from "vitest";
import { driftFunctions } from "../../../../scripts/lib/reference-drift.mjs";
import { differences } from "../../../../scripts/lib/reference-stats.mjs";
import { referenceCases } from "../reference-cases.fixture.js";
import * as monitoring from "./index.js";

const { there, cases: all } = referenceCases("reference cases for drift");
const functions = driftFunctions(monitoring);
const cases = all.filter(({ fn }) => Object.hasOwn(functions, fn));

describe.skipIf(!there)("reference cases", () => {
  it("are all there", () => expect(cases).toHaveLength(8));

  it.each(cases.map((one) => [`${one.id} ${one.fn}`, one] as const))(
    "%s",
    (_id, { fn, input, expected, tol }) => {
      expect(differences(functions[fn]?.(input), expected, tol)).toEqual([]);
    },
  );

  it.each(all.filter(({ fn }) => fn === "kolmogorovSf").map((one) => [one.id, one] as const))(
    "Kolmogorov %s",
    (_id, { input, expected, tol }) => {
      const got = monitoring.kolmogorovSurvival(input["x"] as number);
      expect(differences(got, expected, tol)).toEqual([]);
    },
  );

  it("corrected, the p-value of a limit comes closer to the exact one", () => {
    for (const { input, expected } of cases.filter(({ fn }) => fn === "ksTwoSample")) {
      const { a, b } = input as { a: number[]; b: number[] };
      const off = (method: "corrected" | "limit") =>
        Math.abs(monitoring.kolmogorovSmirnov(a, b, { method }).pValue - (expected["pExact"] as number));
      expect(off("corrected")).toBeLessThan(off("limit"));
    }
  });
});
