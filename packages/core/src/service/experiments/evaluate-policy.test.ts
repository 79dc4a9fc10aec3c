import { describe, expect, it } from "vitest";
import type { Ruleset, SplitPolicy } from "../../decisions/types.js";
import { memoryStore } from "../../memory/index.js";
import { createPersonalizationService } from "../create-service.js";
import { sample } from "../service.test.suite.js";

const WEIGHTS = { a: 0.5, b: 0.5 };

/** What even shares, or a candidate, would have earned by 400 exposures under a policy, which tell these propensities; one in five buys. */
async function evaluated(
  policy: Pick<SplitPolicy, "coverage" | "ranges">,
  propensities: Readonly<Record<string, number>>,
  more: { rules?: boolean; candidate?: SplitPolicy } = {},
) {
  const split: SplitPolicy = { type: "split", experiment: "try", weights: WEIGHTS, ...policy };
  const ruleset: Ruleset = {
    ...{ schemaVersion: 1, revision: 1 },
    metrics: { bought: { type: "conversion", event: "Order Completed" } },
    experiments: { try: { primary: "bought" } },
    slots: {
      cta: {
        ...{ variants: { a: 1, b: 2 }, fallback: "a" },
        policy: more.rules ? { type: "rules", rules: [{ policy: split }, { variant: "b" }] } : split,
      },
    },
  };
  const service = createPersonalizationService({ stores: { hot: memoryStore() }, ruleset });
  const names = Object.keys(propensities);
  await service.ingest(
    Array.from({ length: 400 }, (_, i) => {
      const visitorId = `v${i}`;
      const variant = names[i % names.length] as string;
      const one = (name: string, properties: object) =>
        sample({ id: `${visitorId}-${name}`, visitorId, sessionId: visitorId, name, properties });
      const told = { experiment: "try", slot: "cta", variant, propensity: propensities[variant] };
      return [one("Variant Exposed", told), ...(i % 5 === 0 ? [one("Order Completed", { revenue: 1 })] : [])];
    }).flat(),
  );
  const candidate = more.candidate ?? { type: "split", experiment: "try", weights: WEIGHTS };
  const found = await service.experiments.evaluate({ experiment: "try", candidate, estimator: "ips" });
  await service.close();
  return found;
}

describe("what another policy would have earned", () => {
  it("is as much where the shares are the same, however few are covered", async () => {
    for (const [policy, propensities] of [
      [{}, { a: 0.5, b: 0.5 }],
      [{ coverage: 0.5 }, { a: 0.25, b: 0.25 }],
      [{ ranges: { b: [0.125, 0.25], a: [0.875, 1] } }, { a: 0.125, b: 0.125 }],
    ] as const)
      for (const rules of [false, true]) {
        const found = await evaluated(policy, propensities, { rules });
        expect(found).toMatchObject({ ok: true, value: { value: { decisions: 400, warnings: [] } } });
        expect(found.ok && found.value.value.difference?.value).toBeCloseTo(0, 12);
      }
  });

  it("goes by the ranges of a candidate", async () => {
    const ranges = { a: [0, 0.25], b: [0.25, 1] } as const;
    const candidate: SplitPolicy = { type: "split", experiment: "try", weights: WEIGHTS, ranges };
    const found = await evaluated({}, { a: 0.5, b: 0.5 }, { candidate });
    // Weights of 0.25 / 0.5 and 0.75 / 0.5, on 200 each.
    expect(found.ok && found.value.value.effectiveSampleSize).toBeCloseTo(
      400 ** 2 / (200 * (0.25 + 2.25)),
      9,
    );
  });

  it("does not go by what was told under a wider coverage, and warns of what was under a narrower one", async () => {
    const wider = await evaluated({ coverage: 0.25 }, { a: 0.5, b: 0.5 });
    expect(wider).toMatchObject({ ok: false, error: [{ code: "ATTUNE_EXPERIMENT_NO_DECISIONS" }] });
    const narrower = await evaluated({ coverage: 0.5 }, { a: 0.05, b: 0.05 });
    expect(narrower).toMatchObject({ ok: true, value: { value: { warnings: [{ code: "weights-off" }] } } });
  });
});
