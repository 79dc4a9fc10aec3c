import { betaCdf, type Counts, credibleInterval, expectedLoss, probabilityToBeat } from "@attune/core/stats";
import { latencyQuantile, slowerThan, type VersionEvidence } from "./evidence.js";

/** When a version on trial is taken back, and when it has proved itself. */
export interface CanaryRules {
  /** More errors than the champion by this share of predictions are too many, in (0, 1) (default 0.01: one percentage point). */
  errorMargin?: number;
  /** A 99th percentile this many times the champion's is too slow, above 1 (default 1.5). */
  latencyFactor?: number;
  /** Below this (ms) nothing is too slow: what a page or a request notices begins far above it (default 0.1). */
  latencyFloorMs?: number;
  /** How sure one has to be to take it back, in (0.5, 1) (default 0.998: it is looked at all the time). */
  certainty?: number;
  /** The same of a lower reward, which is looked at for as long as the trial lasts (default 0.995). */
  rewardCertainty?: number;
  /** Predictions that each needs before rates are compared (default 50). */
  minPredictions?: number;
  /** Visitors that each needs before rewards are compared (default 100). */
  minUnits?: number;
  /** How long it has to hold before it is promoted, ms (default a day). */
  holdMs?: number;
  /** Predictions of its own that it has to have made by then (default 1,000). */
  holdPredictions?: number;
  /** Promoted only where choosing it costs on average less than this share of the champion's reward (default 0.01). */
  caring?: number;
  /** Without a decision by then it is taken back, ms (default 14 days). */
  maxMs?: number;
}

export const CANARY_DEFAULTS: Required<CanaryRules> = {
  ...{ errorMargin: 0.01, latencyFactor: 1.5, latencyFloorMs: 0.1 },
  ...{ certainty: 0.998, rewardCertainty: 0.995, minPredictions: 50, minUnits: 100 },
  ...{ holdMs: 86_400_000, holdPredictions: 1000, caring: 0.01, maxMs: 14 * 86_400_000 },
};

/** One side of the comparison. */
export interface CanarySide {
  evidence: VersionEvidence;
  /** Visitors on the version, and those of them who came to the metric; null where the model names no metric or nobody counts. */
  reward: Counts | null;
}

export interface CanaryTrial {
  champion: CanarySide;
  canary: CanarySide;
  /** Of visitors on the canary, in (0, 1). */
  share: number;
  /** How long it has been tried, ms. */
  ageMs: number;
  /** Different visitors that the champion was asked about, at least: chance draws visitors, however often each is scored. Without this number silence is not told. */
  visitors?: number;
  /** Predictions of both in the latest stretch of time, some seconds, and the champion's different visitors in it: whether the canary has fallen silent. */
  recent?: { champion: number; canary: number; visitors?: number };
}

export type CanaryCode =
  | "not-finite"
  | "errors"
  | "slow"
  | "no-data"
  | "reward-worse"
  | "too-long"
  | "proved"
  | "early"
  | "holding"
  | "reward-open";

export interface CanaryVerdict {
  verdict: "promote" | "rollback" | "wait";
  code: CanaryCode;
  /** For people. */
  words: string;
}

const verdictOf = (verdict: CanaryVerdict["verdict"], code: CanaryCode, words: string): CanaryVerdict => ({
  verdict,
  code,
  words,
});
const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 2 : 1)} %`;
const rateOf = ({ successes, trials }: Counts): number => successes / trials;

type Rules = Required<CanaryRules>;

/** Nobody came to it where so many would have by its share that chance explains it less than once in a million. */
const SILENT = Math.log(1e-6);
const isSilent = (share: number, visitors: number, predictions: number): boolean =>
  predictions === 0 && visitors * Math.log(1 - share) < SILENT;

function silence({ champion, canary, share, visitors = 0, recent }: CanaryTrial): CanaryVerdict | null {
  if (isSilent(share, visitors, canary.evidence.predictions))
    return verdictOf(
      "rollback",
      "no-data",
      `Nobody was scored by it, where the champion scored ${champion.evidence.predictions} times.`,
    );
  if (recent !== undefined && isSilent(share, recent.visitors ?? 0, recent.canary))
    return verdictOf(
      "rollback",
      "no-data",
      `It has fallen silent: none of the latest predictions is its own, ${recent.champion} are the champion's.`,
    );
  return null;
}

/**
 * More of the canary's predictions went wrong in this way than of the champion's: by half the margin as it was seen, and credibly by a quarter of it. Were the whole margin to be credible, a version that is worse by exactly that
 * would be found late, or never; were any difference enough, two failures of a few hundred would be.
 */
function isWorse(
  [champion, canary]: readonly [number, number],
  trial: CanaryTrial,
  { errorMargin, certainty, minPredictions }: Rules,
): boolean {
  const [before, now] = [trial.champion.evidence.predictions, trial.canary.evidence.predictions];
  if (Math.min(before, now) < minPredictions || canary / now - champion / before <= errorMargin / 2)
    return false;
  const { lower } = credibleInterval(
    { successes: champion, trials: before },
    { successes: canary, trials: now },
    { level: 2 * certainty - 1 },
  );
  return lower > errorMargin / 4;
}

