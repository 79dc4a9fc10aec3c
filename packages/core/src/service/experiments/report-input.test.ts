import { describe, expect, it } from "vitest";
import type { OnConflict, Ruleset, SplitPolicy } from "../../decisions/types.js";
import { memoryStore } from "../../memory/index.js";
import { createPersonalizationService } from "../create-service.js";
import { analyzeExperiment } from "../../stats/index.js";
import { sample } from "../service.test.suite.js";
import { reportInput } from "./report-input.js";
import type { VariantSums } from "./types.js";

const rulesetWith = (onConflict: OnConflict): Ruleset => ({
  ...{ schemaVersion: 1, revision: 1 },
  metrics: { bought: { type: "conversion", event: "Order Completed", prior: { alpha: 3, beta: 60 } } },
  experiments: { try: { primary: "bought" } },
  slots: {
    cta: {
      variants: { a: 1, b: 2 },
      fallback: "a",
      policy: { type: "split", experiment: "try", weights: { a: 0.5, b: 0.5 }, sticky: { onConflict } },
    },
  },
});

/** The report of so many visitors, half of each variant, of whom every so-manieth sees both. */
async function reportOf(visitors: number, each: number, onConflict: OnConflict) {
  const service = createPersonalizationService({
    stores: { hot: memoryStore() },
    ruleset: rulesetWith(onConflict),
  });
  await service.ingest(
    Array.from({ length: visitors }, (_, i) => {
      const visitorId = `v${i}`;
      const seen = (variant: string) =>
        sample({
          ...{ id: `${visitorId}-${variant}`, visitorId, sessionId: visitorId, name: "Variant Exposed" },
          properties: { experiment: "try", slot: "cta", variant },
        });
      const [first, second] = i % 2 === 0 ? ["a", "b"] : ["b", "a"];
      return i % each < 2 ? [seen(first as string), seen(second as string)] : [seen(first as string)];
    }).flat(),
  );
  const results = await service.experiments.results("try");
  await service.close();
  return results?.report;
}

describe("what a report is told of an experiment", () => {
  it("is how many saw two variants, of all who saw one, whether or not those count", async () => {
    for (const onConflict of ["keep-first", "exclude"] as const) {
      const report = await reportOf(240, 12, onConflict);
      expect(report?.notes).toContainEqual(
        expect.objectContaining({
          code: "crossed-visitors",
          facts: { units: 40, of: 240, share: 1 / 6 },
        }),
      );
    }
  });

  it("is what was believed of a rate before, and nothing of two variants where few saw them", async () => {
    const report = await reportOf(240, 60, "keep-first");
    expect(report?.notes.map(({ code }) => code)).not.toContain("crossed-visitors");
    expect(report?.metrics[0]?.prior).toEqual({ alpha: 3, beta: 60 });
    // (3 + 0) of (63 + 120), and not 1 of 122.
    expect(report?.metrics[0]?.variants[0]?.estimate.upper).toBeGreaterThan(0.03);
  });

  it("is the shares that ranges give, where a split has them", () => {
    const policy: SplitPolicy = {
      ...{ type: "split", experiment: "try", weights: { a: 0.5, b: 0.5 } },
      ranges: { b: [0.125, 0.25], a: [0.75, 1] },
    };
    const seen = (n: number, sum: number): VariantSums => ({
      ...{ units: n, told: n, stages: { assigned: n, rendered: n, delivered: n } },
      metrics: { bought: { type: "proportion", n, sum } },
    });
    const input = reportInput(
      {
        ...{ experiment: "try", run: 1, crossed: 0, holdout: null, dimensions: [] },
        variants: { a: seen(2000, 100), b: seen(1000, 50) },
      },
      {
        ...{ policy, control: "a", measures: { primary: "bought" } },
        metrics: { bought: { type: "conversion", event: "Order Completed" } },
        ...{ startedAt: 0, until: 14 * 86_400_000 },
      },
    );
    expect(input.variants).toEqual([
      { name: "a", weight: 2 / 3 },
      { name: "b", weight: 1 / 3 },
    ]);
    const { sampleRatio, decision } = analyzeExperiment(input);
    expect(sampleRatio.state).toBe("ok");
    expect(decision.state).toBe("collecting");
  });
});
