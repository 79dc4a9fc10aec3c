import type { DimensionDefinition, ExperimentMeasures, MetricDefinition } from "../../decisions/types.js";
import { reader } from "../../targeting/path.js";
import type { Attributes } from "../../targeting/types.js";

/** Of these metrics an experiment is looked at by groups: each is up to five counters for every group, variant and visitor. */
const MAX_METRICS = 4;

/** The group of those who are in none that the ruleset names, and of small groups. Values come from outside: what is not named makes no counter. */
export const OTHER_GROUP = "(other)";

/** The groups that a visitor of these attributes is in, by dimension. */
export function groupsBy(
  dimensions: Readonly<Record<string, DimensionDefinition>>,
): ((attributes: Attributes) => Readonly<Record<string, string>>) | null {
  const compiled = Object.entries(dimensions).map(
    ([name, { attribute, values }]) =>
      [name, reader(attribute), new Set(values.map((value) => String(value)))] as const,
  );
  if (compiled.length === 0) return null;
  return (attributes) =>
    Object.fromEntries(
      compiled.map(([name, read, values]) => {
        const value = String(read(attributes));
        return [name, values.has(value) ? value : OTHER_GROUP];
      }),
    );
}

/** The metrics that groups are looked at by: the first four of primary, guardrails and others that are no ratio. */
export function groupedMetrics(
  { primary, guardrails = [], secondary = [] }: ExperimentMeasures,
  metrics: Readonly<Record<string, MetricDefinition>>,
): string[] {
  const names = [...new Set([primary, ...guardrails, ...secondary])];
  return names
    .filter((name) => Object.hasOwn(metrics, name) && metrics[name]?.type !== "ratio")
    .slice(0, MAX_METRICS);
}
