import type { MetricDefinition, Ruleset } from "../../decisions/types.js";
import { pointer, unescaped } from "../../kernel/result.js";
import type { MetricSums } from "../../stats/index.js";
import type { ServiceContext } from "../context.js";
import { counterTotals } from "../figures/counter-totals.js";
import { MEASURE, measureKey, VALUE_UNIT } from "./measures.js";
import type { ExperimentSums } from "./types.js";
import { wideValue } from "./wide-sum.js";

/** A metric's counters of one variant, by their last part. */
type Sums = Readonly<Record<string, number>>;

/** A metric's sums from its counters; without any, those of nobody. */
export function sumsOf({ type, ...definition }: MetricDefinition, n: number, sums: Sums): MetricSums {
  const at = (name: string): number => sums[name] ?? 0;
  const unitOf = (measured: object): number => ("value" in measured ? VALUE_UNIT : 1);
  const squares = (name: string, unit: number): number =>
    wideValue(at(`${name}2`), at(`${name}1`), at(`${name}0`)) / unit;
  switch (type) {
    case "conversion":
      return { type: "proportion", n, sum: at("s") };
    case "count":
      return { type: "count", n, events: at("s"), sumSquares: squares("q", 1) };
    case "sum":
      return {
        ...{ type: "revenue", n, buyers: at("k"), sum: at("s") / VALUE_UNIT },
        sumSquares: squares("q", VALUE_UNIT ** 2),
      };
    case "ratio": {
      const { numerator, denominator } = definition as { numerator: object; denominator: object };
      const [above, below] = [unitOf(numerator), unitOf(denominator)];
      return {
        ...{ type: "ratio", n },
        ...{ numSum: at("s") / above, numSumSquares: squares("q", above * above) },
        ...{ denSum: at("d") / below, denSumSquares: squares("e", below * below) },
        sumProducts: squares("p", above * below),
      };
    }
  }
}

/**
 * Adds up the shards: exact for all that is folded, since every effect is counted once. Metrics that the ruleset defines and nobody has come to are there, with a sum of 0.
 *
 * @param run default: the one that the ruleset names. Null where the ruleset does not measure the experiment.
 */
export async function experimentSums(
  context: ServiceContext,
  site: string,
  { ruleset, experiment, run: asked }: { ruleset: Ruleset; experiment: string; run?: number | undefined },
): Promise<ExperimentSums | null> {
  const { experiments = {}, metrics: definitions = {} } = ruleset;
  const measures = Object.hasOwn(experiments, experiment) ? experiments[experiment] : undefined;
  if (measures === undefined) return null;
  const run = asked ?? measures.run ?? 1;
  const prefix = `${pointer(MEASURE, measureKey(experiment, run))}/`;
  const units = new Map<string, number>();
  const found = new Map<string, Map<string, Record<string, number>>>();
  let crossed = 0;
  for (const [name, value] of await counterTotals(context, site, prefix)) {
    const [variant = "", metric = "", stat] = name.slice(prefix.length).split("/").map(unescaped);
    if (variant === "") crossed = value;
    else if (stat === undefined) units.set(variant, value);
    else {
      const metrics = found.get(variant) ?? new Map<string, Record<string, number>>();
      metrics.set(metric, { ...metrics.get(metric), [stat]: value });
      found.set(variant, metrics);
    }
  }
  const { primary, secondary = [], guardrails = [] } = measures;
  const names = [...new Set([primary, ...secondary, ...guardrails])];
  const variants = Array.from(units, ([variant, n]) => {
    const metrics = names.flatMap((name): [string, MetricSums][] => {
      const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
      const sums = found.get(variant)?.get(name) ?? {};
      return definition === undefined ? [] : [[name, sumsOf(definition, n, sums)]];
    });
    return [variant, { units: n, metrics: Object.fromEntries(metrics) }] as const;
  });
  return { experiment, run, variants: Object.fromEntries(variants), crossed };
}
