import { expect, it } from "vitest";
import type { Ruleset } from "../../decisions/types.js";
import { fail } from "../../kernel/result.js";
import { memoryStore } from "../../memory/index.js";
import { createFakeClock } from "../../testing/fake-clock.js";
import { learn } from "./learn.js";
import { draftOf } from "./lifecycle.js";

it("says that nothing was published where another ruleset came before", async () => {
  const clock = createFakeClock();
  const store = memoryStore({ clock });
  const shares = { a: 0.5, b: 0.5 };
  const ruleset: Ruleset = {
    schemaVersion: 1,
    revision: 1,
    slots: {
      cta: { variants: { a: 1, b: 2 }, fallback: "a", policy: { type: "bandit", experiment: "try", shares } },
    },
  };
  const definition = {
    ...{ id: "try", name: "Which?", slot: "cta", measures: { primary: "bought" } },
    policy: { type: "bandit" as const, shares },
  };
  const stages = { assigned: 200, rendered: 200, delivered: 200 };
  const seen = (sum: number) => ({
    ...{ units: 200, stages, told: 200 },
    metrics: { bought: { type: "proportion" as const, n: 200, sum } },
  });
  const learned = await learn(
    { durable: store, hot: store, clock },
    { load: async () => fail([{ path: "", code: "ATTUNE_SERVICE_RULESET_CHANGED", message: "" }]) },
    {
      ...{
        site: "default",
        consent: null,
        ruleset,
        version: "v1",
        experiment: { ...draftOf(definition), run: 1 },
      },
      sums: {
        ...{ experiment: "try", run: 1, crossed: 0, holdout: null, dimensions: [] },
        variants: { a: seen(5), b: seen(80) },
      },
    },
  );
  expect(learned?.changed).toBe(false);
  expect(learned?.variants[1]?.share).toBeGreaterThan(0.9);
});
