import { thompson } from "@attune/core/bandits";
import {
  analyzeExperiment,
  betaCdf,
  betaQuantile,
  credibleInterval,
  probabilityToBeat,
  probabilityToBeBest,
} from "@attune/core/stats";

const A = { successes: 100, trials: 1000 };
const B = { successes: 120, trials: 1000 };
const FIVE = [500, 520, 540, 505, 531].map((successes) => ({ successes, trials: 10_000 }));
const TEN = Array.from({ length: 10 }, (_, i) => ({ alpha: 20 + i, beta: 400 }));
const DRAWS = 100_000;
/** Of P(B > A) for A and B, to all digits (mpmath, 40 digits). */
const EXACT = 0.9231834389735597;

/** Marsaglia and Tsang (2000), shape ≥ 1. */
function gamma(shape) {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const u = Math.random();
    const x = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
const beta = ({ successes, trials }) => {
  const x = gamma(1 + successes);
  return x / (x + gamma(1 + trials - successes));
};

function drawn(a, b) {
  const samples = new Float64Array(DRAWS);
  for (let i = 0; i < DRAWS; i++) samples[i] = beta(a);
  let wins = 0;
  for (let i = 0; i < DRAWS; i++) if (beta(b) > samples[i]) wins++;
  return wins / DRAWS;
}

/** The best of some rounds, µs a call. */
function best(call, times, rounds = 15) {
  for (let i = 0; i < times; i++) call();
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    for (let i = 0; i < times; i++) call();
    least = Math.min(least, (performance.now() - start) / times);
  }
  return least * 1000;
}

const NAMES = FIVE.map((_, i) => `v${i}`);
/** A whole report: 20 metrics of five variants, each treatment against the control with all intervals, the decision and the sample ratio. */
const report = (sumsOf) => {
  const input = {
    variants: NAMES.map((name) => ({ name, weight: 1 / NAMES.length })),
    days: 14,
    stages: { assigned: Object.fromEntries(NAMES.map((name) => [name, 10_000])) },
    metrics: Array.from({ length: 20 }, (_, metric) => ({
      name: `m${metric}`,
      role: metric === 0 ? "primary" : metric < 4 ? "guardrail" : "secondary",
      sums: Object.fromEntries(
        FIVE.map(({ successes }, i) => [NAMES[i], sumsOf(successes + 7 * metric, metric)]),
      ),
    })),
  };
  return () => analyzeExperiment(input);
};
const ofRates = (sum) => ({ type: "proportion", n: 10_000, sum });
const ofRevenue = (buyers) => ({
  type: "revenue",
  n: 10_000,
  buyers,
  sum: 40 * buyers,
  sumSquares: 2900 * buyers,
});
/** One in ten is revenue, two are means. */
const ofAll = (sum, metric) =>
  metric % 10 === 5
    ? ofRevenue(sum)
    : metric % 10 > 7
      ? { type: "mean", n: 10_000, sum: sum * 10, sumSquares: sum * 400 }
      : ofRates(sum);

export async function run() {
  const two = best(() => probabilityToBeat(A, B), 100, 60);
  const five = best(() => probabilityToBeBest(FIVE), 30, 40);
  const draws = best(() => drawn(A, B), 1, 5);
  const whole = best(report(ofRates), 3, 8);
  const mixed = best(report(ofAll), 3, 8);
  const unit = "µs";
  const off = Math.abs(probabilityToBeat(A, B).treatment - EXACT);
  const target = (label, value, limit) => ({
    label,
    ok: value <= limit,
    target: `≤ ${limit.toLocaleString("en")} µs`,
    seen: `${Math.round(value).toLocaleString("en")} µs`,
  });
  return {
    name: "Statistics",
    rows: [
      { label: "P(B > A) and its loss, two arms, by quadrature", value: two, unit },
      {
        label: `the same by ${DRAWS.toLocaleString("en")} draws into typed arrays`,
        value: draws,
        unit,
        ratio: `${Math.round(draws / two)}× ours, and off by ${Math.abs(drawn(A, B) - EXACT).toExponential(0)}; ours by ${off.toExponential(0)}`,
      },
      { label: "P(best), P(second), loss of five arms", value: five, unit },
      { label: "credible interval of the difference", value: best(() => credibleInterval(A, B), 30), unit },
      { label: "shares of ten arms (Thompson)", value: best(() => thompson(TEN), 10), unit },
      { label: "beta distribution function", value: best(() => betaCdf(0.1, 100, 900), 200), unit },
      { label: "beta quantile", value: best(() => betaQuantile(0.025, 100, 900), 50), unit },
      { label: "report of 20 metrics × 5 variants, rates", value: whole, unit },
      { label: "the same with two of revenue and four means", value: mixed, unit },
    ],
    checks: [
      target("two arms", two, 100),
      target("five arms", five, 1000),
      {
        label: "beside draws",
        ok: draws / two >= 200,
        target: "≥ 200× faster",
        seen: `${Math.round(draws / two)}×`,
      },
      target("report of 20 metrics × 5 variants", whole, 100_000),
      target("the same with revenue and means", mixed, 100_000),
    ],
  };
}
