import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { decisionsOf } from "../../../../scripts/lib/open-bandit.mjs";
import { seededRandom } from "../kernel/random.js";
import { type Estimator, estimatePolicy, evaluatePolicy, type LoggedDecision } from "./index.js";

const refused = (path: string) => expect.objectContaining({ code: "ATTUNE_BANDIT_INPUT", path });
const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);

const RATES: Readonly<Record<string, number>> = { a: 0.1, b: 0.3 };
const CANDIDATE = { a: 0.1, b: 0.9 };
const TRUTH = 0.1 * 0.1 + 0.9 * 0.3;

/** Even shares over two variants. */
function evenLog(n: number, seed: number): LoggedDecision[] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, () => {
    const variant = random() < 0.5 ? "a" : "b";
    return { variant, propensity: 0.5, reward: random() < (RATES[variant] as number) ? 1 : 0 };
  });
}

describe("evaluatePolicy", () => {
  it.each(["ips", "snips", "dr", "sndr", "switch-dr", "dr-shrinkage"] as const)(
    "%s covers the truth about as often as its level says",
    (estimator) => {
      let covered = 0;
      for (let seed = 1; seed <= 100; seed++) {
        const { interval } = evaluatePolicy(evenLog(400, seed), CANDIDATE, { estimator });
        if (interval && interval.lower <= TRUTH && TRUTH <= interval.upper) covered++;
      }
      expect(covered).toBeGreaterThan(87);
      expect(covered).toBeLessThan(101);
    },
  );

  it("tells how much more than the policy in use, more closely than the two values apart", () => {
    const { difference, logged, value } = evaluatePolicy(evenLog(20_000, 2), CANDIDATE);
    expect(logged.value).toBeCloseTo(0.2, 1);
    expect(difference?.value).toBeCloseTo((value as number) - logged.value, 12);
    expect(difference?.interval.lower).toBeLessThan(TRUTH - 0.2);
    expect(difference?.interval.upper).toBeGreaterThan(TRUTH - 0.2);
  });

  it("declines where too little overlaps, with a code, the facts and a sentence; the model alone needs no overlap", () => {
    const declined = evaluatePolicy(evenLog(120, 1), CANDIDATE, { estimator: "ips" });
    expect(declined).toMatchObject({ value: null, interval: null, standardError: null, difference: null });
    expect(declined.refusal).toMatchObject({ code: "thin-overlap", facts: { least: 100 } });
    expect(declined.refusal?.facts["effectiveSampleSize"]).toBe(declined.effectiveSampleSize);
    expect(declined.refusal?.message).toMatch(/overlap in \d\d decisions' worth/);
    expect(evaluatePolicy(evenLog(120, 1), CANDIDATE, { estimator: "dm" }).value).not.toBeNull();
  });

  it("declines where the policy would show what was never shown, whichever estimator", () => {
    for (const estimator of ["ips", "dm"] as const) {
      const { value, refusal } = evaluatePolicy(evenLog(1000, 1), { a: 0.4, b: 0.5, c: 0.1 }, { estimator });
      expect(value).toBeNull();
      expect(refusal).toMatchObject({ code: "unseen-variants", facts: { variants: ["c"] } });
      expect(refusal?.facts["share"]).toBeCloseTo(0.1, 10);
    }
    expect(evaluatePolicy(evenLog(1000, 1), { a: 0.495, b: 0.5, c: 0.005 }).refusal).toBeNull();
  });

  it("warns of propensities that were not those the decisions were made with", () => {
    const off = evenLog(2000, 3).map((one) => ({ ...one, propensity: one.variant === "a" ? 0.8 : 0.2 }));
    expect(evaluatePolicy(off, CANDIDATE).warnings).toMatchObject([{ code: "weights-off" }]);
    expect(evaluatePolicy(evenLog(2000, 3), CANDIDATE).warnings).toEqual([]);
  });

  it("decides by context, and a model that knows the context makes it more precise", () => {
    const random = seededRandom(9);
    const log = Array.from({ length: 4000 }, () => {
      const x = 4 * random() - 2;
      const variant = random() < 0.5 ? "a" : "b";
      const rate = 1 / (1 + Math.exp(variant === "a" ? 2 * x : -2 * x));
      return { variant, propensity: 0.5, context: x, reward: random() < rate ? 1 : 0 };
    });
    const candidate = (x: number) => (x < 0 ? { a: 1 } : { b: 1 });
    const by = (options: object) => evaluatePolicy<number>(log, candidate, options);
    const aware = by({ features: (x: number) => [x] });
    const blind = by({});
    expect(aware.standardError as number).toBeLessThan(0.9 * (blind.standardError as number));
    // E of a sigmoid of 2 |x|, x even on [−2, 2].
    const truth = Math.log((1 + Math.exp(4)) / 2) / 4;
    for (const { interval } of [aware, blind]) {
      expect(interval?.lower).toBeLessThan(truth);
      expect(interval?.upper).toBeGreaterThan(truth);
    }
    const revenue = log.map((one) => ({ ...one, reward: 10 * one.reward + 1 }));
    const ofRevenue = evaluatePolicy<number>(revenue, candidate, { features: (x) => [x] });
    expect(ofRevenue.value).toBeCloseTo(10 * (aware.value as number) + 1, 0);
  });

  it("a wrong model does not move the doubly robust estimate far", () => {
    for (const estimator of ["dr", "sndr", "dr-shrinkage"] as const) {
      const { value } = evaluatePolicy(evenLog(20_000, 5), CANDIDATE, { estimator, model: () => 0.9 });
      expect(Math.abs((value as number) - TRUTH)).toBeLessThan(0.03);
    }
  });

  it("what is added to the model changes nothing where weights are divided by their sum, the error included", () => {
    const by = (added: number) =>
      evaluatePolicy(evenLog(2000, 4), CANDIDATE, { estimator: "sndr", model: () => added });
    expect(by(5).value).toBeCloseTo(by(0).value as number, 10);
    expect(by(5).standardError).toBeCloseTo(by(0).standardError as number, 10);
  });

  it("counts visitors, not decisions, where they are named: one who came ten times says no more than once", () => {
    const once = evenLog(400, 6).map((one, i) => ({ ...one, visitor: `v${i}` }));
    const often = Array.from({ length: 10 }, () => once).flat();
    for (const estimator of ["ips", "snips", "dr"] as const) {
      const [few, many] = [once, often].map((log) => evaluatePolicy(log, CANDIDATE, { estimator }));
      expect(many?.standardError).toBeCloseTo(few?.standardError as number, 6);
      expect(many?.effectiveSampleSize).toBeCloseTo(few?.effectiveSampleSize as number, 8);
      expect(many?.decisions).toBe(4000);
    }
  });

  it("refuses what cannot be", () => {
    const one = { variant: "a", reward: 1, propensity: 0.5 };
    const by = (log: readonly LoggedDecision[], shares: Record<string, number>, options = {}) =>
      expect(() => evaluatePolicy(log, shares, options));
    by([], CANDIDATE).toThrow(refused("/log"));
    by([{ ...one, propensity: 0 }], CANDIDATE).toThrow(refused("/log/0/propensity"));
    by([{ ...one, reward: Number.NaN }], CANDIDATE, { estimator: "ips" }).toThrow(refused("/log/0/reward"));
    by([one], { a: 0.5 }).toThrow(refused("/policy"));
    by([one], { a: 2, b: -1 }).toThrow(refused("/policy"));
    by([one], CANDIDATE, { level: 1 }).toThrow(refused("/level"));
    expect(() => evaluatePolicy([one], () => ({ a: 0.5 }))).toThrow(refused("/policy (log/0)"));
  });
});

describe("estimatePolicy", () => {
  it("says 0 where nothing overlaps, and asks for what a model expects", () => {
    const never = [{ reward: 1, propensity: 0.5, target: 0 }];
    for (const estimator of ["snips", "ips"] satisfies Estimator[])
      expect(estimatePolicy(never, { estimator })).toMatchObject({ value: 0, effectiveSampleSize: 0 });
    expect(() => estimatePolicy(never, { estimator: "dr" })).toThrow(refused("/log/0/expected"));
    expect(() => estimatePolicy([{ reward: 1, propensity: 1, target: 2 }], { estimator: "ips" })).toThrow(
      refused("/log/0/target"),
    );
  });
});

const SHARED =
  process.env["ATTUNE_SHARED"] ?? fileURLToPath(new URL("../../../../../shared", import.meta.url));
const OPEN_BANDIT = `${SHARED}/data/open-bandit`;
const there = existsSync(OPEN_BANDIT);
if (!there)
  console.warn(
    "left out: off-policy evaluation of recorded decisions (no data at ATTUNE_SHARED or ../shared)",
  );

describe.skipIf(!there)("recorded decisions of a shop's recommender", () => {
  const round = (value: number | null, digits: number): number => Number((value as number).toFixed(digits));
  const logOf = (policy: "random" | "bts") =>
    decisionsOf(OPEN_BANDIT, policy).map(({ item, position, click, propensity }) => ({
      ...{ variant: String(item), reward: click, propensity, context: position },
    }));

  it("come to the figures beside the data", () => {
    const [random, bts] = [logOf("random"), logOf("bts")];
    const rate = (log: typeof random): number => sum(log.map(({ reward }) => reward)) / log.length;
    expect([random.length, bts.length, rate(random), rate(bts)]).toEqual([10_000, 10_000, 0.0046, 0.0069]);

    const items = [...new Set([...random, ...bts].map(({ variant }) => variant))];
    const uniform = Object.fromEntries(items.map((item) => [item, 1 / items.length]));
    const ips = evaluatePolicy(bts, uniform, { estimator: "ips" });
    expect(round(ips.value, 10)).toBe(0.0030086263);
    expect(round(ips.effectiveSampleSize, 2)).toBe(655.71);
    expect(round(evaluatePolicy(bts, uniform, { estimator: "snips" }).value, 10)).toBe(0.0031894232);

    // How often the other policy chose an item for a position.
    const marginal = new Map<number, Record<string, number>>();
    for (const position of [1, 2, 3]) {
      const own = bts.filter(({ context }) => context === position);
      const shares: Record<string, number> = {};
      for (const { variant } of own) shares[variant] = (shares[variant] ?? 0) + 1 / own.length;
      marginal.set(position, shares);
    }
    const candidate = (position: number) => marginal.get(position) ?? {};
    const back = evaluatePolicy<number>(random, candidate, { estimator: "ips" });
    expect(round(back.value, 10)).toBe(0.0056562667);
    expect(round(back.effectiveSampleSize, 2)).toBe(2869.28);
    // The doubly robust default and that policy's own clicks are within each other's reach.
    const robust = evaluatePolicy<number>(random, candidate);
    expect(robust.interval?.lower).toBeLessThan(0.0069);
    expect(robust.interval?.upper).toBeGreaterThan(0.0046);
  });
});
