import { chance, meanOf, normals } from "./chance.mjs";

/** Five variants, and of each visitor four things are known; the first number of a context is 1. */
const ARMS = 5;
const FEATURES = 4;
const DIMENSION = FEATURES + 1;

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

/**
 * A world whose odds depend on who comes and on when: each arm's weights are normal with `spread` at first, and go back to their mean while they are pushed about (Ornstein–Uhlenbeck), so that
 * after `halfLife` rounds half of what was known of them is out of date and the world is as various at the end as at the start.
 *
 * @param {{ seed: number, spread: number, halfLife: number }} options `halfLife` in rounds; Infinity: no drift
 */
export function world({ seed, spread, halfLife }) {
  const random = chance(seed);
  const normal = normals(random);
  const weights = Array.from({ length: ARMS }, () =>
    Array.from({ length: DIMENSION }, () => spread * normal()),
  );
  const keep = 2 ** (-1 / halfLife);
  const push = spread * Math.sqrt(1 - keep * keep);
  return {
    context: () => [1, ...Array.from({ length: FEATURES }, normal)],
    /** By arm, now. */
    rates: (context) => weights.map((own) => sigmoid(dot(own, context))),
    drift() {
      if (push > 0)
        for (const own of weights)
          for (let i = 0; i < DIMENSION; i++) own[i] = keep * own[i] + push * normal();
    },
    random,
  };
}

const highest = (values) => values.indexOf(Math.max(...values));

/**
 * Logistic Thompson sampling in batches: each visitor draws from the exact shares of what is believed for their context, which the library's `contextualPolicy` hands to decisions; here by one draw from each arm's
 * score, which comes to the same.
 *
 * @param {typeof import("@attune/core/bandits")} bandits
 */
export function logisticThompson(bandits, { every = 50, keep = 1, lambda = 1, exploration = 0.5 } = {}) {
  const { newLogisticArm, updateLogisticArm, driftedLogistic } = bandits;
  return (random) => {
    const normal = normals(random);
    let arms = Array.from({ length: ARMS }, () => newLogisticArm(DIMENSION, lambda));
    const empty = () => arms.map(() => ({ contexts: [], outcomes: [] }));
    let batch = empty();
    let round = 0;
    return {
      choose(context) {
        const scores = arms.map(({ weights, covariance }) => {
          const spread = context.reduce((sum, x, i) => sum + x * dot(covariance[i], context), 0);
          return dot(weights, context) + exploration * Math.sqrt(spread) * normal();
        });
        return highest(scores);
      },
      learn(arm, context, reward) {
        batch[arm].contexts.push(context);
        batch[arm].outcomes.push(reward);
        if (++round % every !== 0) return;
        arms = arms.map((known, i) =>
          updateLogisticArm(keep < 1 ? driftedLogistic(known, keep) : known, batch[i]),
        );
        batch = empty();
      },
    };
  };
}

/**
 * LinUCB, updated in the same batches; `keep` 1 is the textbook's.
 *
 * @param {typeof import("@attune/core/bandits")} bandits
 */
export function linearBounds(bandits, { every = 50, keep = 1, alpha = 1 } = {}) {
  const { newLinearSums, addToSums, discountedSums, linearArmOf, linUcb } = bandits;
  return () => {
    let sums = Array.from({ length: ARMS }, () => newLinearSums(DIMENSION));
    let arms = sums.map((own) => linearArmOf(own));
    const empty = () => sums.map(() => ({ contexts: [], rewards: [] }));
    let batch = empty();
    let round = 0;
    return {
      choose: (context) => highest(arms.map((arm) => linUcb(arm, context, alpha).bound)),
      learn(arm, context, reward) {
        batch[arm].contexts.push(context);
        batch[arm].rewards.push(reward);
        if (++round % every !== 0) return;
        sums = sums.map((own, i) => addToSums(keep < 1 ? discountedSums(own, keep) : own, batch[i]));
        arms = sums.map((own) => linearArmOf(own));
        batch = empty();
      },
    };
  };
}

/** What a policy earned in one run, as a share of what who knows the weights of each round would have: both as expectations, so that luck is no part of it. */
export function earnedShare(policy, { rounds, seed, spread, halfLife }) {
  const { context, rates, drift, random } = world({ seed, spread, halfLife });
  const { choose, learn } = policy(chance(seed + 1_000_003));
  let [earned, possible] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    const visitor = context();
    const chances = rates(visitor);
    const arm = choose(visitor);
    earned += chances[arm];
    possible += Math.max(...chances);
    learn(arm, visitor, random() < chances[arm] ? 1 : 0);
    drift();
  }
  return earned / possible;
}

export async function meanEarnedShare(
  policy,
  { runs = 20, rounds = 20_000, onRun = () => undefined, ...world },
) {
  const shares = [];
  for (let seed = 1; seed <= runs; seed++) {
    shares.push(earnedShare(policy, { rounds, seed, ...world }));
    await onRun(seed);
  }
  return meanOf(shares);
}
