import { pointer } from "../kernel/result.js";
import { checkShape, isShare, NAME, OBJECT, SHARE, suggestion } from "./report.js";
import type { Kind, Report, Shape } from "./report.js";
import { checkRange, DRAW, type KnownNames } from "./validate-gates.js";

/** What policies of one slot may refer to. */
export interface Known {
  variants: readonly string[];
  names: KnownNames;
}

export type CheckPolicy = (report: Report, path: string, [policy, known]: [unknown, Known]) => void;

const VERSION: Kind = [
  "a whole number from 0",
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
];
const STICKY: Shape = {
  bucketVersion: VERSION,
  minBucketVersion: VERSION,
  onConflict: [
    "keep-first, keep-known or exclude",
    (value) => ["keep-first", "keep-known", "exclude"].includes(value as string),
  ],
};
/** What all policies that assign have. */
export const ASSIGNING: Shape = {
  "type!": NAME,
  "experiment!": NAME,
  coverage: SHARE,
  ...DRAW,
  sticky: OBJECT,
};
const SPLIT: Shape = { ...ASSIGNING, "weights!": OBJECT, ranges: OBJECT };
const BANDIT: Shape = { ...ASSIGNING, "shares!": OBJECT };

export function checkVariant(
  report: Report,
  path: string,
  [name, known]: [unknown, readonly string[]],
): void {
  if (typeof name === "string" && !known.includes(name)) {
    report.add(path, "UNKNOWN_VARIANT", `This slot has no such variant.${suggestion(name, known)}`);
  }
}

/** Checks what all policies that assign have; returns the fields that are right. */
export function checkAssigning(
  report: Report,
  path: string,
  [policy, shape]: [unknown, Shape],
): Record<string, unknown> | null {
  const fields = checkShape(report, path, [policy, shape]);
  const at = pointer(path, "sticky");
  const sticky = fields?.["sticky"] && checkShape(report, at, [fields["sticky"], STICKY]);
  if (!sticky) return fields;
  const { bucketVersion = 0, minBucketVersion = 0 } = sticky as Record<string, number>;
  if (minBucketVersion > bucketVersion)
    report.add(
      pointer(at, "minBucketVersion"),
      "INVALID_VERSION",
      "Nobody could be assigned and stay: this is above bucketVersion. Raise that too.",
    );
  return fields;
}

/** Checks weights by variant: numbers that sum to 1. */
function checkWeights(
  report: Report,
  at: string,
  [weights, known, cure]: [Record<string, unknown>, readonly string[], string],
): void {
  let sum = 0;
  let numbers = true;
  for (const [variant, weight] of Object.entries(weights)) {
    checkVariant(report, pointer(at, variant), [variant, known]);
    if (isShare(weight)) sum += weight;
    else {
      numbers = false;
      report.add(pointer(at, variant), "INVALID_WEIGHT", `A weight is ${SHARE[0]}.`);
    }
  }
  if (numbers && !(Math.abs(sum - 1) <= 1e-6)) report.add(at, "WEIGHTS_SUM", cure);
}

/** Checks parts of the hash that are given by variant: no two of them may share anything. */
function checkRanges(
  report: Report,
  at: string,
  [ranges, variants]: [Record<string, unknown>, readonly string[]],
): void {
  const taken: { variant: string; range: readonly [number, number] }[] = [];
  for (const [variant, range] of Object.entries(ranges)) {
    const own = pointer(at, variant);
    checkVariant(report, own, [variant, variants]);
    if (!checkRange(report, own, range)) continue;
    const [start, end] = range;
    const other = taken.find(({ range: [from, to] }) => Math.max(from, start) < Math.min(to, end));
    if (other)
      report.add(
        own,
        "OVERLAPPING_RANGES",
        `This has a part in common with the range of ${other.variant}. A visitor can get one variant only.`,
      );
    taken.push({ variant, range });
  }
}

export const checkSplit: CheckPolicy = (report, path, [policy, known]) => {
  const fields = checkAssigning(report, path, [policy, SPLIT]);
  const { weights, ranges } = (fields ?? {}) as Partial<Record<string, Record<string, unknown>>>;
  if (!weights) return;
  checkWeights(report, pointer(path, "weights"), [
    weights,
    known.variants,
    "The weights must sum to 1. To let fewer take part, set coverage; for no part of a variant, weight 0.",
  ]);
  if (!ranges) return;
  checkRanges(report, pointer(path, "ranges"), [ranges, Object.keys(weights)]);
  if (fields?.["coverage"] !== undefined)
    report.add(
      pointer(path, "coverage"),
      "UNUSED_COVERAGE",
      "Ranges say who takes part, so this changes nothing. Take it away, or the ranges.",
    );
};

export const checkBandit: CheckPolicy = (report, path, [policy, known]) => {
  const fields = checkAssigning(report, path, [policy, BANDIT]);
  const shares = fields?.["shares"] as Record<string, unknown> | undefined;
  if (shares)
    checkWeights(report, pointer(path, "shares"), [
      shares,
      known.variants,
      "The shares must sum to 1. To let fewer take part, set coverage.",
    ]);
};
