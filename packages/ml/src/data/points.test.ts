import { describe, expect, it } from "vitest";
import { toMatrix } from "./points.js";

describe("points", () => {
  it("are rows, or a typed array with a width", () => {
    const expected = { data: Float64Array.of(1, 2, 3, 4), rows: 2, columns: 2 };
    expect(
      toMatrix([
        [1, 2],
        [3, 4],
      ]),
    ).toEqual(expected);
    expect(toMatrix(Float32Array.of(1, 2, 3, 4), 2)).toEqual(expected);
    const own = Float64Array.of(1, 2, 3, 4);
    expect(toMatrix(own, 2).data).toBe(own);
  });

  it.each([
    ["nothing", () => toMatrix([]), "ATTUNE_ML_EMPTY_DATA", "/points"],
    ["empty rows", () => toMatrix([[]]), "ATTUNE_ML_EMPTY_DATA", "/points"],
    ["no width", () => toMatrix(Float64Array.of(1, 2)), "ATTUNE_ML_BAD_SHAPE", "/points"],
    [
      "a width that does not fit",
      () => toMatrix(Float64Array.of(1, 2, 3), 2),
      "ATTUNE_ML_BAD_SHAPE",
      "/points",
    ],
    ["rows of different length", () => toMatrix([[1, 2], [3]]), "ATTUNE_ML_BAD_SHAPE", "/points/1"],
    [
      "NaN",
      () =>
        toMatrix([
          [1, 2],
          [3, Number.NaN],
        ]),
      "ATTUNE_ML_NOT_FINITE",
      "/points/1/1",
    ],
    ["infinity", () => toMatrix(Float64Array.of(1, 1 / 0), 1), "ATTUNE_ML_NOT_FINITE", "/points/1/0"],
  ])("of %s are refused with the place", (_what, make, code, path) => {
    expect(make).toThrow(expect.objectContaining({ code, path }) as Error);
  });
});
