import { describe, expect, it } from "vitest";
import { lintRuleset } from "./lint-ruleset.js";
import type { Ruleset } from "./types.js";
import { validateRuleset } from "./validate-ruleset.js";

const slot = (experiment: string) => ({
  variants: { a: 1, b: 2 },
  fallback: "a",
  policy: { type: "split", experiment, weights: { a: 0.5, b: 0.5 } },
});
const ruleset = (over: object) => ({
  schemaVersion: 1,
  revision: 1,
  slots: { cta: slot("cta-text") },
  ...over,
});
const issues = (over: object) => {
  const checked = validateRuleset(ruleset(over));
  return checked.ok
    ? []
    : checked.error.map(({ path, code }) => `${path} ${code.replace("ATTUNE_DECISIONS_", "")}`);
};
const often = { type: "count", event: "Order Completed" };
const back = { ...often, before: { days: 14 } };
const bought = { type: "conversion", event: "Order Completed" };

describe("what is measured", () => {
  it("is one of four kinds, each with its own fields", () => {
    expect(
      issues({
        metrics: {
          bought: {
            ...bought,
            where: { "properties.revenue": { $gte: 10 } },
            withinMs: 1000,
            prior: { alpha: 3, beta: 60.5 },
            direction: "increase",
          },
          orders: { ...back, cap: 3 },
          revenue: { type: "sum", event: "Order Completed", value: "revenue" },
          basket: {
            type: "ratio",
            numerator: { event: "Order Completed", value: "revenue" },
            denominator: { event: "Order Completed" },
          },
        },
        experiments: {
          "cta-text": { primary: "bought", secondary: ["orders", "basket"], guardrails: ["revenue"], run: 2 },
        },
      }),
    ).toEqual([]);
  });

  it.each([
    [{ metrics: { m: { type: "conversions", event: "x" } } }, "/metrics/m/type UNKNOWN_METRIC"],
    [{ metrics: { m: null } }, "/metrics/m/type UNKNOWN_METRIC"],
    [{ metrics: { m: { ...bought, cap: 1 } } }, "/metrics/m/cap UNKNOWN_FIELD"],
    [{ metrics: { m: { ...bought, where: { name: { $regex: "(" } } } } }, "/metrics/m/where"],
    [
      { metrics: { m: { type: "ratio", numerator: {}, denominator: { event: "x" } } } },
      "/metrics/m/numerator/event",
    ],
    [{ metrics: { m: { ...bought, withinMs: 0 } } }, "/metrics/m/withinMs"],
    [{ metrics: { m: { ...bought, prior: { alpha: 3 } } } }, "/metrics/m/prior/beta MISSING_FIELD"],
    [
      { metrics: { m: { ...bought, prior: { alpha: 1e-9, beta: 9 } } } },
      "/metrics/m/prior/alpha INVALID_TYPE",
    ],
    [{ metrics: { m: { ...bought, prior: { alpha: 1, beta: 2e9 } } } }, "/metrics/m/prior/beta INVALID_TYPE"],
    [{ metrics: { m: { ...bought, prior: [1, 1] } } }, "/metrics/m/prior INVALID_TYPE"],
    [{ metrics: { m: { ...bought, before: { days: 7 } } } }, "/metrics/m/before UNKNOWN_FIELD"],
    [{ metrics: { m: { ...often, prior: { alpha: 1, beta: 1 } } } }, "/metrics/m/prior UNKNOWN_FIELD"],
    [{ metrics: { m: { ...often, before: {} } } }, "/metrics/m/before/days MISSING_FIELD"],
    [{ metrics: { m: { ...often, before: { days: 29 } } } }, "/metrics/m/before/days INVALID_TYPE"],
    [{ metrics: { m: { ...often, before: { days: 0.5 } } } }, "/metrics/m/before/days INVALID_TYPE"],
    [{ metrics: { m: { ...often, before: 7 } } }, "/metrics/m/before INVALID_TYPE"],
    [
      { metrics: Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`m${i}`, back])) },
      "/metrics TOO_MANY_METRICS",
    ],
    [
      { experiments: { e: { primary: "bougt" } }, metrics: { bought } },
      "/experiments/e/primary UNKNOWN_METRIC",
    ],
    [
      { experiments: { e: { primary: "bought", guardrails: ["x"] } }, metrics: { bought } },
      "/experiments/e/guardrails/0",
    ],
    [
      {
        experiments: { e: { primary: "bought", secondary: Array.from({ length: 30 }, () => "bought") } },
        metrics: { bought },
      },
      "/experiments/e TOO_MANY_METRICS",
    ],
    [{ experiments: { e: { primary: "bought", run: 0 } }, metrics: { bought } }, "/experiments/e/run"],
  ])("is refused where it cannot be (%#)", (over, place) => {
    expect(issues(over).some((one) => one.startsWith(place))).toBe(true);
  });

  it("is looked at by a few dimensions of a few values", () => {
    const dimensions = (given: object) =>
      issues({ metrics: { bought }, experiments: { "cta-text": { primary: "bought", dimensions: given } } });
    const device = { attribute: "device", values: ["mobile", "desktop"] };
    expect(dimensions({ device, plan: { attribute: "context.plan", values: [true, 1, "free"] } })).toEqual(
      [],
    );
    const at = "/experiments/cta-text/dimensions";
    for (const values of [
      [],
      ["a", "a"],
      [1, "1"],
      [null],
      [Number.NaN],
      "a",
      Array.from({ length: 13 }, (_, i) => i),
    ])
      expect(dimensions({ device: { ...device, values } })).toEqual([`${at}/device/values INVALID_TYPE`]);
    expect(dimensions({ device: { values: ["a"] } })).toEqual([`${at}/device/attribute MISSING_FIELD`]);
    expect(dimensions({ device: { ...device, by: "x" } })).toEqual([`${at}/device/by UNKNOWN_FIELD`]);
    expect(dimensions(Object.fromEntries(["a", "b", "c", "d", "e"].map((name) => [name, device])))).toEqual([
      `${at} TOO_MANY_DIMENSIONS`,
    ]);
    expect(
      issues({ metrics: { bought }, experiments: { "cta-text": { primary: "bought", dimensions: [] } } }),
    ).toEqual([`${at} INVALID_TYPE`]);
  });

  it("is warned of where its experiment is misspelt, and not where that has ended", () => {
    const lint = (name: string) =>
      lintRuleset(
        ruleset({ metrics: { bought }, experiments: { [name]: { primary: "bought" } } }) as Ruleset,
      );
    expect(lint("cta-texts")).toMatchObject([{ path: "/experiments/cta-texts" }]);
    for (const name of ["cta-text", "last-summer"]) expect(lint(name)).toEqual([]);
  });
});
