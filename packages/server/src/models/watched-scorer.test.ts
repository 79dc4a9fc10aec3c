import { AttuneError } from "@attune/core";
import type { Scorer } from "@attune/core";
import { describe, expect, it } from "vitest";
import type { Scored } from "./evidence-counter.js";
import { watchedScorer } from "./watched-scorer.js";

const ROWS = Float64Array.of(1, 2, 3, 4);
function watching(score: Scorer["score"], outputs = ["a"]) {
  const told: Omit<Scored, "ms">[] = [];
  const scorer = watchedScorer(
    {
      ...{ name: "own", version: "own", inputs: ["x", "y"], outputs, featuresVersion: null },
      ...{ purposes: ["personalization"], score },
    },
    {
      ...{ name: "named", version: "hash" },
      told: ({ ms, ...rest }) => {
        expect(ms).toBeGreaterThanOrEqual(0);
        told.push(rest);
      },
    },
  );
  return { scorer, told };
}

describe("watchedScorer", () => {
  it("tells of each call, and passes answers on", async () => {
    const { scorer, told } = watching(() => Float64Array.of(0.5, 1));
    expect(scorer).toMatchObject({ name: "named", version: "hash", inputs: ["x", "y"] });
    expect(scorer.score(ROWS)).toEqual(Float64Array.of(0.5, 1));
    const later = watching(() => Promise.resolve(Float64Array.of(Number.NaN, 2)));
    expect(await later.scorer.score(ROWS)).toEqual(Float64Array.of(Number.NaN, 2));
    expect([...told, ...later.told]).toEqual([
      { rows: 2, errors: 0, notFinite: 0 },
      { rows: 2, errors: 0, notFinite: 2 },
    ]);
  });

  it("counts a row once, however many of its outputs are no score", () => {
    const { scorer, told } = watching(() => Float64Array.of(Number.NaN, Number.NaN, 0.5, 0.5), ["a", "b"]);
    void scorer.score(ROWS);
    expect(told).toEqual([{ rows: 2, errors: 0, notFinite: 1 }]);
  });

  it("counts failures, and throws them on", async () => {
    const error = new Error("does not compute");
    const noScore = new AttuneError("ATTUNE_ML_ONNX_NOT_A_SCORE", "NaN");
    const throws = watching(() => {
      throw error;
    });
    expect(() => throws.scorer.score(ROWS)).toThrow(error);
    const rejects = watching(() => Promise.reject(noScore));
    await expect(rejects.scorer.score(ROWS)).rejects.toBe(noScore);
    const short = watching(() => Float64Array.of(0.5));
    void short.scorer.score(ROWS);
    expect([throws.told, rejects.told, short.told]).toEqual([
      [{ rows: 2, errors: 2, notFinite: 0 }],
      [{ rows: 2, errors: 0, notFinite: 2 }],
      [{ rows: 2, errors: 2, notFinite: 0 }],
    ]);
  });
});
