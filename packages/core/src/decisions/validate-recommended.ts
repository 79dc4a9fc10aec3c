import { pointer } from "../kernel/result.js";
import { checkNames, checkShape, isShare, LIST, NAME, OBJECT, SHARE } from "./report.js";
import type { Report, Shape } from "./report.js";
import { type CheckPolicy, checkVariant } from "./validate-assignment.js";

/** All of it is part of every page's ruleset. */
const MAX_ARMS = 100;
const MAX_PAIRS = 50;
const MAX_PATHS = 8;
const MAX_LIMIT = 20;

const RECOMMENDED: Shape = {
  "type!": NAME,
  "history!": LIST,
  "arms!": OBJECT,
  limit: [
    `a whole number from 1 to ${MAX_LIMIT}`,
    (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_LIMIT,
  ],
  keepSeen: ["true or false", (value) => typeof value === "boolean"],
};
const ARM: Shape = { "popularity!": SHARE, with: OBJECT };

function checkArm(report: Report, path: string, arm: unknown): void {
  const fields = checkShape(report, path, [arm, ARM]);
  const pairs = fields?.["with"] as Record<string, unknown> | undefined;
  if (!pairs) return;
  const at = pointer(path, "with");
  const names = checkNames(report, at, pairs);
  if (names.length > MAX_PAIRS)
    report.add(
      at,
      "TOO_MANY_ITEMS",
      `A variant names ${MAX_PAIRS} items that it goes with. Keep the strongest.`,
    );
  for (const name of names)
    if (!isShare(pairs[name]))
      report.add(pointer(at, name), "INVALID_WEIGHT", `How well it goes with an item is ${SHARE[0]}.`);
}

export const checkRecommended: CheckPolicy = (report, path, [policy, known]) => {
  const { history, arms } = (checkShape(report, path, [policy, RECOMMENDED]) ?? {}) as {
    history?: unknown[];
    arms?: Record<string, unknown>;
  };
  if (history && (history.length === 0 || history.length > MAX_PATHS))
    report.add(
      pointer(path, "history"),
      "INVALID_LIST",
      `Name 1 to ${MAX_PATHS} attributes that tell what was looked at.`,
    );
  for (const [index, name] of (history ?? []).slice(0, MAX_PATHS).entries())
    if (!NAME[1](name))
      report.add(pointer(pointer(path, "history"), index), "INVALID_TYPE", `This must be ${NAME[0]}.`);
  if (!arms) return;
  const at = pointer(path, "arms");
  const names = checkNames(report, at, arms);
  if (names.length === 0 || names.length > MAX_ARMS)
    report.add(at, "NO_VARIANT", `Give 1 to ${MAX_ARMS} arms, each one of the slot's variants.`);
  for (const name of names.slice(0, MAX_ARMS)) {
    checkVariant(report, pointer(at, name), [name, known.variants]);
    checkArm(report, pointer(at, name), arms[name]);
  }
};
