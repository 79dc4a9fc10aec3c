import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bernoulliDivergence,
  discounted,
  estimatePolicy,
  evaluatePolicy,
  fitLogistic,
  klUcbIndex,
  laiRobbinsConstant,
  linearThompson,
  linUcb,
  newArms,
  newLinearArm,
  predictLogistic,
  slidingWindow,
  thompson,
  topTwoThompson,
  updateArms,
  updateLinearArm,
} from "./index.js";

const refused = (path: string) => expect.objectContaining({ code: "ATTUNE_BANDIT_INPUT", path });
const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);

/** mulberry32, so that what is drawn is the same each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
const drawn = (shares: readonly number[], at: number): number => {
  let left = at;
  for (const [i, share] of shares.entries()) {
    left -= share;
    if (left < 0) return i;
  }
  return shares.length - 1;
};

describe("shares", () => {
  it("are a distribution, each at least the floor, and equal for equal arms", () => {
    const shape = fc.record({
      alpha: fc.double({ min: 0.5, max: 5000, noNaN: true }),
      beta: fc.double({ min: 0.5, max: 5000, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(shape, { minLength: 1, maxLength: 5 }), (arms) => {
        for (const shares of [thompson(arms, { floor: 0.02 }), topTwoThompson(arms, { floor: 0.02 })]) {
          expect(sum(shares)).toBeCloseTo(1, 12);
          expect(Math.min(...shares)).toBeGreaterThanOrEqual(0.02 - 1e-12);
        }
      }),
      { numRuns: 30 },
    );
    for (const share of thompson(newArms(4))) expect(share).toBeCloseTo(0.25, 12);
  });

  it("go to the arm that is best, top-two to its rival too", () => {
    const arms = updateArms(newArms(3), [
      { arm: 0, successes: 10, trials: 1000 },
      { arm: 1, successes: 90, trials: 1000 },
      { arm: 2, successes: 40, trials: 1000 },
    ]);
    expect(thompson(arms)[1]).toBeGreaterThan(0.97);
    const [, best, rival] = topTwoThompson(arms) as [number, number, number];
    expect(best).toBeCloseTo(0.495, 2);
    expect(rival).toBeCloseTo(0.495, 2);
  });

  it("refuse floors without room and arms that are none", () => {
    expect(() => thompson(newArms(4), { floor: 0.3 })).toThrow(refused("/floor"));
    expect(() => thompson([])).toThrow(refused("/arms"));
    expect(() => thompson([{ alpha: 0, beta: 1 }])).toThrow(refused("/arms/0"));
    expect(() => updateArms(newArms(2), [{ arm: 2, successes: 0, trials: 0 }])).toThrow(
      refused("/batches/0/arm"),
    );
    expect(() => updateArms(newArms(2), [{ arm: 0, successes: 2, trials: 1 }])).toThrow(
      refused("/batches/0"),
    );
    expect(() => discounted(newArms(2), 1.5)).toThrow(refused("/keep"));
    expect(() => slidingWindow(2, [], 0)).toThrow(refused("/window"));
  });

  it("forget back to the prior and no further", () => {
    const arms = updateArms(newArms(1), [{ arm: 0, successes: 8, trials: 10 }]);
    expect(discounted(arms, 0)).toEqual(newArms(1));
    expect(discounted(arms, 1)).toEqual(arms);
  });

  it("lose little on ten arms: below what even shares lose by far, seeded", () => {
    const rates = [0.1, 0.12, 0.08, 0.05, 0.15, 0.11, 0.09, 0.07, 0.1, 0.06];
    const random = seeded(7);
    let arms = newArms(rates.length);
    let regret = 0;
    // Batches of 250 under the same shares, as a service updates them.
    for (let batch = 0; batch < 40; batch++) {
      const shares = thompson(arms, { floor: 0.002 });
      const seen = rates.map((_, arm) => ({ arm, successes: 0, trials: 0 }));
      for (let i = 0; i < 250; i++) {
        const arm = drawn(shares, random());
        const one = seen[arm] as (typeof seen)[number];
        one.trials++;
        if (random() < (rates[arm] as number)) one.successes++;
        regret += 0.15 - (rates[arm] as number);
      }
      arms = updateArms(arms, seen);
    }
    expect(regret).toBeLessThan(0.35 * 10_000 * (0.15 - sum(rates) / rates.length));
    expect(thompson(arms).indexOf(Math.max(...thompson(arms)))).toBe(4);
  });
});

describe("bounds", () => {
  it("KL-UCB's index is where the evidence ends, and at most 1", () => {
    const index = klUcbIndex({ successes: 12, pulls: 100, time: 1000 });
    expect(100 * bernoulliDivergence(0.12, index)).toBeCloseTo(Math.log(1000), 9);
    expect(klUcbIndex({ successes: 3, pulls: 3, time: 10 })).toBe(1);
    expect(() => klUcbIndex({ successes: 1, pulls: 0, time: 10 })).toThrow(refused("/pulls"));
    expect(() => klUcbIndex({ successes: 1, pulls: 2, time: 0 })).toThrow(refused("/time"));
    expect(() => laiRobbinsConstant([0, 0.5])).toThrow(refused("/means/0"));
  });
});

describe("linear", () => {
  it("one outcome after another is the regression over all", () => {
    const random = seeded(3);
    let arm = newLinearArm(2, 1e-6);
    for (let i = 0; i < 400; i++) {
      const x = [1, random()];
      arm = updateLinearArm(arm, x, 0.3 + 0.5 * (x[1] as number));
    }
    expect(arm.theta[0]).toBeCloseTo(0.3, 6);
    expect(arm.theta[1]).toBeCloseTo(0.5, 6);
    expect(linUcb(arm, [1, 0.5]).width).toBeLessThan(linUcb(arm, [1, 5]).width);
  });

  it("Thompson's shares depend on the context", () => {
    let [one, other] = [newLinearArm(2), newLinearArm(2)];
    for (let i = 0; i < 200; i++) {
      const mobile = i % 2;
      one = updateLinearArm(one, [1, mobile], mobile);
      other = updateLinearArm(other, [1, mobile], 1 - mobile);
    }
    expect(linearThompson([one, other], [1, 1])[0]).toBeGreaterThan(0.95);
    expect(linearThompson([one, other], [1, 0])[1]).toBeGreaterThan(0.95);
    expect(() => linearThompson([one], [1])).toThrow(refused("/context"));
    expect(() => linearThompson([], [1])).toThrow(refused("/arms"));
    expect(() => updateLinearArm(one, [1, Number.NaN], 1)).toThrow(refused("/context/1"));
    expect(() => newLinearArm(0)).toThrow(refused("/dimension"));
  });
});

describe("logistic", () => {
  it("finds the weights that made the outcomes", () => {
    const random = seeded(11);
    const contexts = Array.from({ length: 5000 }, () => [1, 4 * random() - 2]);
    const outcomes = contexts.map(([, x]) =>
      random() < 1 / (1 + Math.exp(0.5 - 1.5 * (x as number))) ? 1 : 0,
    );
    const { weights, covariance } = fitLogistic({ contexts, outcomes }, 0.01);
    for (const [i, truth] of [-0.5, 1.5].entries()) {
      const sd = Math.sqrt((covariance[i] as number[])[i] as number);
      expect(Math.abs((weights[i] as number) - truth)).toBeLessThan(4 * sd);
    }
  });

  it("stays finite where outcomes are separable, and is unsure far from what it saw", () => {
    const model = fitLogistic(
      {
        contexts: [
          [1, -1],
          [1, 1],
        ],
        outcomes: [0, 1],
      },
      0.1,
    );
    expect(model.weights.every(Number.isFinite)).toBe(true);
    expect(predictLogistic(model, [1, 30]).probability).toBeLessThan(0.95);
    expect(() => fitLogistic({ contexts: [], outcomes: [] })).toThrow(refused("/contexts"));
    expect(() => fitLogistic({ contexts: [[1]], outcomes: [2] })).toThrow(refused("/outcomes/0"));
    expect(() => fitLogistic({ contexts: [[1]], outcomes: [1] }, 0)).toThrow(refused("/lambda"));
    expect(() => predictLogistic(model, [1])).toThrow(refused("/context"));
  });
});

describe("evaluatePolicy", () => {
  const uniformLog = (n: number, seed: number) => {
    const random = seeded(seed);
    const rates = [0.1, 0.3];
    return Array.from({ length: n }, () => {
      const arm = random() < 0.5 ? 0 : 1;
      return {
        reward: random() < (rates[arm] as number) ? 1 : 0,
        propensity: 0.5,
        target: arm === 1 ? 0.9 : 0.1,
      };
    });
  };

  it("covers the truth about as often as its level says, whichever estimator", () => {
    const truth = 0.9 * 0.3 + 0.1 * 0.1;
    for (const estimator of ["ips", "snips"] as const) {
      let covered = 0;
      for (let seed = 1; seed <= 300; seed++) {
        const { interval } = evaluatePolicy(uniformLog(1000, seed), { estimator });
        if (interval && interval.lower <= truth && truth <= interval.upper) covered++;
      }
      expect(covered).toBeGreaterThan(270);
      expect(covered).toBeLessThan(298);
    }
  });

  it("declines in words where too little overlaps; the model alone needs no overlap", () => {
    const log = uniformLog(150, 1).map((one) => ({ ...one, expected: { logged: 0.2, target: 0.28 } }));
    const declined = evaluatePolicy(log, { estimator: "ips" });
    expect(declined).toMatchObject({ value: null, interval: null });
    expect(declined.reason).toMatch(/overlap in 9\d decisions' worth|overlap in \d\d decisions' worth/);
    expect(evaluatePolicy(log, { estimator: "dm" }).value).toBeCloseTo(0.28, 12);
  });

  it("a wrong model does not move the doubly robust estimate far", () => {
    const log = uniformLog(20_000, 5).map((one) => ({ ...one, expected: { logged: 0.9, target: 0.9 } }));
    for (const estimator of ["dr", "sndr", "dr-shrinkage"] as const)
      expect(Math.abs((evaluatePolicy(log, { estimator }).value as number) - 0.28)).toBeLessThan(0.03);
  });

  it("says 0 where nothing overlaps, and refuses what cannot be", () => {
    const never = [{ reward: 1, propensity: 0.5, target: 0 }];
    expect(estimatePolicy(never, { estimator: "snips" })).toMatchObject({ value: 0, effectiveSampleSize: 0 });
    expect(() => evaluatePolicy([], { estimator: "ips" })).toThrow(refused("/log"));
    expect(() => evaluatePolicy([{ reward: 1, propensity: 0, target: 1 }], { estimator: "ips" })).toThrow(
      refused("/log/0/propensity"),
    );
    expect(() => evaluatePolicy([{ reward: 1, propensity: 1, target: 2 }], { estimator: "ips" })).toThrow(
      refused("/log/0/target"),
    );
    expect(() => evaluatePolicy([{ reward: 1, propensity: 1, target: 1 }], { estimator: "dr" })).toThrow(
      refused("/log/0/expected"),
    );
    expect(() => evaluatePolicy(never, { estimator: "ips", level: 1 })).toThrow(refused("/level"));
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
  interface Row {
    item: string;
    position: string;
    click: number;
    propensity: number;
  }
  function rowsOf(policy: string): Row[] {
    const [head = "", ...lines] = gunzipSync(readFileSync(`${OPEN_BANDIT}/${policy}/men/men.csv.gz`))
      .toString()
      .trim()
      .split("\n");
    const names = head.split(",");
    const at = (name: string): number => names.indexOf(name);
    return lines.map((line) => {
      const cells = line.split(",");
      return {
        item: cells[at("item_id")] as string,
        position: cells[at("position")] as string,
        click: Number(cells[at("click")]),
        propensity: Number(cells[at("propensity_score")]),
      };
    });
  }
  const round = (value: number | null, digits: number): number => Number((value as number).toFixed(digits));

  it("come to the figures beside the data", () => {
    const [random, bts] = [rowsOf("random"), rowsOf("bts")];
    const rate = (rows: Row[]): number => sum(rows.map(({ click }) => click)) / rows.length;
    expect([rate(random), rate(bts)]).toEqual([0.0046, 0.0069]);

    const items = new Set([...random, ...bts].map(({ item }) => item)).size;
    const uniform = bts.map(({ click, propensity }) => ({ reward: click, propensity, target: 1 / items }));
    const ips = evaluatePolicy(uniform, { estimator: "ips" });
    expect(round(ips.value, 10)).toBe(0.0030086263);
    expect(round(ips.effectiveSampleSize, 2)).toBe(655.71);
    expect(round(evaluatePolicy(uniform, { estimator: "snips" }).value, 10)).toBe(0.0031894232);

    // How often the other policy chose an item for a position.
    const counts = new Map<string, number>();
    const count = (key: string): number => counts.get(key) ?? 0;
    for (const { item, position } of bts)
      for (const key of [position, `${position} ${item}`]) counts.set(key, count(key) + 1);
    const marginal = random.map(({ item, position, click, propensity }) => ({
      ...{ reward: click, propensity },
      target: count(`${position} ${item}`) / count(position),
    }));
    const back = evaluatePolicy(marginal, { estimator: "ips" });
    expect(round(back.value, 10)).toBe(0.0056562667);
    expect(round(back.effectiveSampleSize, 2)).toBe(2869.28);
  });
});
