import type { DimensionInput, LookInput, MetricInput, MetricSums } from "@attune/core/stats";
import type { MetricKind } from "./mapping.js";
import { type Outliers, outliersOf, quantileOf } from "./outliers.js";
import { type Adder, adderOf } from "./sums.js";
import type { UnitTable, ValueColumn } from "./unit-table.js";

/** Values at both ends count as these. */
export interface Cap {
  readonly low: number | null;
  readonly high: number | null;
}

/** More groups than this are no dimension. */
const GROUPS = 50;

/** What kind a metric is, where the mapping leaves it open: a column of yes and no is a proportion. */
export function kindOf({ mapping, values }: ValueColumn): MetricKind {
  if (mapping.type !== undefined) return mapping.type;
  if (mapping.denominator !== undefined) return "ratio";
  return values.every((value) => Number.isNaN(value) || value === 0 || value === 1) ? "proportion" : "mean";
}

/** Values that are far out, of the units that take part: of revenue among those who bought, since most do not. */
export function outliersIn(table: UnitTable, column: ValueColumn): Outliers {
  const kind = kindOf(column);
  if (kind === "proportion" || kind === "ratio") return { units: [], cap: { low: null, high: null } };
  return outliersOf(
    column.values.map((value, unit) =>
      (table.variants[unit] as number) < 0 || (kind === "revenue" && value === 0) ? Number.NaN : value,
    ),
  );
}

/** Where the mapping asks for it. */
export function capOf(table: UnitTable, { mapping, values }: ValueColumn): Cap | null {
  if (mapping.winsorise === undefined) return null;
  const own = values.filter((_, unit) => (table.variants[unit] as number) >= 0);
  return { low: null, high: quantileOf(own, mapping.winsorise) };
}

const capped = (value: number, cap: Cap | null): number =>
  Math.min(cap?.high ?? value, Math.max(cap?.low ?? value, value));

/** Whether a unit is counted: it takes part, and came to the last stage. */
function counts(table: UnitTable): (unit: number) => boolean {
  const last = [...table.stages.values()].at(-1);
  return (unit) => (table.variants[unit] as number) >= 0 && last?.[unit] !== false;
}

/** A metric's sums by variant. */
export function metricInput(
  table: UnitTable,
  name: string,
  column: ValueColumn,
  cap: Cap | null,
): Pick<MetricInput, "name" | "sums" | "winsorised"> {
  const isCounted = counts(table);
  const [sums] = sumsBy(table, column, { cap, isCounted, groups: 1, groupOf: () => 0 }) as [BySums];
  if (cap === null) return { name, sums };
  const units = column.values.filter(
    (value, unit) => isCounted(unit) && capped(value, cap) !== value && !Number.isNaN(value),
  );
  return { name, sums, winsorised: { at: cap.high ?? cap.low ?? 0, units: units.length } };
}

type BySums = Readonly<Record<string, MetricSums>>;

interface Grouping {
  readonly cap: Cap | null;
  readonly groups: number;
  isCounted(unit: number): boolean;
  groupOf(unit: number): number;
}

/** By group, the sums by variant. */
function sumsBy(table: UnitTable, column: ValueColumn, grouping: Grouping): BySums[] {
  const { values, others, mapping } = column;
  const { cap, groups, isCounted, groupOf } = grouping;
  const kind = kindOf(column);
  const adders = Array.from({ length: groups }, () =>
    table.variantNames.map(() => adderOf(kind, mapping.before !== undefined)),
  );
  for (const [unit, variant] of table.variants.entries()) {
    const value = values[unit] as number;
    const other = others === null ? 0 : (others[unit] as number);
    if (!isCounted(unit) || Number.isNaN(value) || Number.isNaN(other)) continue;
    adders[groupOf(unit)]?.[variant]?.add(capped(value, cap), other);
  }
  return adders.map((own) =>
    Object.fromEntries(table.variantNames.map((name, i) => [name, (own[i] as Adder).sums()])),
  );
}

/** Units by stage and variant. */
export function stagesOf(table: UnitTable): LookInput {
  const all = { assigned: table.variants.map(() => true) };
  const stages = table.stages.size > 0 ? Object.fromEntries(table.stages) : all;
  return Object.fromEntries(
    Object.entries(stages).map(([stage, came]) => {
      const counted = table.variantNames.map(() => 0);
      for (const [unit, variant] of table.variants.entries())
        if (variant >= 0 && came[unit]) counted[variant] = (counted[variant] as number) + 1;
      return [stage, Object.fromEntries(table.variantNames.map((name, i) => [name, counted[i] as number]))];
    }),
  );
}

/** The same sums apart for each group; null where there are too many groups to mean anything. */
export function dimensionInput(
  table: UnitTable,
  dimension: string,
  caps: ReadonlyMap<string, Cap | null>,
): DimensionInput | null {
  const { names, of } = table.dimensions.get(dimension) as {
    names: readonly string[];
    of: readonly number[];
  };
  if (names.length > GROUPS) return null;
  const grouping = {
    groups: names.length,
    isCounted: counts(table),
    groupOf: (unit: number) => of[unit] as number,
  };
  const metrics = [...table.metrics].map(
    ([metric, column]) =>
      [metric, sumsBy(table, column, { ...grouping, cap: caps.get(metric) ?? null })] as const,
  );
  return {
    name: dimension,
    groups: names.map((name, group) => ({
      name,
      metrics: Object.fromEntries(metrics.map(([metric, sums]) => [metric, sums[group] as BySums])),
    })),
  };
}
