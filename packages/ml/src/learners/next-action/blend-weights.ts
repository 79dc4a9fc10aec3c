import type { Followers } from "./followers.js";

const SIZES = 12;
const BUCKETS = SIZES * 2;
const MOST_LOGIT = 6;

/** Contexts of about the same weight of evidence share a logit: by the size of what they saw, and whether it was ever the same action. */
const bucketOf = (sightings: number, different: number): number =>
  Math.max(0, Math.min(SIZES - 1, Math.floor(Math.log2(sightings)))) * 2 + (different === 1 ? 1 : 0);

export interface BlendState {
  readonly logits: number[];
  readonly visits: number[];
  readonly shares: number[];
  readonly spoke: number[];
}

/** The start: longer runs of last actions weigh more, as in every back-off; what follows corrects it. */
export function newBlend(specificity: readonly number[]): BlendState {
  return {
    logits: specificity.flatMap((value) => new Array<number>(BUCKETS).fill(value)),
    visits: new Array<number>(specificity.length * BUCKETS).fill(0),
    shares: new Array<number>(specificity.length).fill(0),
    spoke: new Array<number>(specificity.length).fill(0),
  };
}

/**
 * Shares of the kinds that have something to say, as a softmax over their buckets' logits, and last the share of a uniform guess. `places` receives each kind's place among the
 * logits, −1 where it is silent.
 *
 * @param scale What one sighting of today counts.
 */
export function blendShares(
  blend: BlendState,
  contexts: readonly (Followers | null)[],
  scale: number,
): { shares: Float64Array; places: Int32Array } {
  const shares = new Float64Array(contexts.length + 1);
  const places = new Int32Array(contexts.length).fill(-1);
  const uniform = 0.01;
  let total = uniform;
  contexts.forEach((context, kind) => {
    if (context === null || context.actions.length === 0) return;
    const place = kind * BUCKETS + bucketOf(context.total / scale, context.actions.length);
    const weight = Math.exp(blend.logits[place] as number);
    places[kind] = place;
    shares[kind] = weight;
    total += weight;
  });
  shares[contexts.length] = uniform;
  for (let i = 0; i < shares.length; i++) shares[i] = (shares[i] as number) / total;
  return { shares, places };
}

/**
 * One step of gradient ascent on the logarithm of the probability that the blend gave to what came, before anything is learned from it. O(contexts).
 *
 * @param given What each kind alone gave to it; `mixed` what the blend did.
 */
export function learnBlend(
  blend: BlendState,
  { shares, places }: { shares: Float64Array; places: Int32Array },
  { given, mixed }: { given: Float64Array; mixed: number },
): void {
  places.forEach((place, kind) => {
    if (place < 0) return;
    const share = shares[kind] as number;
    const visits = ((blend.visits[place] as number) + 1) as number;
    blend.visits[place] = visits;
    blend.shares[kind] = (blend.shares[kind] as number) + share;
    blend.spoke[kind] = (blend.spoke[kind] as number) + 1;
    const rate = 0.02 + 2 / (10 + visits);
    const step = rate * share * ((given[kind] as number) / mixed - 1);
    const logit = (blend.logits[place] as number) + Math.max(-1, Math.min(1, step));
    blend.logits[place] = Math.max(-MOST_LOGIT, Math.min(MOST_LOGIT, logit));
  });
}
