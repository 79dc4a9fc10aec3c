import type { ByVariant, DimensionInput, LookInput, MetricSums, Stage } from "@attune/core/stats";
import type { FileRow } from "../replay/rows.js";
import type { AnalysisMapping, MetricMapping } from "./mapping.js";
import { find, type Found, none, timeOf, variantOf } from "./unit-table.js";
import { countOf, fieldOf, numberOf } from "./values.js";

/** Sums of a file of counts. */
export interface CountTable {
  readonly rows: number;
  readonly broken: Found;
  readonly withoutVariant: Found;
  /** Rows with a number that is missing or cannot be read; they are left out whole, since a sum without them would be wrong by itself. */
  readonly unreadable: Found;
  readonly variantNames: readonly string[];
  readonly metrics: ReadonlyMap<string, ByVariant<MetricSums>>;
  readonly stages: LookInput;
  readonly dimensions: readonly DimensionInput[];
  readonly days: number | null;
}

const DAY_MS = 86_400_000;
const ALL = "";

type Row = readonly (string | null)[];

/** Takes in rows of counts, which add up by variant. */
export function countTable(mapping: AnalysisMapping, columns: readonly string[], isCommaDecimal: boolean) {
  const at = (column: string): number => columns.indexOf(column);
  const read = (row: Row, column: string | undefined, as: typeof numberOf): number => {
    const field = column === undefined ? "0" : fieldOf(row[at(column)]);
    return field === null ? Number.NaN : as(field, isCommaDecimal);
  };
  const [broken, withoutVariant, unreadable] = [none(), none(), none()];
  const stages = { assigned: mapping.units as string, ...mapping.stages };
  const counted = new Map<Stage, Map<string, number>>();
  /** By "dimension\0group" (or all), metric and variant. */
  const sums = new Map<string, Map<string, Map<string, MetricSums>>>();
  let [rows, first, last] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

  const add = (row: Row): void => {
    const variant = variantOf(row[at(mapping.variant)]);
    if (variant === null) return find(withoutVariant, rows);
    const units = read(row, mapping.units, countOf);
    const metrics = Object.entries(mapping.metrics).map(
      ([name, metric]) => [name, sumsOf(metric, units, (column, as) => read(row, column, as))] as const,
    );
    const came = Object.entries(stages).map(
      ([stage, column]) => [stage as Stage, read(row, column, countOf)] as const,
    );
    const numbers = [...came.map(([, count]) => count), ...metrics.flatMap(([, own]) => Object.values(own))];
    if (numbers.some(Number.isNaN)) return find(unreadable, rows);
    const time = mapping.time === undefined ? null : timeOf(row[at(mapping.time)] ?? "");
    if (time !== null) [first, last] = [Math.min(first, time), Math.max(last, time)];
    for (const [stage, count] of came) {
      const byVariant = entry(counted, stage, () => new Map<string, number>());
      byVariant.set(variant, (byVariant.get(variant) ?? 0) + count);
    }
    const groups = (mapping.dimensions ?? []).map((name) => `${name}\0${fieldOf(row[at(name)]) ?? "(none)"}`);
    for (const group of [ALL, ...groups])
      for (const [name, own] of metrics) {
        const byVariant = entry(entry(sums, group, newMap), name, newMap) as Map<string, MetricSums>;
        const known = byVariant.get(variant);
        byVariant.set(variant, known === undefined ? own : added(known, own));
      }
  };

  return {
    take({ row, fault }: FileRow): void {
      rows += 1;
      if (row === undefined || fault !== undefined) find(broken, rows);
      else add(row);
    },
    done(): CountTable {
      const metricsOf = (group: string) =>
        new Map([...(sums.get(group) ?? [])].map(([name, own]) => [name, Object.fromEntries(own)]));
      return {
        ...{ rows, broken, withoutVariant, unreadable },
        variantNames: [...(counted.get("assigned") ?? new Map<string, number>()).keys()],
        metrics: metricsOf(ALL),
        stages: Object.fromEntries([...counted].map(([stage, own]) => [stage, Object.fromEntries(own)])),
        dimensions: (mapping.dimensions ?? []).map((name) => ({
          name,
          groups: [...sums.keys()]
            .filter((group) => group.startsWith(`${name}\0`))
            .map((group) => ({
              name: group.slice(name.length + 1),
              metrics: Object.fromEntries(metricsOf(group)),
            })),
        })),
        days: last >= first ? Math.floor(last / DAY_MS) - Math.floor(first / DAY_MS) + 1 : null,
      };
    },
  };
}

const newMap = <V>(): Map<string, V> => new Map();

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function sumsOf(
  { type = "proportion", column, squares, buyers }: MetricMapping,
  n: number,
  read: (column: string | undefined, as: typeof numberOf) => number,
): MetricSums {
  const sum = read(column, type === "mean" || type === "revenue" ? numberOf : countOf);
  const sumSquares = read(squares, numberOf);
  switch (type) {
    case "mean":
      return { type, n, sum, sumSquares };
    case "revenue":
      return { type, n, buyers: read(buyers, countOf), sum, sumSquares };
    case "count":
      return { type, n, events: sum, ...(squares !== undefined && { sumSquares }) };
    default:
      return { type: "proportion", n, sum };
  }
}

/** Of one kind, number by number. */
const added = (a: MetricSums, b: MetricSums): MetricSums =>
  Object.fromEntries(
    Object.entries(a).map(([key, value]) => [
      key,
      typeof value === "number" ? value + Number((b as unknown as Record<string, unknown>)[key]) : value,
    ]),
  ) as unknown as MetricSums;
