import type { MetricDefinition, Ruleset } from "../../decisions/types.js";
import { pointer, unescaped } from "../../kernel/result.js";
import type { DimensionInput, MetricSums } from "../../stats/index.js";
import { addSums } from "../../stats/models/add-sums.js";
import type { ServiceContext } from "../context.js";
import { counterTotals } from "../figures/counter-totals.js";
import { groupedMetrics, OTHER_GROUP } from "./dimensions.js";
import { MEASURE, measureKey } from "./measure-counts.js";
import { VALUE_UNIT } from "./measure-parts.js";
import { HELD_OUT } from "./stages.js";
import type { ExperimentSums, VariantSums } from "./types.js";
import { wideValue } from "./wide-sum.js";

/** A group of fewer visitors says something of each of them. */
const LEAST_GROUP = 20;

/** A metric's counters of one variant, by their last part. */
type Sums = Readonly<Record<string, number>>;

/** A metric's sums from its counters; without any, those of nobody. */
export function sumsOf({ type, ...definition }: MetricDefinition, n: number, sums: Sums): MetricSums {
  const at = (name: string): number => sums[name] ?? 0;
  const unitOf = (measured: object): number => ("value" in measured ? VALUE_UNIT : 1);
  const squares = (name: string, unit: number): number =>
    wideValue(at(`${name}2`), at(`${name}1`), at(`${name}0`)) / unit;
  const before = (unit: number) =>
    "before" in definition && {
      before: {
        sum: at("b") / unit,
        sumSquares: squares("f", unit ** 2),
        sumProducts: squares("p", unit ** 2),
      },
    };
  switch (type) {
    case "conversion":
      return { type: "proportion", n, sum: at("s") };
    case "count":
      return { type: "count", n, events: at("s"), sumSquares: squares("q", 1), ...before(1) };
    case "sum":
      return {
        ...{ type: "revenue", n, buyers: at("k"), sum: at("s") / VALUE_UNIT },
        sumSquares: squares("q", VALUE_UNIT ** 2),
        ...before(VALUE_UNIT),
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

/** What was counted at one place: who, and by metric. */
interface Counted {
  /** By `n`, `a`, `r` and `t`, as in `countsOf`. */
  visitors: Record<string, number>;
  metrics: Map<string, Record<string, number>>;
}

type Places = Map<string, Counted>;

const nobody = (): Counted => ({ visitors: {}, metrics: new Map() });

function put(
  places: Places,
  place: string,
  [leaf, stat, value]: readonly [string, string | undefined, number],
): void {
  const counted = places.get(place) ?? nobody();
  places.set(place, counted);
  if (stat === undefined) counted.visitors[leaf] = value;
  else counted.metrics.set(leaf, { ...counted.metrics.get(leaf), [stat]: value });
}

/** The counters of one run, taken apart. */
interface Read {
  crossed: number;
  variants: Places;
  /** By dimension and group. */
  groups: Map<string, Map<string, Places>>;
}

async function readCounters(context: ServiceContext, site: string, prefix: string): Promise<Read> {
  const read: Read = { crossed: 0, variants: new Map(), groups: new Map() };
  for (const [name, value] of await counterTotals(context, site, prefix)) {
    const parts = name.slice(prefix.length).split("/").map(unescaped);
    const [variant = "", leaf = "", ...rest] = parts;
    if (variant !== "") put(read.variants, variant, [leaf, rest[0], value]);
    else if (rest.length === 0) read.crossed = value;
    else {
      const [group = "", arm = "", what = "", stat] = rest;
      const groups = read.groups.get(leaf) ?? new Map<string, Places>();
      const places: Places = groups.get(group) ?? new Map<string, Counted>();
      read.groups.set(leaf, groups.set(group, places));
      put(places, arm, [what, stat, value]);
    }
  }
  return read;
}

const unitsOf = (counted: Counted | undefined): number => counted?.visitors["n"] ?? 0;

type Definitions = readonly (readonly [name: string, definition: MetricDefinition])[];

const metricsOf = (definitions: Definitions, counted: Counted): Record<string, MetricSums> =>
  Object.fromEntries(
    definitions.map(([name, definition]) => [
      name,
      sumsOf(definition, unitsOf(counted), counted.metrics.get(name) ?? {}),
    ]),
  );

function variantOf(definitions: Definitions, counted: Counted): VariantSums {
  const { a = 0, r = 0, n = 0, t = 0 } = counted.visitors;
  return {
    ...{ units: n, metrics: metricsOf(definitions, counted) },
    ...{ stages: { assigned: a + r + n, rendered: r + n, delivered: n }, told: t },
  };
}

/** The groups of one dimension; those that are too small to be looked at without looking at people are one, and where that is still too small the next larger one joins them. */
function dimensionOf(
  [name, found]: readonly [string, ReadonlyMap<string, Places>],
  definitions: Definitions,
): DimensionInput {
  const size = (places: Places): number => [...places.values()].reduce((sum, one) => sum + unitsOf(one), 0);
  const largest = [...found].sort(([, a], [, b]) => size(b) - size(a));
  const shown = largest.filter(([group, places]) => group !== OTHER_GROUP && size(places) >= LEAST_GROUP);
  const others = largest.filter((one) => !shown.includes(one));
  const isSmall = (): boolean => {
    const units = others.reduce((sum, [, places]) => sum + size(places), 0);
    return units > 0 && units < LEAST_GROUP;
  };
  while (isSmall() && shown.length > 0) others.push(shown.pop() as (typeof shown)[number]);
  const together = isSmall() ? [] : others.map(([, places]) => places);
  const groups = [
    ...shown.map(([group, places]) => ({ name: group, of: [places] })),
    ...(together.length > 0 ? [{ name: OTHER_GROUP, of: together }] : []),
  ];
  return {
    name,
    groups: groups.map(({ name: group, of }) => ({ name: group, metrics: byMetric(of, definitions) })),
  };
}

function byMetric(
  list: readonly Places[],
  definitions: Definitions,
): Record<string, Record<string, MetricSums>> {
  const variants = new Set(list.flatMap((places) => [...places.keys()]).filter((name) => name !== HELD_OUT));
  return Object.fromEntries(
    definitions.map((one) => [
      one[0],
      Object.fromEntries(
        Array.from(variants, (variant) => {
          const own = list.map(
            (places) => metricsOf([one], places.get(variant) ?? nobody())[one[0]] as MetricSums,
          );
          return [variant, addSums(own)];
        }),
      ),
    ]),
  );
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
  const { experiments = {}, metrics = {} } = ruleset;
  const measures = Object.hasOwn(experiments, experiment) ? experiments[experiment] : undefined;
  if (measures === undefined) return null;
  const run = asked ?? measures.run ?? 1;
  const prefix = `${pointer(MEASURE, measureKey(experiment, run))}/`;
  const { crossed, variants, groups } = await readCounters(context, site, prefix);
  const { primary, secondary = [], guardrails = [], dimensions = {} } = measures;
  const defined = (names: readonly string[]): Definitions =>
    names.flatMap((name) => {
      const definition = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
      return definition === undefined ? [] : [[name, definition] as const];
    });
  const all = defined([...new Set([primary, ...secondary, ...guardrails])]);
  const heldOut = variants.get(HELD_OUT);
  variants.delete(HELD_OUT);
  const grouped = defined(groupedMetrics(measures, metrics));
  return {
    ...{ experiment, run, crossed },
    variants: Object.fromEntries(Array.from(variants, ([name, one]) => [name, variantOf(all, one)])),
    holdout: heldOut ? { units: unitsOf(heldOut), metrics: metricsOf(all, heldOut) } : null,
    dimensions: Object.keys(dimensions).flatMap((name) => {
      const found = groups.get(name);
      return found ? [dimensionOf([name, found], grouped)] : [];
    }),
  };
}
