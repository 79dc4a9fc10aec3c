import type { BetaShape } from "../stats/index.js";
import { type ArmBatch, newArms, requireInput, updateArms } from "./arms.js";
import { bernoulliDivergence } from "./bounds.js";

/** What was seen of an arm over some updates that follow on each other. */
export interface WatchedBlock {
  /** The update it begins with, counted from 0. */
  readonly since: number;
  readonly successes: number;
  readonly trials: number;
}

/** A change of one arm's rate. */
export interface ArmChange {
  readonly arm: number;
  /** The update that the new rate most likely began with, and the one at which it was told from the old one. */
  readonly since: number;
  readonly foundAt: number;
  readonly before: number;
  readonly after: number;
}

/** Arms with what is needed to see that they change: plain data, at most 64 blocks an arm. */
export interface WatchedArms {
  /** How many updates there were. */
  readonly updates: number;
  /** By arm: what still counts, the oldest first. */
  readonly blocks: readonly (readonly WatchedBlock[])[];
  /** The oldest first. */
  readonly changes: readonly ArmChange[];
}

export interface ChangeTriggeredOptions {
  /**
   * The chance with which an arm that never changes is ever taken to have changed, (0, 1): holds over all updates together. Smaller ones wait longer: each tenth of it costs 2.3 nats of evidence. Default 0.01.
   */
  readonly falseAlarm?: number;
  /** What a change of one arm forgets: what is older of all of them, since what moved one may have moved the others unseen (default), or of that one only. */
  readonly forget?: "all" | "arm";
}

/** More and each update would take longer; fewer and it would be less clear when a change began. */
const MOST_BLOCKS = 64;

/** Arms of which nothing was seen yet. */
export const watchArms = (count: number): WatchedArms => ({
  updates: 0,
  blocks: Array.from({ length: count }, () => []),
  changes: [],
});

/**
 * What counts after one update more. Where an arm's own outcomes say that its rate has changed, by a generalised likelihood ratio over all moments at which it may have (Maillard 2019; Besson, Kaufmann,
 * Maillard and Seznec 2022), what is older than the change is forgotten; while none does, nothing is, so that a world that stands still costs nothing.
 *
 * An arm that is never played is never seen to change: the floor of the shares is what finds that one has become the best. An update that splits a change in two blurs it, so updates should be small beside
 * what is to be found. O(arms × blocks).
 *
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export function changeTriggered(
  watched: WatchedArms,
  batches: readonly ArmBatch[],
  { falseAlarm = 0.01, forget = "all" }: ChangeTriggeredOptions = {},
): WatchedArms {
  requireInput(falseAlarm > 0 && falseAlarm < 1, "/falseAlarm", "Give a chance between 0 and 1.");
  const foundAt = watched.updates;
  const blocks = watched.blocks.map((list) => [...list]);
  // Refuses what cannot be, and sums up what is told of an arm twice.
  const sums = updateArms(newArms(blocks.length), batches);
  const changes: ArmChange[] = [];
  for (const [arm, { alpha, beta }] of sums.entries()) {
    const [successes, trials] = [alpha - 1, alpha + beta - 2];
    const own = blocks[arm] as WatchedBlock[];
    if (trials === 0) continue;
    own.push({ since: foundAt, successes, trials });
    if (own.length > MOST_BLOCKS) joinOlder(own);
    const change = changeOf(own, falseAlarm);
    if (change !== null) changes.push({ arm, foundAt, ...change });
  }
  for (const { arm, since } of changes)
    for (const [other, list] of blocks.entries())
      if (forget === "all" || other === arm) blocks[other] = list.filter((block) => block.since >= since);
  return { updates: foundAt + 1, blocks, changes: [...watched.changes, ...changes] };
}

/** What is known of watched arms. */
export const watchedShapes = ({ blocks }: WatchedArms, prior?: BetaShape): BetaShape[] =>
  updateArms(
    newArms(blocks.length, prior),
    blocks.flatMap((list, arm) => list.map(({ successes, trials }) => ({ arm, successes, trials }))),
  );

/** Two and two of the older half, so that what is recent keeps its moments. */
function joinOlder(blocks: WatchedBlock[]): void {
  const older = blocks.splice(0, MOST_BLOCKS / 2);
  for (let i = older.length - 2; i >= 0; i -= 2) {
    const [first, second] = [older[i] as WatchedBlock, older[i + 1] as WatchedBlock];
    blocks.unshift({
      since: first.since,
      successes: first.successes + second.successes,
      trials: first.trials + second.trials,
    });
  }
}

/** The likeliest moment of a change, where the evidence is beyond what chance comes to. */
function changeOf(
  blocks: readonly WatchedBlock[],
  falseAlarm: number,
): Pick<ArmChange, "since" | "before" | "after"> | null {
  let [successes, trials] = [0, 0];
  for (const block of blocks) {
    successes += block.successes;
    trials += block.trials;
  }
  const whole = successes / trials;
  let [most, found]: [number, Pick<ArmChange, "since" | "before" | "after"> | null] = [0, null];
  let [earlierSuccesses, earlier] = [0, 0];
  for (const [i, { since, ...block }] of blocks.entries()) {
    if (i > 0) {
      const later = trials - earlier;
      const before = earlierSuccesses / earlier;
      // Sums of differences can end a hair beyond what a rate can be.
      const after = Math.min(1, Math.max(0, (successes - earlierSuccesses) / later));
      const ratio = earlier * bernoulliDivergence(before, whole) + later * bernoulliDivergence(after, whole);
      if (ratio > most) [most, found] = [ratio, { since, before, after }];
    }
    earlierSuccesses += block.successes;
    earlier += block.trials;
  }
  return most > threshold(trials, falseAlarm) ? found : null;
}

/** In nats. A union bound over all pairs of moments; that of Besson et al., whose factor for small counts is left out as they do in practice. */
const threshold = (trials: number, falseAlarm: number): number =>
  Math.log((3 * trials * Math.sqrt(trials)) / falseAlarm);
