import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addToSums,
  bernoulliDivergence,
  discounted,
  discountedSums,
  driftedLogistic,
  fitLogistic,
  klUcbIndex,
  laiRobbinsConstant,
  linearArmOf,
  linearThompson,
  linUcb,
  newArms,
  newLinearArm,
  newLinearSums,
  newLogisticArm,
  predictLogistic,
  slidingWindow,
  thompson,
  topTwoThompson,
  updateArms,
  updateLinearArm,
  updateLogisticArm,
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

describe("batches", () => {
  const random = seeded(21);
  const contexts = Array.from({ length: 300 }, () => [1, 2 * random() - 1, 2 * random() - 1]);
  const outcomes = contexts.map(([, x, y]) =>
    random() < 1 / (1 + Math.exp((y as number) - 2 * (x as number))) ? 1 : 0,
  );
  const part = <T>(list: readonly T[], from: number, to: number): T[] => list.slice(from, to);

  it("sums of linear outcomes say what the outcomes say one after another", () => {
    const one = contexts.reduce(
      (arm, context, i) => updateLinearArm(arm, context, outcomes[i] as number),
      newLinearArm(3, 2),
    );
    let sums = newLinearSums(3);
    for (const [from, to] of [
      [0, 120],
      [120, 300],
    ] as const)
      sums = addToSums(sums, { contexts: part(contexts, from, to), rewards: part(outcomes, from, to) });
    const arm = linearArmOf(sums, 2);
    for (let i = 0; i < 3; i++) {
      expect(arm.theta[i]).toBeCloseTo(one.theta[i] as number, 10);
      for (let j = 0; j < 3; j++)
        expect(arm.covariance[i]?.[j]).toBeCloseTo(one.covariance[i]?.[j] as number, 10);
    }
    expect(JSON.stringify(linearArmOf(discountedSums(sums, 0), 2))).toBe(
      JSON.stringify(linearArmOf(newLinearSums(3), 2)),
    );
    expect(() => discountedSums(sums, 2)).toThrow(refused("/keep"));
    expect(() => linearArmOf(sums, 0)).toThrow(refused("/lambda"));
    expect(() => addToSums(sums, { contexts: [[1]], rewards: [1] })).toThrow(refused("/contexts/0"));
    expect(() => addToSums(sums, { contexts: [], rewards: [1] })).toThrow(refused("/rewards"));
    expect(() => addToSums(sums, { contexts: [[1, 2, 3]], rewards: [Number.NaN] })).toThrow(
      refused("/rewards/0"),
    );
  });

  it("of logistic outcomes, one batch after another comes next to all at once", () => {
    const whole = fitLogistic({ contexts, outcomes });
    let arm = newLogisticArm(3);
    for (let from = 0; from < 300; from += 30)
      arm = updateLogisticArm(arm, {
        contexts: part(contexts, from, from + 30),
        outcomes: part(outcomes, from, from + 30),
      });
    for (let i = 0; i < 3; i++) {
      const sd = Math.sqrt(whole.covariance[i]?.[i] as number);
      expect(Math.abs((arm.weights[i] as number) - (whole.weights[i] as number))).toBeLessThan(0.15 * sd);
      expect(Math.abs(Math.sqrt(arm.covariance[i]?.[i] as number) / sd - 1)).toBeLessThan(0.1);
    }
    const all = updateLogisticArm(newLogisticArm(3), { contexts, outcomes });
    expect(all.weights).toEqual(whole.weights);
    expect(updateLogisticArm(arm, { contexts: [], outcomes: [] })).toBe(arm);
  });

  it("logistic arms forget back to what was believed at first and no further", () => {
    const arm = updateLogisticArm(newLogisticArm(3, 0.5), { contexts, outcomes });
    const prior = newLogisticArm(3, 0.5);
    const gone = driftedLogistic(arm, 1e-9);
    const kept = driftedLogistic(arm, 1);
    for (let i = 0; i < 3; i++) {
      expect(gone.weights[i]).toBeCloseTo(0, 8);
      expect(kept.weights[i]).toBe(arm.weights[i]);
      for (let j = 0; j < 3; j++) {
        expect(gone.covariance[i]?.[j]).toBeCloseTo(prior.covariance[i]?.[j] as number, 8);
        expect(gone.precision[i]?.[j]).toBeCloseTo(prior.precision[i]?.[j] as number, 8);
        expect(kept.precision[i]?.[j]).toBeCloseTo(arm.precision[i]?.[j] as number, 6);
      }
    }
    const half = driftedLogistic(arm, 0.5);
    expect(half.covariance[1]?.[1]).toBeGreaterThan(arm.covariance[1]?.[1] as number);
    expect(half.weights[1]).toBe(0.5 * (arm.weights[1] as number));
    expect(() => driftedLogistic(arm, 0)).toThrow(refused("/keep"));
    expect(() => newLogisticArm(0)).toThrow(refused("/dimension"));
    expect(() => newLogisticArm(1, 0)).toThrow(refused("/lambda"));
    expect(() => updateLogisticArm(arm, { contexts: [[1]], outcomes: [1] })).toThrow(refused("/contexts/0"));
  });
});
