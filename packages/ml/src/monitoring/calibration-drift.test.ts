import { seededRandom } from "@attune/core";
import { describe, expect, it } from "vitest";
import { calibrationDrift } from "./index.js";

/** Scores, and outcomes that come true as `truth` says. */
function drawn(n: number, seed: number, truth: (score: number) => number) {
  const random = seededRandom(seed);
  const scores = Float64Array.from({ length: n }, () => random() ** 2);
  return { scores, outcomes: Uint8Array.from(scores, (score) => Number(random() < truth(score))) };
}

describe("calibrationDrift", () => {
  it("raises few alarms where scores come true", () => {
    const alarms = Array.from({ length: 300 }, (_, seed) => drawn(1000, seed, (score) => score)).filter(
      ({ scores, outcomes }) => calibrationDrift(scores, outcomes).verdict === "drifted",
    );
    expect(alarms.length).toBeLessThanOrEqual(8);
  });

  it("finds a level and a shape that are off", () => {
    for (const truth of [(p: number) => Math.min(1, p + 0.08), (p: number) => 0.25 + 0.3 * p]) {
      const { scores, outcomes } = drawn(4000, 7, truth);
      const found = calibrationDrift(scores, outcomes);
      expect(found).toMatchObject({ verdict: "drifted", reason: null, rows: 4000 });
      expect(found.ece).toBeGreaterThan(0.03);
    }
  });

  it("lets trifles be, says what it cannot tell, and refuses what is no score", () => {
    const { scores, outcomes } = drawn(200_000, 3, (p) => Math.min(1, p + 0.008));
    const found = calibrationDrift(scores, outcomes);
    expect(found.pValues?.level).toBeLessThan(1e-6);
    expect(found.verdict).toBe("stable");
    expect(calibrationDrift(scores.slice(0, 10), outcomes.slice(0, 10))).toMatchObject({
      ...{ verdict: "unknown", reason: "too-few-rows", ece: null },
    });
    expect(() => calibrationDrift(scores, outcomes.slice(1))).toThrow("one outcome for each");
    expect(() => calibrationDrift(Float64Array.of(1.5), Uint8Array.of(1))).toThrow("in [0, 1]");
    const sure = calibrationDrift(new Float64Array(600), new Uint8Array(600));
    expect(sure).toMatchObject({ verdict: "stable", ece: 0 });
    expect(calibrationDrift(new Float64Array(600), new Uint8Array(600).fill(1)).verdict).toBe("drifted");
  });
});
