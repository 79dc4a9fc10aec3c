import { pointer } from "../kernel/result.js";
import { checkShape, LIST, NAME, OBJECT } from "./report.js";
import type { Kind, Report, Shape } from "./report.js";
import { ASSIGNING, checkAssigning, type CheckPolicy, checkVariant } from "./validate-assignment.js";

const NUMBER: Kind = ["a finite number", Number.isFinite];
const CONTEXTUAL: Shape = { ...ASSIGNING, "context!": LIST, "arms!": OBJECT, floor: NUMBER };
const FEATURE: Shape = {
  "attribute!": NAME,
  centre: NUMBER,
  scale: ["a number above 0", (value) => Number.isFinite(value) && (value as number) > 0],
};
const ARM: Shape = { "mean!": LIST, "covariance!": LIST };
/** More would be a model, which is a score of its own. */
const MAX_FEATURES = 32;

/** Whether a symmetric matrix, given by its lower triangle, has no negative direction: what Cholesky's steps leave is never below 0, but for rounding. */
function isPositiveSemidefinite(triangle: readonly number[], size: number): boolean {
  const at = (i: number, j: number): number => triangle[(i * (i + 1)) / 2 + j] as number;
  const slack = 1e-9 * Math.max(...Array.from({ length: size }, (_, i) => Math.abs(at(i, i))));
  const lower: number[][] = [];
  for (let i = 0; i < size; i++) {
    const row: number[] = [];
    for (let j = 0; j <= i; j++) {
      const other = lower[j] ?? row;
      let left = at(i, j);
      for (let k = 0; k < j; k++) left -= (row[k] as number) * (other[k] as number);
      const pivot = other[j] as number;
      if (i === j) {
        if (left < -slack) return false;
        row.push(left > slack ? Math.sqrt(left) : 0);
      } else if (pivot > 0) row.push(left / pivot);
      // Without variance of its own a weight varies with nothing.
      else if (left * left > slack * Math.max(slack, at(i, i))) return false;
      else row.push(0);
    }
    lower.push(row);
  }
  return true;
}

function checkArm(report: Report, path: string, [arm, size]: [unknown, number]): void {
  const fields = checkShape(report, path, [arm, ARM]);
  if (!fields) return;
  const finite = (field: string, length: number): number[] | null => {
    const list = fields[field] as unknown[] | undefined;
    if (!list) return null;
    if (list.length === length && list.every(Number.isFinite)) return list as number[];
    report.add(
      pointer(path, field),
      "INVALID_MATRIX",
      `This must be ${length} finite numbers: of ${size} weights, the constant's first${field === "mean" ? "" : ", the lower triangle row by row"}.`,
    );
    return null;
  };
  finite("mean", size);
  const covariance = finite("covariance", (size * (size + 1)) / 2);
  if (covariance && !isPositiveSemidefinite(covariance, size))
    report.add(
      pointer(path, "covariance"),
      "NOT_A_COVARIANCE",
      "Some sum of these weights would have a variance below 0. Write the triangle of a covariance matrix.",
    );
}

export const checkContextual: CheckPolicy = (report, path, [policy, known]) => {
  const fields = checkAssigning(report, path, [policy, CONTEXTUAL]);
  const { context, arms, floor } = (fields ?? {}) as {
    context?: unknown[];
    arms?: Record<string, unknown>;
    floor?: number;
  };
  for (const [index, feature] of (context ?? []).entries())
    checkShape(report, pointer(pointer(path, "context"), index), [feature, FEATURE]);
  if (!context || !arms) return;
  if (context.length > MAX_FEATURES)
    report.add(
      pointer(path, "context"),
      "TOO_MANY_FEATURES",
      `A context has ${MAX_FEATURES} attributes at most. Let a score stand for several.`,
    );
  const names = Object.keys(arms);
  const at = pointer(path, "arms");
  if (names.length === 0) report.add(at, "NO_VARIANT", "Give at least one arm.");
  for (const name of names) {
    checkVariant(report, pointer(at, name), [name, known.variants]);
    checkArm(report, pointer(at, name), [arms[name], context.length + 1]);
  }
  if (floor !== undefined && !(floor >= 0 && floor * names.length <= 1))
    report.add(
      pointer(path, "floor"),
      "INVALID_FLOOR",
      "The floor is from 0 to 1 divided by the number of arms: all of them must find room.",
    );
};
