import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BanditPolicy, ContextualPolicy } from "../decisions/types.js";
import {
  banditPolicy,
  contextualPolicy,
  type Guardrail,
  linearArmOf,
  newLinearSums,
  newLogisticArm,
  updateLogisticArm,
} from "./index.js";

const refused = (path: string) => expect.objectContaining({ code: "ATTUNE_BANDIT_INPUT", path });
const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);

const CURRENT: BanditPolicy = {
  type: "bandit",
  experiment: "hero-headline",
  coverage: 0.9,
  shares: { short: 0.4, long: 0.3, none: 0.3 },
};
const counts = (successes: number, trials: number) => ({ successes, trials });
const PERIODS = [
  { short: counts(50, 1000), long: counts(80, 1000), none: counts(20, 1000) },
  { short: counts(55, 1000), long: counts(82, 1000), none: counts(21, 1000) },
];

describe("banditPolicy", () => {
  it("gives a ruleset's policy with new shares and all else as it was", () => {
    const { policy, changed, variants, changes, ignored, problem } = banditPolicy(CURRENT, PERIODS);
    // A ruleset's own type goes in and comes out.
    const next: BanditPolicy = policy;
    expect(next).toEqual({ ...CURRENT, shares: policy.shares });
    expect(Object.keys(next.shares)).toEqual(["short", "long", "none"]);
    expect(sum(Object.values(next.shares))).toBeCloseTo(1, 12);
    expect(next.shares).toMatchObject({ none: 0.01 });
    expect(next.shares["long"]).toBeGreaterThan(0.97);
    expect(variants[1]).toMatchObject({ variant: "long", standing: "open", known: { alpha: 163 } });
    expect(variants[1]?.known.beta).toBeCloseTo(1838 + 5693 / 309, 10);
    expect({ changed, changes, ignored, problem }).toEqual({
      ...{ changed: true, changes: [], ignored: [], problem: null },
    });
  });

  it("says that there is nothing to publish where no share is another", () => {
    const { policy } = banditPolicy(CURRENT, PERIODS);
    expect(banditPolicy(policy, PERIODS)).toMatchObject({ changed: false, policy });
  });

  it("lets a variant without counts show what it can, and one that is gone be gone", () => {
    const shares = { short: 0.5, long: 0.5, fresh: 0 };
    const { policy, ignored } = banditPolicy({ ...CURRENT, shares }, PERIODS);
    expect(policy.shares["fresh"]).toBeGreaterThan(0.1);
    expect(ignored).toEqual(["none"]);
  });

  it("follows a change of the world", () => {
    const worse = Array.from({ length: 8 }, () => ({ ...PERIODS[0], long: counts(10, 1000) }));
    const { policy, changes } = banditPolicy(CURRENT, [...PERIODS, ...PERIODS, ...worse]);
    expect(changes).toMatchObject([{ variant: "long", period: 4 }]);
    expect(policy.shares["short"]).toBeGreaterThan(0.95);
    const plain = banditPolicy(CURRENT, [...PERIODS, ...PERIODS, worse[0] ?? {}], {
      memory: { type: "all" },
    });
    expect(plain.policy.shares["long"]).toBeGreaterThan(0.9);
  });

  it("shares for finding the best as well", () => {
    const { policy } = banditPolicy(CURRENT, PERIODS, { goal: "best", floor: 0 });
    expect(policy.shares["long"]).toBeCloseTo(0.5, 2);
    expect(policy.shares["short"]).toBeCloseTo(0.5, 2);
  });

  const errors = (then?: Guardrail["then"]): Guardrail => ({
    counts: { short: counts(20, 2000), long: counts(90, 2000), none: counts(25, 2000) },
    ...{ against: "none", lowerIsBetter: true, ...(then && { then }) },
  });

  it("holds a variant that is credibly worse on a guardrail to the floor, or drops it where that is declared", () => {
    const held = banditPolicy(CURRENT, PERIODS, { guardrails: { errors: errors() }, floor: 0.05 });
    expect(held.policy.shares).toMatchObject({ long: 0.05, none: 0.05, short: 0.9 });
    expect(held.variants[1]).toMatchObject({ standing: "held", worseOn: ["errors"] });
    const dropped = banditPolicy(CURRENT, PERIODS, { guardrails: { errors: errors("drop") }, floor: 0.05 });
    expect(dropped.policy.shares).toEqual({ short: 0.95, long: 0, none: 0.05 });
    expect(dropped.variants[1]).toMatchObject({ standing: "dropped", share: 0 });
    expect(dropped.variants[1]?.probabilityBest).toBeGreaterThan(0.99);
    const borne = { ...errors(), margin: 0.05 };
    expect(banditPolicy(CURRENT, PERIODS, { guardrails: { borne } }).variants[1]?.standing).toBe("open");
  });

  it("more is better, unless less is", () => {
    const visits = { ...errors(), lowerIsBetter: false };
    expect(banditPolicy(CURRENT, PERIODS, { guardrails: { visits } }).variants[1]?.standing).toBe("open");
    const { short: few, long: many } = visits.counts as Record<string, { successes: number; trials: number }>;
    const swapped = { ...visits, counts: { ...visits.counts, long: few, none: many } } as Guardrail;
    expect(banditPolicy(CURRENT, PERIODS, { guardrails: { swapped } }).variants[1]?.standing).toBe("held");
  });

  it("drops what is credibly not the best only where that is declared", () => {
    expect(banditPolicy(CURRENT, PERIODS).policy.shares["none"]).toBe(0.01);
    const { policy, variants } = banditPolicy(CURRENT, PERIODS, { dropBelow: 0.001 });
    expect(policy.shares["none"]).toBe(0);
    expect(variants[2]).toMatchObject({ standing: "dropped", worseOn: [] });
  });

  it("leaves all as it is, and says so, where guardrails leave nobody", () => {
    const both = (against: string, other: string): Guardrail => ({
      counts: { [against]: counts(10, 1000), [other]: counts(100, 1000) },
      ...{ against, lowerIsBetter: true },
    });
    const current = { type: "bandit" as const, shares: { short: 0.3, long: 0.7 } };
    const { policy, changed, problem } = banditPolicy(current, PERIODS, {
      guardrails: { errors: both("short", "long"), refunds: both("long", "short") },
    });
    expect({ policy, changed }).toEqual({ policy: current, changed: false });
    expect(problem).toMatchObject({ code: "no-variant-open" });
  });

  it("whatever was counted: shares sum to 1, none below the floor, never NaN", () => {
    const count = fc
      .record({ trials: fc.nat(100_000), share: fc.double({ min: 0, max: 1, noNaN: true }) })
      .map(({ trials, share }) => counts(Math.floor(share * trials), trials));
    const period = fc.record({ short: count, long: count, none: count }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.array(period, { maxLength: 4 }), (periods) => {
        const { policy } = banditPolicy(CURRENT, periods, { floor: 0.02 });
        const shares = Object.values(policy.shares);
        expect(Math.abs(sum(shares) - 1)).toBeLessThan(1e-12);
        expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.02);
      }),
      { numRuns: 60 },
    );
  });

  it("refuses what cannot be", () => {
    const by = (periods: object[], options = {}) =>
      expect(() => banditPolicy(CURRENT, periods as [], options));
    expect(() => banditPolicy({ type: "bandit", shares: {} }, [])).toThrow(refused("/shares"));
    by([{ short: counts(2, 1) }]).toThrow(refused("/batches/0"));
    by([], { floor: 0.4 }).toThrow(refused("/floor"));
    by([], { dropBelow: 0.5 }).toThrow(refused("/dropBelow"));
    const guardrail = (change: object) => ({ guardrails: { errors: { ...errors(), ...change } } });
    by([], guardrail({ against: "nobody" })).toThrow(refused("/guardrails/errors/against"));
    by([], guardrail({ margin: -1 })).toThrow(refused("/guardrails/errors/margin"));
    by([], guardrail({ level: 0.5 })).toThrow(refused("/guardrails/errors/level"));
  });
});

