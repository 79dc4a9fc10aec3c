import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/*
 * The case of recorded decisions in reference files (`openBanditSmall`): a shop's recommender that fills three places at random, judged by what its Bernoulli Thompson sampler would have done. The
 * decisions lie beside the reference file; the beta priors that the shop's sampler ran with in its men's campaign were published with the Open Bandit Dataset (ZOZO, Inc.).
 */

const SUCCESSES = [
  47, 8, 62, 142, 3, 6, 100, 48, 23, 71, 61, 13, 16, 518, 30, 7, 4, 23, 8, 10, 11, 11, 18, 121, 11, 4, 32, 30,
  9, 22, 6, 23, 5, 54,
];
const FAILURES = [
  12198, 3566, 15993, 35522, 2367, 3100, 24665, 13210, 7061, 18061, 17449, 5644, 6787, 111326, 8776, 3334,
  2271, 7389, 2659, 3665, 4724, 3561, 5085, 27407, 4601, 2923, 8897, 8654, 4000, 6580, 3174, 6766, 2602,
  14506,
];
const PLACES = 3;

/** @param {string} folder of the data, with `random/men/men.csv.gz` and `bts/men/men.csv.gz` */
export function decisionsOf(folder, policy) {
  const [head = "", ...lines] = gunzipSync(readFileSync(`${folder}/${policy}/men/men.csv.gz`))
    .toString()
    .trim()
    .split("\n");
  const names = head.split(",");
  const [item, position, click, propensity] = ["item_id", "position", "click", "propensity_score"].map(
    (name) => names.indexOf(name),
  );
  return lines.map((line) => {
    const cells = line.split(",");
    return {
      item: Number(cells[item]),
      position: Number(cells[position]),
      click: Number(cells[click]),
      propensity: Number(cells[propensity]),
    };
  });
}

/** Where the data is, if it is there: beside the folder of the reference file. */
export const isOpenBanditAt = (folder) =>
  ["random", "bts"].every((policy) => existsSync(`${folder}/${policy}/men/men.csv.gz`));

/**
 * @param {{ stats: typeof import("@attune/core/stats"), bandits: typeof import("@attune/core/bandits") }} library
 * @param {string} folder
 */
export function openBanditFunctions({ stats, bandits }, folder) {
  if (!isOpenBanditAt(folder)) return {};
  return {
    openBanditSmall() {
      const [random, bts] = [decisionsOf(folder, "random"), decisionsOf(folder, "bts")];
      const clicks = (rows) => rows.reduce((sum, { click }) => sum + click, 0);
      const arms = SUCCESSES.map((alpha, i) => ({ alpha, beta: FAILURES[i] }));
      const byRank = stats.rankProbabilities(arms, PLACES);
      const log = random.map(({ item, position, click, propensity }) => ({
        ...{ reward: click, propensity },
        target: byRank[position - 1][item],
      }));
      const by = (estimator) => bandits.estimatePolicy(log, { estimator });
      const { value: ips, meanWeight, effectiveSampleSize: ess, maxWeight } = by("ips");
      const snips = by("snips").value;
      const onPolicy = clicks(bts) / bts.length;
      const order = byRank[0].map((_, i) => i).sort((a, b) => byRank[0][b] - byRank[0][a]);
      return {
        ...{ rows: random.length, clicks: clicks(random), onPolicyCtr: clicks(random) / random.length },
        ...{ ipsBts: ips, snipsBts: snips, meanWeight, ess, maxWeight },
        ...{ btsOnPolicyCtr: onPolicy, btsRows: bts.length },
        relativeErrorIps: Math.abs(ips - onPolicy) / onPolicy,
        relativeErrorSnips: Math.abs(snips - onPolicy) / onPolicy,
        top3ArmsByP1: order.slice(0, 3),
        p1Top3: order.slice(0, 3).map((arm) => byRank[0][arm]),
      };
    },
  };
}
