import { isObject } from "../../kernel/json.js";
import type { Feature } from "./types.js";

const listOf = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

/** Whether a feature that asks for another is asked for by it, over any number of others. */
export function circles(
  features: Readonly<Record<string, Feature>>,
): (feature: string, parent: string) => boolean {
  const asked = new Map(
    Object.entries(features).map(([name, { rules }]) => [
      name,
      listOf(rules).flatMap((rule) => listOf(rule["parentConditions"]).map(({ id }) => id)),
    ]),
  );
  const reached = new Map<string, Set<unknown>>();
  const from = (name: string): Set<unknown> => {
    const known = reached.get(name);
    if (known) return known;
    const seen = new Set<unknown>();
    const waiting: unknown[] = [name];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      waiting.push(...(asked.get(next as string) ?? []));
    }
    reached.set(name, seen);
    return seen;
  };
  return (feature, parent) => from(parent).has(feature);
}
