/*
 * Experiments as they might have gone, drawn from a seed: how often the default rule is wrong, how often it finds what is there, and whether intervals hold what they promise. The functions that are judged are handed in, so that the tests
 * beside the code and `npm run prove` judge the same in the same way.
 */

/** Small fast counter (Doty-Humphrey's sfc32): its period is no concern with billions of draws. */
export function randomOf(seed) {
  let [a, b, c, counter] = [seed >>> 0, 0x9e3779b9, 0x243f6a88, 1];
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

/** How many of n do it: jumps from one who does to the next. */
export function binomial(random, n, rate) {
  if (rate > 0.5) return n - binomial(random, n, 1 - rate);
  if (rate <= 0) return 0;
  const scale = 1 / Math.log1p(-rate);
  let count = 0;
  for (let at = Math.floor(Math.log1p(-random()) * scale); at < n; count++)
    at += 1 + Math.floor(Math.log1p(-random()) * scale);
  return count;
}

export const normal = (random) => Math.sqrt(-2 * Math.log1p(-random())) * Math.cos(2 * Math.PI * random());

/** Marsaglia and Tsang (2000). */
export function gamma(random, shape) {
  if (shape < 1) return gamma(random, shape + 1) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log1p(-random()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

export const beta = (random, a, b) => {
  const x = gamma(random, a);
  return x / (x + gamma(random, b));
};

/**
 * What one look adds to the sums of one arm.
 *
 * @typedef {object} Kind
 * @property {() => Record<string, unknown>} empty
 * @property {(sums: any, random: () => number, units: number, lift: number) => void} add
 */

/** A rate. @returns {Kind} */
export const rate = (base) => ({
  empty: () => ({ type: "proportion", n: 0, sum: 0 }),
  add(sums, random, units, lift) {
    sums.n += units;
    sums.sum += binomial(random, units, base * (1 + lift));
  },
});

/** Revenue per visitor: a few buy, for log-normal amounts. @returns {Kind} */
export const revenue = (share, sigma) => ({
  empty: () => ({ type: "revenue", n: 0, buyers: 0, sum: 0, sumSquares: 0 }),
  add(sums, random, units, lift) {
    const buyers = binomial(random, units, share * (1 + lift));
    sums.n += units;
    sums.buyers += buyers;
    for (let i = 0; i < buyers; i++) {
      const value = 40 * Math.exp(sigma * normal(random));
      sums.sum += value;
      sums.sumSquares += value * value;
    }
  },
});

/**
 * Revenue of visitors of whom some came back: who bought before buys the likelier and for about as much. What was before is taken out once it is of enough visitors.
 *
 * @returns {Kind}
 */
export const lookingBack = (share, sigma, returning) => ({
  empty: () => ({
    ...{ type: "revenue", n: 0, buyers: 0, sum: 0, sumSquares: 0 },
    before: { sum: 0, sumSquares: 0, sumProducts: 0 },
  }),
  add(sums, random, units, lift) {
    sums.n += units;
    const amount = (level) => 40 * Math.exp(sigma * (Math.SQRT1_2 * level + Math.SQRT1_2 * normal(random)));
    const back = binomial(random, units, returning);
    const buying = (visitors, rate) => binomial(random, visitors, Math.min(1, rate * (1 + lift)));
    for (let i = 0; i < back; i++) {
      const level = normal(random);
      const before = amount(level);
      const value = buying(1, share * 10) === 1 ? amount(level) : 0;
      sums.before.sum += before;
      sums.before.sumSquares += before * before;
      sums.before.sumProducts += before * value;
      count(sums, value);
    }
    for (let left = buying(units - back, share); left > 0; left--) count(sums, amount(normal(random)));
  },
});

function count(sums, value) {
  if (value === 0) return;
  sums.buyers++;
  sums.sum += value;
  sums.sumSquares += value * value;
}

/** Normal values of which half the variance was known before. @returns {Kind} */
export const adjusted = (mean, sd) => ({
  empty: () => ({
    ...{ type: "cuped", n: 0, postSum: 0, postSumSquares: 0 },
    ...{ preSum: 0, preSumSquares: 0, sumProducts: 0 },
  }),
  add(sums, random, units, lift) {
    sums.n += units;
    for (let i = 0; i < units; i++) {
      const before = mean + sd * normal(random);
      const value = mean * (1 + lift) + Math.SQRT1_2 * (before - mean + sd * normal(random));
      sums.postSum += value;
      sums.postSumSquares += value * value;
      sums.preSum += before;
      sums.preSumSquares += before * before;
      sums.sumProducts += before * value;
    }
  },
});

/**
 * @typedef {object} Simulation
 * @property {number} runs
 * @property {number} looks
 * @property {readonly number[]} perLook Units that a look adds to each arm, the control first.
 * @property {Kind} primary
 * @property {readonly Kind[]} [guardrails]
 * @property {number} [lift] Of the first treatment's primary metric, relative.
 * @property {object} [rule]
 * @property {number} [seed]
 */

/**
 * Runs experiments that are looked at after each step, to the first winner. Nobody waits for whole weeks, which makes it harder for the rule.
 *
 * @param {typeof import("@attune/core/stats")} stats
 * @param {Simulation} simulation
 */
export function runExperiments(
  stats,
  { runs, looks, perLook, primary, guardrails = [], lift = 0, rule = {}, seed = 1 },
) {
  const random = randomOf(seed);
  const seen = { winner: 0, harm: 0, noDifference: 0 };
  const ends = [];
  for (let run = 0; run < runs; run++) {
    const kinds = [primary, ...guardrails];
    const sums = perLook.map(() => kinds.map(({ empty }) => empty()));
    const states = new Set();
    for (let look = 1; look <= looks; look++) {
      for (const [arm, units] of perLook.entries())
        for (const [k, { add }] of kinds.entries())
          add(sums[arm][k], random, units, arm === 1 && k === 0 ? lift : 0);
      const { state } = stats.stoppingRule(evidenceOf(stats, sums), rule);
      states.add(state);
      if (state === "winner") {
        ends.push(look);
        break;
      }
    }
    if (states.has("winner")) seen.winner++;
    if (states.has("harm")) seen.harm++;
    if (states.has("no-difference")) seen.noDifference++;
  }
  ends.sort((a, b) => a - b);
  return {
    ...{ runs, looks },
    winner: seen.winner / runs,
    harm: seen.harm / runs,
    noDifference: seen.noDifference / runs,
    /** Look at which half of the winners were found. */
    medianLook: ends[ends.length >> 1] ?? null,
  };
}

function evidenceOf(stats, sums) {
  const [control, ...treatments] = sums;
  return {
    ...{ days: null, faults: [], sampleRatio: null },
    treatments: treatments.map((arm, i) => {
      const [primary, ...guardrails] = arm.map((own, k) =>
        stats.metricEvidence({ metric: `m${k}` }, control[k], own),
      );
      const units = Math.min(control[0].n, arm[0].n);
      return { variant: `t${i + 1}`, units, primary: [primary], guardrails };
    }),
  };
}

/** The plain rule for comparison: whichever has P > 0.95 at any look has won. */
export function plainRule(stats, { runs, looks, perLook, base, seed = 1 }) {
  const random = randomOf(seed);
  let wrong = 0;
  for (let run = 0; run < runs; run++) {
    const arms = [
      { successes: 0, trials: 0 },
      { successes: 0, trials: 0 },
    ];
    for (let look = 0; look < looks; look++) {
      for (const arm of arms) {
        arm.trials += perLook;
        arm.successes += binomial(random, perLook, base);
      }
      const { control, treatment } = stats.probabilityToBeat(arms[0], arms[1]);
      if (Math.max(control, treatment) > 0.95) {
        wrong++;
        break;
      }
    }
  }
  return wrong / runs;
}

/**
 * How often a sample ratio is called wrong that is right, looked at all the time, at any of three stages.
 *
 * @param {{ runs: number, looks: number, perLook: number, shares: readonly number[], rendered?: number, delivered?: number, broken?: number, seed?: number }} simulation
 *   `broken`: share of the second arm's renders that are lost besides
 */
export function sampleRatios(
  stats,
  { runs, looks, perLook, shares, rendered = 0.9, delivered = 0.97, broken = 0, seed = 1 },
) {
  const random = randomOf(seed);
  const names = shares.map((_, i) => `v${i}`);
  const variants = names.map((name, i) => ({ name, weight: shares[i] }));
  let alarms = 0;
  const at = {};
  for (let run = 0; run < runs; run++) {
    const counts = { assigned: {}, rendered: {}, delivered: {} };
    for (const stage of Object.values(counts)) for (const name of names) stage[name] = 0;
    for (let look = 0; look < looks; look++) {
      let left = perLook;
      let share = 1;
      for (const [i, name] of names.entries()) {
        const came = i === names.length - 1 ? left : binomial(random, left, shares[i] / share);
        left -= came;
        share -= shares[i];
        const shown = binomial(random, came, rendered * (i === 1 ? 1 - broken : 1));
        counts.assigned[name] += came;
        counts.rendered[name] += shown;
        counts.delivered[name] += binomial(random, shown, delivered);
      }
      const { sampleRatio } = stats.analyzeExperiment({ variants, metrics: [], looks: [counts] });
      if (sampleRatio.state === "mismatch") {
        alarms++;
        at[sampleRatio.lostAt] = (at[sampleRatio.lostAt] ?? 0) + 1;
        break;
      }
    }
  }
  return { alarms: alarms / runs, at };
}

/** How often 95 % intervals hold the truth where the truth is drawn from the prior. */
export function coverage(stats, { runs, seed = 1 }) {
  const random = randomOf(seed);
  const held = { "rates, uniform prior": 0, "uplift of rates": 0, "rates, prior (3, 60)": 0, means: 0 };
  const holds = ({ lower, upper }, truth) => (lower <= truth && truth <= upper ? 1 : 0);
  const arm = (p, trials) => ({ successes: binomial(random, trials, p), trials });
  for (let run = 0; run < runs; run++) {
    const trials = 20 + Math.floor(random() * 400);
    const [a, b] = [random(), random()];
    const [seenA, seenB] = [arm(a, trials), arm(b, trials)];
    held["rates, uniform prior"] += holds(stats.credibleInterval(seenA, seenB), b - a);
    held["uplift of rates"] += holds(
      stats.credibleInterval(seenA, seenB, { difference: "relative" }),
      b / a - 1,
    );
    const prior = { alpha: 3, beta: 60 };
    const [c, d] = [beta(random, 3, 60), beta(random, 3, 60)];
    held["rates, prior (3, 60)"] += holds(
      stats.credibleInterval(arm(c, trials), arm(d, trials), { prior }),
      d - c,
    );
    held.means += holds(...means(stats, random));
  }
  return Object.fromEntries(Object.entries(held).map(([name, count]) => [name, count / runs]));
}

function means(stats, random) {
  const prior = { mu: 10, kappa: 2, alpha: 3, beta: 4 };
  const drawn = [0, 1].map(() => {
    const sd = Math.sqrt(prior.beta / gamma(random, prior.alpha));
    const mean = prior.mu + (sd / Math.sqrt(prior.kappa)) * normal(random);
    const values = Array.from({ length: 15 }, () => mean + sd * normal(random));
    return { mean, belief: stats.normalInverseGammaPosterior(stats.sampleOf(values), prior) };
  });
  const [a, b] = drawn;
  return [stats.compareNormalInverseGamma(a.belief, b.belief).difference, b.mean - a.mean];
}
