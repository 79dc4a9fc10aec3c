import { betas, chance, drawn, meanOf } from "./chance.mjs";

/** The ten arms on which Garivier and Cappé (2011) compare policies: low rates, as clicks have them. */
export const TEN = [0.1, 0.05, 0.05, 0.05, 0.02, 0.02, 0.02, 0.01, 0.01, 0.01];
/** From the middle on every rate is that of its neighbour: what was the best is one of many, and what was the worst is the best. */
const SWITCHED = [...TEN.slice(1), TEN[0]];
/** The same with what was the best at the worst's place. */
const REVERSED = [...TEN].reverse();

/**
 * Worlds, as the rates that hold at a round.
 *
 * @type {Record<string, (rounds: number) => (round: number) => readonly number[]>}
 */
export const WORLDS = {
  still: () => () => TEN,
  switched: (rounds) => (round) => (round < rounds / 2 ? TEN : SWITCHED),
  reversed: (rounds) => (round) => (round < rounds / 2 ? TEN : REVERSED),
};

/**
 * Thompson sampling as it stands in the textbooks: after every round, by a draw from each arm's posterior.
 */
export function plainThompson() {
  return ({ arms, random }) => {
    const beta = betas(random);
    const alphas = new Float64Array(arms).fill(1);
    const others = new Float64Array(arms).fill(1);
    return {
      choose() {
        let [most, best] = [-1, 0];
        for (let arm = 0; arm < arms; arm++) {
          const draw = beta(alphas[arm], others[arm]);
          if (draw > most) [most, best] = [draw, arm];
        }
        return best;
      },
      learn(arm, reward) {
        if (reward) alphas[arm]++;
        else others[arm]++;
      },
    };
  };
}

/**
 * As the library does it: exact shares that hold for `every` rounds, then an update from what was counted in them.
 *
 * @param {{ every: number, start(arms: number): unknown, update(known: unknown, batches: readonly { arm: number, successes: number, trials: number }[]): unknown, shares(known: unknown): readonly number[] }} policy
 */
export function inBatches({ every, start, update, shares }) {
  return ({ arms, random }) => {
    let known = start(arms);
    let current = shares(known);
    let round = 0;
    const counted = () => Array.from({ length: arms }, (_, arm) => ({ arm, successes: 0, trials: 0 }));
    let batch = counted();
    return {
      choose: () => drawn(current, random()),
      learn(arm, reward) {
        batch[arm].trials++;
        batch[arm].successes += reward;
        if (++round % every !== 0) return;
        known = update(known, batch);
        batch = counted();
        current = shares(known);
      },
    };
  };
}

/** What one policy gave up in one run against who knows the best arm of each round. */
export function regretOf(policy, { rounds, world, seed }) {
  const random = chance(seed);
  const ratesAt = WORLDS[world](rounds);
  const { choose, learn } = policy({ arms: TEN.length, random: chance(seed + 1_000_003) });
  let regret = 0;
  for (let round = 0; round < rounds; round++) {
    const rates = ratesAt(round);
    const arm = choose();
    regret += 0.1 - rates[arm];
    learn(arm, random() < rates[arm] ? 1 : 0);
  }
  return regret;
}

/** The mean over seeded runs. */
export async function meanRegret(policy, { rounds = 20_000, runs = 200, world, onRun = () => undefined }) {
  const regrets = [];
  for (let seed = 1; seed <= runs; seed++) {
    regrets.push(regretOf(policy, { rounds, world, seed }));
    await onRun(seed);
  }
  return meanOf(regrets);
}

/**
 * The policies that are compared.
 *
 * @param {typeof import("@attune/core/bandits")} bandits
 */
export function policies(bandits, { every = 50, floor = 0.0003, pooled = true } = {}) {
  const {
    newArms,
    updateArms,
    discounted,
    pooledPrior,
    thompson,
    watchArms,
    changeTriggered,
    watchedShapes,
  } = bandits;
  const shares = (arms) => thompson(pooled ? pooledPrior(arms) : arms, { floor });
  const ofShapes = (update) => inBatches({ every, start: newArms, update, shares });
  return {
    plain: plainThompson(),
    shares: ofShapes(updateArms),
    discounted: (keep) => ofShapes((arms, batches) => updateArms(discounted(arms, keep), batches)),
    window: (periods) =>
      inBatches({
        every,
        start: () => [],
        update: (kept, batches) => [...kept, batches].slice(-periods),
        shares: (kept) => shares(updateArms(newArms(TEN.length), kept.flat())),
      }),
    changeTriggered: (changes = {}) =>
      inBatches({
        every,
        start: watchArms,
        update: (known, batches) => changeTriggered(known, batches, changes),
        shares: (known) => shares(watchedShapes(known)),
      }),
  };
}
