import { isObject } from "../kernel/json.js";
import { pointer } from "../kernel/result.js";
import type { Report } from "./report.js";

/** A policy that assigns, and where it stands. */
interface Placed {
  path: string;
  policy: Record<string, unknown>;
}

/** The policies of a document's slots and rules that name an experiment, right or wrong. */
function assigningIn(slots: Readonly<Record<string, unknown>>): Placed[] {
  return Object.entries(slots).flatMap(([name, slot]) => {
    const at = `${pointer("/slots", name)}/policy`;
    const policy = isObject(slot) ? slot["policy"] : undefined;
    if (!isObject(policy)) return [];
    const rules = Array.isArray(policy["rules"]) ? policy["rules"] : [];
    const placed = [
      { path: at, policy },
      ...rules.flatMap((rule, index) =>
        isObject(rule) && isObject(rule["policy"])
          ? [{ path: `${at}/rules/${index}/policy`, policy: rule["policy"] }]
          : [],
      ),
    ];
    return placed.filter((one) => typeof one.policy["experiment"] === "string");
  });
}

/** Slots and rules may share an experiment, so that a visitor gets the same arm in each; then their arms must be the same. */
export function checkSharedExperiments(report: Report, slots: Readonly<Record<string, unknown>>): void {
  const arms = new Map<unknown, string>();
  for (const { path, policy } of assigningIn(slots)) {
    const { experiment, coverage = 1, seed = experiment, hashVersion = 2, ...rest } = policy;
    const { type, weights, shares, factors, generators, arms: beliefs, context, floor, ...draw } = rest;
    // Not canonical: the order of the weights is the order of the arms.
    const own = JSON.stringify([
      ...[type, weights, shares, factors, generators, beliefs, context, floor],
      ...[coverage, seed, hashVersion, draw["hashAttribute"], draw["fallbackAttribute"]],
      ...[draw["ranges"], draw["sticky"]],
    ]);
    if ((arms.get(experiment) ?? own) !== own) {
      report.add(
        `${path}/experiment`,
        "EXPERIMENT_DIFFERS",
        "Another slot or rule has an experiment of this name with other weights, coverage or seed. Make them equal or rename one.",
      );
    }
    arms.set(experiment, own);
  }
}
