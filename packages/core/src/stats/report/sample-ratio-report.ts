import { chiSquaredSf } from "../special/chi-squared.js";
import { sampleRatioMismatch, sequentialSampleRatio } from "../sample-ratio.js";
import { isCount } from "../check.js";
import { ownOf } from "./own.js";
import type { ExperimentInput, Stage } from "./input.js";
import type { Arms } from "./read-arms.js";
import type { Loss, LossCause, RatioState, RatioTest, SampleRatioReport, StageReport } from "./report.js";

/** An alarm about the experiment, not a finding (Kohavi, Tang and Xu 2020, chapter 21); and what is worth a look before it is one. */
const ALARM = 0.001;
const SUSPICIOUS = 0.01;

const LOSS: Readonly<Record<Stage, Loss>> = {
  assigned: "assignment",
  rendered: "render",
  delivered: "delivery",
};

/** What usually is behind it (Fabijan et al. 2019, "Diagnosing sample ratio mismatch in online controlled experiments"), the likeliest first. */
const CAUSES: Readonly<Record<Loss, readonly LossCause[]>> = {
  assignment: [
    "weights-changed",
    "assigned-in-several-places",
    "targeting-reads-what-it-changes",
    "filtered-afterwards",
  ],
  render: ["variant-fails", "variant-is-slow", "redirect", "leaves-before-it-shows"],
  delivery: ["events-lost-on-leaving", "events-blocked", "bots-filtered", "filtered-afterwards"],
};

/** Units of one stage, by arm. */
interface Counted {
  readonly stage: Stage;
  readonly counts: readonly number[];
}

/**
 * Whether visitors came to each stage as they should have, and between which stages they were lost: the first stage against the shares, each later one by the visitors who did not come to it, against those who were there before.
 */
export function sampleRatioReport(
  arms: Arms,
  { looks, sharesVary = false }: Pick<ExperimentInput, "looks" | "sharesVary">,
): SampleRatioReport {
  const stages = countedStages(arms);
  const alarm = ALARM / Math.max(1, stages.length);
  const untested = { state: "untested", lostAt: null, p: null, causes: [], alarm, stages: [] } as const;
  const [first] = stages;
  if (first === undefined || arms.names.length < 2 || sharesVary) return untested;
  const test = (kind: RatioTest["kind"], p: number): RatioTest => ({ kind, p, state: stateOf(p, alarm) });
  const kind = looks && looks.length > 0 ? "sequential" : "fixed";
  const reports = stages.map(({ stage, counts }, i): StageReport => {
    const before = stages[i - 1];
    return {
      stage,
      units: byName(arms.names, counts),
      ratio: test(kind, ratioP(kind, { stage, counts }, arms, looks)),
      lost: before
        ? {
            shares: lostShares(arms.names, before.counts, counts),
            test: test(kind, lossP(kind, before.counts, counts)),
          }
        : null,
    };
  });
  const tests = reports.map(({ stage, ratio, lost }) => ({ at: LOSS[stage], ...(lost?.test ?? ratio) }));
  const worst = tests.find(({ state }) => state === "mismatch") ?? tests.find(({ state }) => state !== "ok");
  const lostAt = worst?.at ?? null;
  return {
    state: worst?.state ?? "ok",
    lostAt,
    p: (worst ?? tests.reduce((a, b) => (b.p < a.p ? b : a), tests[0] as (typeof tests)[0])).p,
    causes: lostAt ? CAUSES[lostAt] : [],
    ...{ alarm, stages: reports },
  };
}

function countedStages({ names, units }: Arms): Counted[] {
  return [...units].flatMap(([stage, counts]) => {
    const ofArms = names.map((name) => counts.get(name) ?? 0);
    return ofArms.some((count) => count > 0) ? [{ stage, counts: ofArms }] : [];
  });
}

const stateOf = (p: number, alarm: number): RatioState =>
  p < alarm ? "mismatch" : p < SUSPICIOUS ? "suspicious" : "ok";

function ratioP(
  kind: RatioTest["kind"],
  { stage, counts }: Counted,
  { names, shares }: Arms,
  looks: ExperimentInput["looks"],
): number {
  if (kind === "fixed") return sampleRatioMismatch(counts, shares).p;
  const added = (looks ?? []).map((look) =>
    names.map((name) => {
      const count = ownOf(look[stage], name) ?? 0;
      return isCount(count) ? count : 0;
    }),
  );
  return sequentialSampleRatio(added, shares).at(-1)?.p ?? 1;
}

/**
 * Whether the share that was lost is the same in all arms. At one look a chi-squared test of homogeneity. At any number of looks: the lost ones, or those who came if they are fewer, given all arms' units at the stage before, vary less
 * than a multinomial sample with these as weights does, so a test for that is on the safe side; the units so far as one look keep it valid, whenever they came.
 */
function lossP(kind: RatioTest["kind"], before: readonly number[], after: readonly number[]): number {
  const lost = before.map((count, i) => Math.max(0, count - (after[i] as number)));
  const came = before.map((count, i) => count - (lost[i] as number));
  const [lostInAll, cameInAll] = [sumOf(lost), sumOf(came)];
  if (lostInAll === 0 || cameInAll === 0) return 1;
  // Nobody can be lost where nobody was.
  const weights = before.map((count) => Math.max(count, 0));
  if (kind === "sequential")
    return sequentialSampleRatio([lostInAll < cameInAll ? lost : came], weights).at(-1)?.p ?? 1;
  const [a, b] = [sampleRatioMismatch(lost, weights), sampleRatioMismatch(came, weights)];
  return a.df > 0 ? chiSquaredSf(a.chiSquared + b.chiSquared, a.df) : 1;
}

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

const byName = (names: readonly string[], values: readonly number[]): Readonly<Record<string, number>> =>
  Object.fromEntries(names.map((name, i) => [name, values[i] as number]));

const lostShares = (names: readonly string[], before: readonly number[], after: readonly number[]) =>
  byName(
    names,
    before.map((count, i) => (count > 0 ? Math.max(0, 1 - (after[i] as number) / count) : 0)),
  );