describe("contextualPolicy", () => {
  const current: ContextualPolicy = {
    ...{ type: "contextual", experiment: "hero", floor: 0.02 },
    context: [{ attribute: "pagesThisSession", centre: 5, scale: 5 }],
    arms: {
      short: { mean: [0, 0], covariance: [1, 0, 1] },
      long: { mean: [0, 0], covariance: [1, 0, 1] },
    },
  };

  it("hands what was learned to a ruleset: means and the lower triangles of covariances", () => {
    const long = updateLogisticArm(newLogisticArm(2), { contexts: [[1, 0.5]], outcomes: [1] });
    const next: ContextualPolicy = contextualPolicy(
      current,
      { short: newLogisticArm(2), long },
      { exploration: 1 },
    );
    expect(next).toMatchObject({ experiment: "hero", context: current.context, floor: 0.02 });
    expect(next.arms["short"]).toEqual({ mean: [0, 0], covariance: [1, 0, 1] });
    expect(next.arms["long"]?.mean).toEqual(long.weights);
    expect(next.arms["long"]?.covariance).toEqual([
      ...[long.covariance[0]?.[0], long.covariance[1]?.[0], long.covariance[1]?.[1]],
    ]);
  });

  it("scales linear arms by the noise of their rewards, and takes a floor", () => {
    const arm = linearArmOf(newLinearSums(2));
    const next = contextualPolicy(
      current,
      { short: arm, long: arm },
      { floor: 0.1, noise: 2, exploration: 1 },
    );
    expect(next.arms["short"]?.covariance).toEqual([4, 0, 4]);
    expect(next.floor).toBe(0.1);
    expect(contextualPolicy(current, { short: arm }).arms["short"]?.covariance).toEqual([1 / 16, 0, 1 / 16]);
  });

  it("refuses arms of another context, or of two kinds", () => {
    const linear = linearArmOf(newLinearSums(2));
    expect(() => contextualPolicy(current, {})).toThrow(refused("/arms"));
    expect(() => contextualPolicy(current, { short: newLogisticArm(3) })).toThrow(refused("/arms/short"));
    expect(() => contextualPolicy(current, { short: newLogisticArm(2), long: linear })).toThrow(
      refused("/arms"),
    );
    expect(() => contextualPolicy(current, { short: linear }, { noise: 0 })).toThrow(refused("/noise"));
    expect(() => contextualPolicy(current, { short: linear }, { exploration: 0 })).toThrow(
      refused("/exploration"),
    );
    expect(() => contextualPolicy(current, { short: linear }, { floor: 2 })).toThrow(refused("/floor"));
  });
});
