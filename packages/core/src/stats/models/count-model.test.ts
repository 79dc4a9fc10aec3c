import { describe, expect, it } from "vitest";
import { binomial, randomOf } from "../../../../../scripts/prove/simulated-experiments.mjs";
import { analyzeExperiment, type CountSums, type DecisionState } from "../index.js";
import type { Model } from "./model.js";
import { modelOf } from "./model-of.js";

/** 2,000 units over a fortnight, of whom one in fifty has from 1 to 99 events. */
function clustered(random: () => number): CountSums {
  const sums = { type: "count" as const, n: 2000, events: 0, sumSquares: 0, exposure: 28_000 };
  for (let left = binomial(random, sums.n, 0.02); left > 0; left--) {
    const events = 1 + Math.floor(99 * random());
    sums.events += events;
    sums.sumSquares += events * events;
  }
  return sums;
}

describe("events over an exposure", () => {
  it("that cluster in units rarely decide an A/A test", () => {
    const states = Array.from({ length: 300 }, (_, seed): DecisionState => {
      const random = randomOf(seed + 1);
      return analyzeExperiment({
        ...{ days: 14, variants: ["a", "b"].map((name) => ({ name, weight: 0.5 })) },
        metrics: [{ name: "m", role: "primary", sums: { a: clustered(random), b: clustered(random) } }],
      }).decision.state;
    });
    const decided = states.filter((state) => state === "winner" || state === "harm").length;
    expect(decided).toBeLessThanOrEqual(0.05 * states.length);
  });

  it("that cluster are believed as means of units, in events by exposure, whatever its unit", () => {
    const random = randomOf(1);
    const arms = [clustered(random), clustered(random)];
    const by = (scale: number) =>
      modelOf(arms.map(({ exposure = 0, ...sums }) => ({ ...sums, exposure: exposure * scale })));
    const [days, seconds] = [by(1), by(86_400)];
    expect(days).toMatchObject({ method: "student", reason: "events-cluster" });
    expect(days.seen).toEqual(
      arms.map(({ n, events }) => ({ units: n, value: expect.closeTo(events / 28_000, 15) as number })),
    );
    expect(seconds.compare(0, 1).bBeatsA).toBeCloseTo(days.compare(0, 1).bBeatsA, 9);
    const upper = (model: Model): number => model.difference(0, 1, 0.025).upper;
    expect(upper(seconds) * 86_400).toBeCloseTo(upper(days), 9);
    // One for each unit is none.
    const none = modelOf(arms.map(({ exposure: _, ...sums }) => sums));
    expect(by(1 / 14).contrast(0, 1)).toEqual(none.contrast(0, 1));
  });

  it("that do not cluster keep their exact belief", () => {
    const arm = { type: "count", n: 1000, events: 90, sumSquares: 98, exposure: 14_000 } as const;
    expect(modelOf([arm, arm])).toMatchObject({ method: "gamma-poisson" });
  });
});
