import { requireInput, requireNumber } from "../require-input.js";
import type { Followers } from "./followers.js";
import type { Action } from "./types.js";

/**
 * Shares of the contexts in a blend by Witten and Bell's (1991) method C, and last the share of a uniform guess: each context, from the least specific on, takes
 * N ÷ (N + T) of what is left to it, N being its sightings and T the different actions seen. Contexts that were never seen are skipped.
 *
 * @param scale What one sighting of today counts.
 */
export function wittenBellShares(contexts: readonly (Followers | null)[], scale: number): Float64Array {
  const shares = new Float64Array(contexts.length + 1);
  shares[contexts.length] = 1;
  contexts.forEach((context, at) => {
    if (context === null || context.actions.length === 0) return;
    const sightings = context.total / scale;
    const own = sightings / (sightings + context.actions.length);
    for (let i = 0; i < shares.length; i++) shares[i] = (shares[i] as number) * (1 - own);
    shares[at] = own;
  });
  return shares;
}

/** Probabilities of what comes next after one action. */
export interface Transitions {
  /** Every action of the sequences, by name. */
  readonly alphabet: readonly Action[];
  /** One per action of the alphabet; null where nothing ever came after `from` and `smoothing` is 0. */
  readonly probabilities: readonly number[] | null;
}

/**
 * First-order transition probabilities (count + smoothing) ÷ (total + smoothing · actions) from one action: the plain baseline beside `nextAction`. O(total length).
 *
 * @param smoothing Added to every count (Laplace, Lidstone); 0 or more.
 * @throws AttuneError `ATTUNE_ML_INPUT`
 */
export function markovTransitions(
  sequences: readonly (readonly Action[])[],
  from: Action,
  { smoothing = 0 }: { readonly smoothing?: number } = {},
): Transitions {
  requireNumber(smoothing, 0, "/options/smoothing");
  const alphabet = [...new Set(sequences.flat())].sort();
  requireInput(alphabet.length > 0, "/sequences", "Give at least one sequence with an action.");
  const counts = new Map<Action, number>();
  let total = 0;
  for (const sequence of sequences) {
    for (let i = 1; i < sequence.length; i++) {
      if (sequence[i - 1] !== from) continue;
      const next = sequence[i] as Action;
      counts.set(next, (counts.get(next) ?? 0) + 1);
      total++;
    }
  }
  const whole = total + smoothing * alphabet.length;
  return {
    alphabet,
    probabilities:
      whole === 0 ? null : alphabet.map((action) => ((counts.get(action) ?? 0) + smoothing) / whole),
  };
}
