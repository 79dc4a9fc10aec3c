import { describe, expect, it } from "vitest";
import { learnerFunctions } from "../../../../scripts/lib/reference-learners.mjs";
import { differences } from "../../../../scripts/lib/reference-stats.mjs";
import * as monitoring from "../monitoring/index.js";
import { referenceCases } from "../reference-cases.fixture.js";
import * as learners from "./index.js";

const { there, cases, datasets } = referenceCases<{ digits?: string }>("learners beside reference results");

describe.skipIf(!there)("beside reference results", () => {
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
