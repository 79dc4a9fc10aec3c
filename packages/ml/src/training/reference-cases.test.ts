import { describe, expect, it } from "vitest";
import { differences } from "../../../../scripts/lib/reference-stats.mjs";
import { trainingFunctions } from "../../../../scripts/lib/reference-training.mjs";
import { referenceCases } from "../reference-cases.fixture.js";
import * as training from "./index.js";

const { there, cases: all } = referenceCases("reference cases for training");
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
