import { own } from "../targeting/path.js";
import { type BucketRange, bucketRanges, chooseVariant, clampShare, effectiveWeights } from "./bucket.js";
import { contextualShares } from "./contextual.js";
import type { Extra, Outcome, SlotDecider } from "./decide.js";
import { drawOf } from "./draw.js";
import { type Standing, standingOf } from "./sticky.js";
import type {
  Assignment,
  AssignmentPolicy,
  ContextualPolicy,
  Decision,
  DecisionVisitor,
  SplitPolicy,
} from "./types.js";
import { armsOf } from "./variants-of.js";

/** A policy that assigns by chance, ready to. */
export interface Assigner {
  /** What an earlier assignment comes to; null where there is none, or the experiment is not sticky. */
  standing(visitor: DecisionVisitor): Standing | null;
  /** The decision that an earlier assignment still gives. */
  keep(variant: string): Decision;
  /** Assigns, or says why it does not. */
  draw: SlotDecider;
}

/** What an earlier assignment of a policy's experiment comes to; null where there is none, or the experiment is not sticky. */
export function standingIn(
  { sticky, experiment }: AssignmentPolicy,
  { assignments }: DecisionVisitor,
  isVariant: (variant: string) => boolean,
): { found: Standing; assignment: Assignment } | { found: null; assignment: null } {
  const assignment = sticky ? (own(assignments, experiment) as Assignment | null) : null;
  return sticky && assignment
    ? { found: standingOf(sticky, assignment, isVariant), assignment }
    : { found: null, assignment: null };
}

interface Arms {
  names: readonly string[];
  ranges: readonly BucketRange[];
  /** The effective share of each. */
  shares: readonly number[];
}

/** The parts of the hash that belong to each variant: as given, or by weight in their order. */
function fixedArms(policy: Exclude<AssignmentPolicy, ContextualPolicy>): Arms {
  const names = Object.keys(armsOf(policy));
  if (policy.type === "split" && policy.ranges) {
    const given = policy.ranges;
    const ranges = names.map((name): BucketRange => (own(given, name) as BucketRange | null) ?? [0, 0]);
    return { names, ranges, shares: ranges.map(([start, end]) => Math.max(0, end - start)) };
  }
  const { coverage = 1 } = policy;
  const weights = effectiveWeights(Object.values(armsOf(policy)) as number[]);
  return {
    names,
    ranges: bucketRanges(weights, coverage),
    shares: weights.map((weight) => clampShare(coverage) * weight),
  };
}

const hasRanges = (policy: AssignmentPolicy): policy is SplitPolicy =>
  policy.type === "split" && policy.ranges !== undefined;

/** The share of visitors whom a policy covers, in [0, 1]: what its ranges take up, else its coverage. */
export function coveredShare(policy: AssignmentPolicy): number {
  if (!hasRanges(policy)) return clampShare(policy.coverage ?? 1);
  return fixedArms(policy).shares.reduce((sum, share) => sum + share, 0);
}

/** Variant → its share among those whom a policy covers; null where shares are made for each visitor (`contextual`). */
export function coveredShares(policy: AssignmentPolicy): Readonly<Record<string, number | null>> {
  const covered = coveredShare(policy);
  // Ranges that cover nobody say no shares; weights say those of before, as they do at a coverage of 0.
  if (!hasRanges(policy) || covered === 0) return armsOf(policy);
  const { names, shares } = fixedArms(policy);
  return Object.fromEntries(names.map((name, i) => [name, (shares[i] as number) / covered]));
}

/** Who falls at n of the hash gets this; null: nobody's part. */
type Choose = (n: number, visitor: DecisionVisitor) => Decision | null;
type Assign = (variant: string, propensity: number) => Decision;

/** Chooses among arms of fixed ranges: every decision is made here, once. */
function chooseFixed(policy: Exclude<AssignmentPolicy, ContextualPolicy>, assign: Assign): Choose {
  const { names, ranges, shares } = fixedArms(policy);
  const assigned = names.map((variant, i) => assign(variant, shares[i] as number));
  return (n) => assigned[chooseVariant(n, ranges)] ?? null;
}

/** Chooses by the visitor's own shares, which are the propensities. */
function chooseByContext(policy: ContextualPolicy, assign: Assign): Choose {
  const { arms, coverage = 1 } = policy;
  const names = Object.keys(arms);
  const sharesOf = contextualShares(policy);
  return (n, { attributes }) => {
    const shares = sharesOf(attributes);
    const index = chooseVariant(n, bucketRanges(shares, coverage));
    return index < 0
      ? null
      : assign(names[index] as string, clampShare(coverage) * (shares[index] as number));
  };
}

/**
 * Compiles a policy that assigns by chance.
 *
 * @throws Error of any kind where it cannot be decided by
 */
export function compileAssignment(policy: AssignmentPolicy, outcome: Outcome): Assigner {
  const { type, experiment, sticky } = policy;
  const how: Extra = { experiment, ...(sticky && { bucketVersion: sticky.bucketVersion ?? 0 }) };
  const assign: Assign = (variant, propensity) => outcome(type, { ...how, variant, propensity });
  const kept = new Map(
    Object.keys(armsOf(policy)).map((variant) => [variant, outcome(type, { ...how, variant, kept: true })]),
  );
  const fall = drawOf(policy, experiment);
  const nobody = outcome("no-identity");
  const notCovered = outcome("not-covered");
  const choose = policy.type === "contextual" ? chooseByContext(policy, assign) : chooseFixed(policy, assign);
  return {
    standing: (visitor) => standingIn(policy, visitor, (variant) => kept.has(variant)).found,
    keep: (variant) => kept.get(variant) as Decision,
    draw(visitor) {
      const n = fall(visitor);
      return n < 0 ? nobody : (choose(n, visitor) ?? notCovered);
    },
  };
}
