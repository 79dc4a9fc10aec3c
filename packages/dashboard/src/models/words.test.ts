import { describe, expect, it } from "vitest";
import type { Outcomes } from "./types.js";
import { alarmWords, outcomeWords } from "./words.js";

const OUTCOMES: Outcomes = {
  rows: 1200,
  calibration: { verdict: "stable", meanScore: 0.12, rate: 0.118, ece: 0.01 },
  errors: { mean: 0.0912, grown: false, changedAt: null, before: null },
  reason: null,
};

describe("what is said of a model in force", () => {
  it("says whether what it says comes true", () => {
    expect(outcomeWords(OUTCOMES)).toEqual([
      "Its scores come true as often as they say: of 1,200 visits since its training it said 12% on average, and 11.8% came true.",
      "Its squared error is 0.091, without a change since its training.",
    ]);
    const drifted = { verdict: "drifted", meanScore: 0.12, rate: 0.3, ece: 0.18 } as const;
    const grown = { mean: 0.2, grown: true, changedAt: "2026-01-01T00:00:00.000Z", before: 0.09 };
    expect(outcomeWords({ ...OUTCOMES, calibration: drifted, errors: grown })).toEqual([
      "Its scores do not come true as often as they say: of 1,200 visits since its training it said 12% on average, and 30% came true, off by 18%.",
      "Its squared error has grown from 0.090 to 0.200.",
    ]);
  });

  it("says why nothing can be told", () => {
    expect(outcomeWords(null)).toHaveLength(1);
    const few = { verdict: "unknown", meanScore: null, rate: null, ece: null } as const;
    expect(outcomeWords({ ...OUTCOMES, rows: 1, calibration: few, errors: null })).toEqual([
      "1 visit since its training is over; a look at whether scores come true needs 500.",
    ]);
    for (const reason of ["no-report-card", "other-features", "no-visits"] as const)
      expect(outcomeWords({ rows: 0, calibration: null, errors: null, reason })).toHaveLength(1);
  });

  it("names what has shifted", () => {
    const alarm = { version: "v", at: "2026-01-01T00:00:00.000Z", features: ["sessions", "price"] };
    expect(alarmWords({ ...alarm, kind: "features" })).toBe("Visitors have shifted: sessions, price");
    expect(alarmWords({ ...alarm, kind: "errors" })).not.toBe(alarmWords({ ...alarm, kind: "calibration" }));
  });
});
