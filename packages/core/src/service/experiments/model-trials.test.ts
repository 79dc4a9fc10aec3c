import { describe, expect, it } from "vitest";
import { modelKeyOf, modelVersionFor } from "../../decisions/index.js";
import type { ModelReference, Ruleset } from "../../decisions/types.js";
import type { Event } from "../../events/types.js";
import { sample, T0 } from "../service.test.suite.js";
import { compileMeasures } from "./measures.js";
import type { Measures } from "./types.js";

const file = (version: string) => ({ version, url: `/m/${version}`, integrity: `sha256-${"A".repeat(43)}=` });
const MODEL: ModelReference = {
  ...file("a"),
  ...{ inputs: ["sessions"], featuresVersion: null, outputs: ["buys"], purposes: ["personalization"] },
  canary: { ...file("b"), share: 0.3 },
};
const RULESET: Ruleset = {
  ...{ schemaVersion: 1, revision: 1, slots: {} },
  metrics: { bought: { type: "conversion", event: "Order Completed" } },
  experiments: { "model:buys-soon": { primary: "bought", run: 4 } },
  models: { "buys-soon": MODEL },
};
const event = (visitor: string, name: string, at: number): Event =>
  ({
    ...sample({ name, occurredAt: T0 + at, userId: null }),
    modelKey: modelKeyOf(visitor),
  }) as unknown as Event;
const after = (events: readonly Event[], ruleset = RULESET): Measures => {
  const measuring = compileMeasures(ruleset);
  return events.reduce<Measures>(
    (measures, one) =>
      measuring.reads(one.name) ? measuring.see(measures, one, { attributes: () => ({}) }) : measures,
    {},
  );
};

describe("a trial of a model", () => {
  it("counts each visitor for the version that it is on, once, and what it came to from then on", () => {
    const measuring = compileMeasures(RULESET);
    const sums: Record<string, number> = {};
    for (let i = 0; i < 400; i++) {
      const visitor = `visitor-${i}`;
      const buys = i % 4 === 0;
      const measures = after([
        event(visitor, "Page Viewed", 0),
        event(visitor, "Page Viewed", 1000),
        ...(buys ? [event(visitor, "Order Completed", 2000), event(visitor, "Order Completed", 3000)] : []),
      ]);
      const side =
        modelVersionFor("buys-soon", modelKeyOf(visitor), MODEL) === MODEL.canary ? "canary" : "champion";
      const measure = measures["model:buys-soon@4"];
      expect(measure).toMatchObject({ variant: side, at: T0, values: buys ? { bought: [1] } : {} });
      const counts = measure && measuring.counts("model:buys-soon@4", measure);
      for (const [name, count] of Object.entries(counts ?? {})) sums[name] = (sums[name] ?? 0) + count;
    }
    const at = (name: string): number => sums[`measure/model:buys-soon@4/${name}`] ?? 0;
    expect(at("canary/n") + at("champion/n")).toBe(400);
    expect(at("canary/n")).toBeGreaterThan(80);
    expect(at("canary/n")).toBeLessThan(160);
    expect(at("canary/bought/s") + at("champion/bought/s")).toBe(100);
  });

  it("takes nobody in of whom it is not known, who claims to be on a side, or while none is on", () => {
    const { modelKey: _, ...unknown } = event("v", "Page Viewed", 0);
    expect(after([unknown])).toEqual({});
    const claim = {
      ...event("v", "Variant Exposed", 0),
      properties: { experiment: "model:buys-soon", variant: "canary" },
    };
    const { modelKey: __, ...claimed } = claim;
    expect(after([claimed as Event])).toEqual({});
    const { canary: ___, ...model } = MODEL;
    expect(after([event("v", "Page Viewed", 0)], { ...RULESET, models: { "buys-soon": model } })).toEqual({});
  });
});
