import { seededRandom } from "@attune/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addEvidence,
  type CanarySide,
  type CanaryTrial,
  judgeCanary,
  latencyBound,
  latencyBucket,
  latencyQuantile,
  NO_EVIDENCE,
  type VersionEvidence,
} from "./index.js";

/** Calls that take these times, ms. */
function calls(times: readonly number[], over: Partial<VersionEvidence> = {}): VersionEvidence {
  const latency: Record<number, number> = {};
  for (const ms of times) latency[latencyBucket(ms)] = (latency[latencyBucket(ms)] ?? 0) + 1;
  return { ...NO_EVIDENCE, predictions: times.length, latency, lastAt: 1, ...over };
}
const steady = (n: number, ms = 1): number[] => Array.from({ length: n }, () => ms);
const side = (over: Partial<VersionEvidence> = {}, reward: CanarySide["reward"] = null, n = 10_000) => ({
  evidence: calls(steady(n), over),
  reward,
});
const trial = (over: Partial<CanaryTrial> = {}): CanaryTrial => ({
  ...{ champion: side(), canary: side(), share: 0.5, ageMs: 3_600_000 },
  ...over,
});
const codeOf = (over: Partial<CanaryTrial>, rules = {}) => {
  const { verdict, code } = judgeCanary(trial(over), rules);
  return `${verdict} ${code}`;
};

describe("latencies", () => {
  it("fall into buckets 9 % wide, which bound them from above", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.002, max: 10_000, noNaN: true }), (ms) => {
        const bound = latencyBound(latencyBucket(ms));
        expect(bound).toBeGreaterThanOrEqual(ms * (1 - 1e-9));
        expect(bound).toBeLessThanOrEqual(ms * 1.0906);
      }),
    );
    expect([0, -1, Number.NaN].map(latencyBucket)).toEqual([0, 0, 0]);
    expect(latencyQuantile(NO_EVIDENCE, 0.99)).toBeNull();
  });

  it("add up in any order", () => {
    const arbitrary = fc
      .array(fc.double({ min: 0, max: 50, noNaN: true }), { maxLength: 30 })
      .map((all) => calls(all));
    fc.assert(
      fc.property(arbitrary, arbitrary, (a, b) => {
        expect(addEvidence(a, b)).toEqual(addEvidence(b, a));
        expect(addEvidence(a, NO_EVIDENCE)).toEqual(a);
      }),
    );
  });
});