function failures(trial: CanaryTrial, rules: Rules): CanaryVerdict | null {
  const [before, now] = [trial.champion.evidence, trial.canary.evidence];
  // A model that gives no number where the other gives one is broken, however rarely.
  const nans = [before.notFinite, now.notFinite] as const;
  if (now.notFinite > 0 && (before.notFinite === 0 || isWorse(nans, trial, rules)))
    return verdictOf(
      "rollback",
      "not-finite",
      `${now.notFinite} of its ${now.predictions} scores are no numbers in [0, 1]; of the champion's ${before.notFinite}.`,
    );
  if (isWorse([before.errors, now.errors], trial, rules))
    return verdictOf(
      "rollback",
      "errors",
      `${percent(now.errors / now.predictions)} of its predictions failed, of the champion's ${percent(before.errors / before.predictions)}.`,
    );
  return null;
}

/**
 * Too slow where more than 1 % of its calls take longer than the bound: what "its 99th percentile is above it" means, with how sure that is. The champion's own percentile
 * is taken as it is, from at least as many calls as are needed to have one.
 */
function slowness({ champion, canary }: CanaryTrial, rules: Rules): CanaryVerdict | null {
  const before = latencyQuantile(champion.evidence, 0.99);
  const now = latencyQuantile(canary.evidence, 0.99);
  if (before === null || now === null) return null;
  const bound = Math.max(before * rules.latencyFactor, rules.latencyFloorMs);
  const { slow, calls } = slowerThan(canary.evidence, bound);
  const needed = Math.max(100, rules.minPredictions);
  if (Math.min(calls, slowerThan(champion.evidence, 0).calls) < needed || slow / calls <= 0.01) return null;
  // P(rate > 1 %) under a uniform prior.
  const isSure = betaCdf(0.01, 1 + slow, 1 + calls - slow).sf >= rules.certainty;
  if (!isSure) return null;
  return verdictOf(
    "rollback",
    "slow",
    `Its 99th percentile is ${now.toFixed(3)} ms, the champion's ${before.toFixed(3)} ms; ${percent(slow / calls)} of its calls take longer than ${bound.toFixed(3)} ms.`,
  );
}

const enough = (reward: Counts | null, { minUnits }: Rules): reward is Counts =>
  reward !== null && reward.trials >= minUnits;

function rewards({ champion, canary }: CanaryTrial, rules: Rules): CanaryVerdict | null {
  if (!enough(champion.reward, rules) || !enough(canary.reward, rules)) return null;
  if (probabilityToBeat(champion.reward, canary.reward).control < rules.rewardCertainty) return null;
  return verdictOf(
    "rollback",
    "reward-worse",
    `${percent(rateOf(canary.reward))} of its visitors came to the metric, of the champion's ${percent(rateOf(champion.reward))}.`,
  );
}

function promotion({ champion, canary, ageMs }: CanaryTrial, rules: Rules): CanaryVerdict {
  const { predictions } = canary.evidence;
  if (Math.min(predictions, champion.evidence.predictions) < rules.minPredictions)
    return verdictOf("wait", "early", `It has made ${predictions} predictions; too few to say anything.`);
  if (ageMs < rules.holdMs || predictions < rules.holdPredictions)
    return verdictOf("wait", "holding", "Nothing speaks against it; it is not promoted before its time.");
  const judged = canary.reward !== null || champion.reward !== null;
  if (!judged)
    return verdictOf("promote", "proved", "It is as healthy as the champion, for as long as was asked.");
  if (!enough(champion.reward, rules) || !enough(canary.reward, rules))
    return verdictOf("wait", "reward-open", "Too few visitors to compare what they came to.");
  const { treatment: loss } = expectedLoss(champion.reward, canary.reward);
  if (loss <= rules.caring * Math.max(rateOf(champion.reward), 1 / champion.reward.trials))
    return verdictOf("promote", "proved", "It is as healthy as the champion, and its visitors do no worse.");
  return verdictOf("wait", "reward-open", "Whether its visitors do worse is not settled yet.");
}

/**
 * What is to be done about a version on trial. Pure. It is taken back for scores that are no numbers, for more errors (one percentage point), a slower 99th percentile (1.5 times),
 * a credibly lower reward, and for silence; it is promoted once it has held for as long as was asked and choosing it costs next to nothing on average. Rates are compared by their
 * exact beta posteriors under uniform priors (`@attune/core/stats`), so that few predictions decide nothing by chance.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT` for counts that cannot be.
 */
export function judgeCanary(trial: CanaryTrial, given: CanaryRules = {}): CanaryVerdict {
  const rules: Rules = { ...CANARY_DEFAULTS, ...given };
  const bad = failures(trial, rules) ?? silence(trial) ?? slowness(trial, rules) ?? rewards(trial, rules);
  if (bad !== null) return bad;
  const found = promotion(trial, rules);
  if (found.verdict === "wait" && trial.ageMs >= rules.maxMs)
    return verdictOf(
      "rollback",
      "too-long",
      `There is no decision after ${Math.round(trial.ageMs / 3_600_000)} hours.`,
    );
  return found;
}
