import {
  adjusted,
  coverage,
  lookingBack,
  plainRule,
  rate,
  revenue,
  runExperiments,
  sampleRatios,
} from "./simulated-experiments.mjs";

/** T32: at most so many A/A tests may have a winner; so many intervals have to hold the truth; so many right sample ratios may be called wrong. */
const FALSE_WINNERS = 0.05;
const COVERAGE = [0.94, 0.96];
const FALSE_RATIOS = 0.001;
const LOOKS = 100;

const AA = {
  "a rate of 5 %": { perLook: [100, 100], primary: rate(0.05) },
  "a rate of 1 %": { perLook: [200, 200], primary: rate(0.01) },
  "a rate of 50 %": { perLook: [100, 100], primary: rate(0.5) },
  "a rate of 5 %, three treatments": { perLook: [100, 100, 100, 100], primary: rate(0.05) },
  "a rate of 5 %, one in ten treated": { perLook: [360, 40], primary: rate(0.05) },
  "revenue, 3 % buy, log-normal": { perLook: [200, 200], primary: revenue(0.03, 1) },
  "a rate of 5 % and two guardrails": {
    perLook: [100, 100],
    primary: rate(0.05),
    guardrails: [rate(0.1), rate(0.02)],
  },
  "values with a past (CUPED)": { perLook: [25, 25], primary: adjusted(10, 4) },
  "revenue that looks back, 3 % buy, 5 % bought before": {
    perLook: [200, 200],
    primary: lookingBack(0.03, 1, 0.05),
  },
};

const percent = (share) => `${(share * 100).toFixed(2)} %`;

/** @param {() => Promise<typeof import("@attune/core/stats")>} load The built package, when it is there. */
export const experimentProofs = (runs, load) => [
  {
    name: `experiments false-winners: ${runs.toLocaleString("en")} A/A tests of each kind, ${LOOKS} looks, at most 5 % with a winner (T32)`,
    async run(tell) {
      const stats = await load();
      const figures = {};
      for (const [title, setting] of Object.entries(AA)) {
        figures[title] = runExperiments(stats, { runs, looks: LOOKS, ...setting });
        const { winner, harm } = figures[title];
        tell(`${title}: winner ${percent(winner)}, harm ${percent(harm)}`);
        await new Promise((resolve) => setImmediate(resolve));
      }
      const plain = plainRule(stats, { runs: Math.ceil(runs / 10), looks: LOOKS, perLook: 100, base: 0.05 });
      const wrong = Object.entries(figures).filter(([, { winner }]) => winner > FALSE_WINNERS);
      return {
        ...(wrong.length > 0 && { problem: `more than 5 %: ${wrong.map(([title]) => title).join(", ")}` }),
        summary: `${Object.entries(figures)
          .map(([title, { winner, harm }]) => `${title}: winner ${percent(winner)}, harm ${percent(harm)}`)
          .join("; ")}; the plain rule (P > 0.95 at any look): ${percent(plain)}`,
        figures: { ...figures, plain },
      };
    },
  },
  {
    name: "experiments power: what the rule finds of an uplift that is there, at the size that the planner says",
    async run(tell) {
      const stats = await load();
      const figures = {};
      for (const [base, lift] of [
        [0.05, 0.1],
        [0.2, 0.05],
      ]) {
        const { units, decision } = stats.planExperiment({
          ...{ metric: { type: "proportion", baseline: base }, minimumEffect: lift, unitsPerDay: 1000 },
        });
        const perLook = Math.ceil(units.perVariant / LOOKS);
        const found = runExperiments(stats, {
          ...{ runs: Math.ceil(runs / 10), looks: LOOKS, perLook: [perLook, perLook] },
          ...{ primary: rate(base), lift, rule: { tightestAt: decision.tightestAt } },
        });
        figures[`${base} + ${lift}`] = { ...found, perVariant: units.perVariant };
        tell(
          `${percent(base)}, uplift ${percent(lift)}, ${Math.ceil(units.perVariant)} units per variant: found ${percent(found.winner)}, half of them by ${found.medianLook} % of the units`,
        );
      }
      const weak = Object.entries(figures).filter(([, { winner }]) => winner < 0.8 - 0.03);
      return {
        ...(weak.length > 0 && { problem: `found less often than planned: ${JSON.stringify(weak)}` }),
        summary: Object.entries(figures)
          .map(
            ([title, { winner, harm, perVariant, medianLook }]) =>
              `${title}: ${Math.ceil(perVariant).toLocaleString("en")} a variant find ${percent(winner)} (planned 80 %), half by ${medianLook} % of them, harm ${percent(harm)}`,
          )
          .join("; "),
        figures,
      };
    },
  },
  {
    name: "experiments sample-ratio: looked at all the time, right ones called wrong at most once in a thousand, broken ones found where they are (T32)",
    async run(tell) {
      const stats = await load();
      const setting = { looks: 50, perLook: 500 };
      const even = sampleRatios(stats, { ...setting, runs, shares: [0.5, 0.5] });
      tell(`even: ${percent(even.alarms)}`);
      const uneven = sampleRatios(stats, { ...setting, runs, shares: [0.6, 0.3, 0.1], seed: 2 });
      tell(`uneven: ${percent(uneven.alarms)}`);
      const few = Math.ceil(runs / 50);
      const broken = sampleRatios(stats, { ...setting, runs: few, shares: [0.5, 0.5], broken: 0.03 });
      const isWrong = Math.max(even.alarms, uneven.alarms) > FALSE_RATIOS;
      return {
        ...(isWrong && {
          problem: "right sample ratios were called wrong more often than once in a thousand",
        }),
        summary:
          `called wrong: ${percent(even.alarms)} of two even arms, ${percent(uneven.alarms)} of three uneven ones; ` +
          `3 % of one arm's renders lost: found in ${percent(broken.alarms)}, ${JSON.stringify(broken.at)} of ${few}`,
        figures: { even, uneven, broken },
      };
    },
  },
  {
    name: "experiments coverage: 95 % intervals hold the truth in 94 to 96 %, where it is drawn from the prior (T32)",
    async run() {
      const figures = coverage(await load(), { runs });
      const off = Object.entries(figures).filter(([, share]) => share < COVERAGE[0] || share > COVERAGE[1]);
      return {
        ...(off.length > 0 && {
          problem: off.map(([title, share]) => `${title}: ${percent(share)}`).join(", "),
        }),
        summary: Object.entries(figures)
          .map(([title, share]) => `${title} ${percent(share)}`)
          .join(", "),
        figures,
      };
    },
  },
];
