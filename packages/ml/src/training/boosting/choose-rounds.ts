import type { RandomSource } from "@attune/core";
import { indicesOf } from "../folds.js";
import { logLossOfLogOdds } from "../metrics/log-loss.js";
import { type Booster, type BoosterInput, type BoostingRules, createBooster } from "./booster.js";

export interface RoundsSearch {
  /** The fold of each row; rows of 255 are asked about by none. */
  readonly fold: Uint8Array;
  /** Folds that are asked: each is left out of one booster. */
  readonly folds: number;
  readonly maxRounds: number;
  /** Trees without a lower loss after which the search ends. */
  readonly patience: number;
  /** Nodes that all trees of one model may have together. */
  readonly maxNodes: number;
}

export interface RoundsFound {
  readonly rounds: number;
  /** Weighted mean log-loss of the rows left out, before the first tree and after each. */
  readonly losses: Float64Array;
  /** Log-odds of each row by the booster that never saw it, after `rounds` trees; NaN for a row that no fold asks about. */
  readonly outOfFold: Float64Array;
}

/**
 * How many trees to grow: boosters that each leave out one fold go side by side, until the loss over all that was left out has not fallen for a while.
 */
export function chooseRounds(
  input: BoosterInput,
  rules: BoostingRules,
  by: RoundsSearch & { random: RandomSource },
): RoundsFound {
  const { labels, weights } = input;
  const all = indicesOf(labels.length);
  const boosters = Array.from({ length: by.folds }, (_, fold) =>
    createBooster({ ...input, rows: all.filter((row) => by.fold[row] !== fold) }, rules, by.random),
  );
  const asked = all.filter((row) => (by.fold[row] as number) < by.folds);
  const scores = new Float64Array(labels.length).fill(Number.NaN);
  const loss = (): number => {
    for (const row of asked)
      scores[row] = (boosters[by.fold[row] as number] as Booster).scores[row] as number;
    return logLossOfLogOdds(scores, labels, { rows: asked, weights });
  };
  const losses = [loss()];
  let rounds = 0;
  let outOfFold = scores.slice();
  const grown = (): number => boosters.reduce((sum, { trees }) => sum + trees.length, 0);
  for (let round = 1; round <= by.maxRounds && round <= rounds + by.patience; round++) {
    const before = grown();
    for (const booster of boosters) booster.step(by.maxNodes);
    // All are as large as they may be, or nothing is left to split.
    if (grown() === before) break;
    losses.push(loss());
    if ((losses[round] as number) < (losses[rounds] as number)) {
      rounds = round;
      outOfFold = scores.slice();
    }
  }
  return { rounds, losses: Float64Array.from(losses), outOfFold };
}