describe("judgeCanary takes back", () => {
  it("scores that are no numbers, be it one", () => {
    expect(codeOf({ canary: side({ notFinite: 1 }) })).toBe("rollback not-finite");
    expect(codeOf({ canary: side({ notFinite: 1 }), champion: side({ notFinite: 3 }) })).toBe("wait holding");
    expect(codeOf({ canary: side({ notFinite: 400 }), champion: side({ notFinite: 3 }) })).toBe(
      "rollback not-finite",
    );
  });

  it("one percentage point more errors, from any rate, and not much less", () => {
    for (const before of [0, 0.02]) {
      const at = (more: number) => ({
        champion: side({ errors: 40_000 * before }, null, 40_000),
        canary: side({ errors: 40_000 * (before + more) }, null, 40_000),
      });
      expect(codeOf(at(0.01))).toBe("rollback errors");
      expect(codeOf(at(0.003))).toBe("wait holding");
      expect(codeOf(at(-0.005 * before))).toBe("wait holding");
    }
  });

  it("a 99th percentile more than 1.5 times the champion's", () => {
    const of = (ms: number, n = 2000) => ({
      evidence: calls([...steady(n * 0.9), ...steady(n * 0.1, ms)]),
      reward: null,
    });
    expect(codeOf({ champion: of(2), canary: of(3.6) })).toBe("rollback slow");
    expect(codeOf({ champion: of(2), canary: of(2.6) })).toBe("wait holding");
    // So short that nobody notices.
    expect(
      codeOf({
        champion: { ...side(), evidence: calls(steady(2000, 0.005)) },
        canary: { ...side(), evidence: calls(steady(2000, 0.05)) },
      }),
    ).toBe("wait holding");
    // One call in a thousand is no 99th percentile.
    expect(codeOf({ canary: { reward: null, evidence: calls([...steady(1998), 90, 90]) } })).toBe(
      "wait holding",
    );
  });

  it("a reward that is credibly lower", () => {
    const at = (canary: number, n = 5000) => ({
      champion: side({}, { successes: 500, trials: 5000 }),
      canary: side({}, { successes: canary, trials: n }),
    });
    expect(codeOf(at(400))).toBe("rollback reward-worse");
    expect(codeOf(at(480))).toBe("wait holding");
    expect(codeOf(at(0, 50))).toBe("wait holding");
  });

  it("silence, at once and later", () => {
    const silent = { canary: side({}, null, 0), share: 0.1 };
    expect(codeOf({ ...silent, visitors: 132 })).toBe("rollback no-data");
    expect(codeOf({ ...silent, visitors: 131 })).toBe("wait early");
    const recent = (canary: number, visitors: number) =>
      codeOf({ share: 0.1, recent: { champion: 1000, canary, visitors } });
    expect(recent(0, 132)).toBe("rollback no-data");
    expect(recent(0, 131)).toBe("wait holding");
    expect(recent(1, 1000)).toBe("wait holding");
  });

  it("no silence where few visitors were scored often, or nobody knows how many they were", () => {
    // Ten visitors of 14 predictions each: of a third of such tens none is on the version.
    const silent = { canary: side({}, null, 0), champion: side({}, null, 140), share: 0.1 };
    expect(codeOf({ ...silent, visitors: 10 })).toBe("wait early");
    expect(codeOf(silent)).toBe("wait early");
    expect(codeOf({ share: 0.1, recent: { champion: 140, canary: 0, visitors: 10 } })).toBe("wait holding");
    expect(codeOf({ share: 0.1, recent: { champion: 140, canary: 0 } })).toBe("wait holding");
  });

  it("what comes to nothing in two weeks", () => {
    const ageMs = 15 * 86_400_000;
    const reward = { successes: 1, trials: 20 };
    expect(codeOf({ ageMs, champion: side({}, reward), canary: side({}, reward) })).toBe("rollback too-long");
  });
});

describe("judgeCanary promotes", () => {
  const ageMs = 2 * 86_400_000;
  it("what has held, on its health alone where nothing else is asked", () => {
    expect(codeOf({ ageMs })).toBe("promote proved");
    expect(codeOf({ ageMs, canary: side({}, null, 500) })).toBe("wait holding");
  });

  it("what costs next to nothing, and waits while that is open", () => {
    const of = (successes: number, trials: number) => side({}, { successes, trials });
    expect(codeOf({ ageMs, champion: of(5000, 50_000), canary: of(5100, 50_000) })).toBe("promote proved");
    expect(codeOf({ ageMs, champion: of(20, 200), canary: of(20, 200) })).toBe("wait reward-open");
    expect(codeOf({ ageMs, champion: of(20, 200), canary: side({}, { successes: 0, trials: 0 }) })).toBe(
      "wait reward-open",
    );
  });
});

describe("a trial looked at every two seconds", () => {
  /** What becomes of it within so many looks. */
  function run(seed: number, errorRates: readonly [number, number], looks: number): string {
    const random = seededRandom(seed);
    let [champion, canary] = [NO_EVIDENCE, NO_EVIDENCE];
    for (let look = 1; look <= looks; look++) {
      const batch = (n: number, rate: number): VersionEvidence =>
        calls(steady(n), { errors: steady(n).filter(() => random() < rate).length });
      champion = addEvidence(champion, batch(900, errorRates[0]));
      canary = addEvidence(canary, batch(100, errorRates[1]));
      const { verdict, code } = judgeCanary({
        ...{ share: 0.1, ageMs: look * 2000, recent: { champion: 900, canary: 100 } },
        ...{ champion: { evidence: champion, reward: null }, canary: { evidence: canary, reward: null } },
      });
      if (verdict === "rollback") return code;
    }
    return "none";
  }

  it("takes back a version that fails in every tenth case, and leaves one that is as good", () => {
    for (let seed = 1; seed <= 8; seed++) {
      expect(run(seed, [0.001, 0.1], 5)).toBe("errors");
      expect(run(seed + 100, [0.001, 0.001], 40)).toBe("none");
    }
  });
});
