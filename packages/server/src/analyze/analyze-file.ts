import {
  analyzeExperiment,
  type ByVariant,
  type ComparisonReport,
  type ExperimentInput,
  type ExperimentReport,
  type MetricInput,
  type VariantInput,
} from "@attune/core/stats";
import type { FileRow, RowSource } from "../replay/rows.js";
import { type CountTable, countTable } from "./count-table.js";
import type { AnalysisMapping, MetricMapping } from "./mapping.js";
import { type Cap, capOf, dimensionInput, metricInput, outliersIn, stagesOf } from "./summarise.js";
import { type Found, type Repeated, type UnitTable, unitTable } from "./unit-table.js";

/** What was found in the file itself. */
export interface FileReport {
  readonly kind: "users" | "counts";
  readonly rows: number;
  /** Users, or units, that take part. */
  readonly units: number;
  readonly broken: Found;
  readonly withoutVariant: Found;
  /** Null where the file has no ids. */
  readonly withoutUser: Found | null;
  readonly repeated: Repeated | null;
  /** By metric: values that are not there, and values that are none. */
  readonly missing: Readonly<Record<string, Found>>;
  readonly unreadable: Readonly<Record<string, Found>>;
  /** Dimensions left out, since they have too many groups. */
  readonly tooManyGroups: readonly string[];
  /** Whether weights and control are as the mapping says, or were assumed. */
  readonly weightsAssumed: boolean;
  readonly controlAssumed: boolean;
}

/** Values of a metric that are so far out that they move its result by themselves. Nothing is removed for it. */
export interface OutlierReport {
  readonly metric: string;
  readonly count: number;
  /** The furthest ten. */
  readonly values: readonly { readonly value: number; readonly row: number; readonly variant: string }[];
  readonly cap: Cap;
  /** What the comparisons would be with these values capped. */
  readonly capped: readonly ComparisonReport[];
}

export interface FileAnalysis {
  readonly version: 1;
  readonly file: FileReport;
  readonly report: ExperimentReport;
  readonly outliers: readonly OutlierReport[];
}

export interface AnalyzeOptions {
  readonly mapping: AnalysisMapping;
  /** Whether a comma may be a decimal one. */
  readonly isCommaDecimal: boolean;
  /** Told of the columns before the first row; throws where the mapping does not fit them. */
  onColumns(columns: readonly string[]): void;
  onProgress(rows: number): void;
}

const PROGRESS = 20_000;

/** Reads a file of users or of counts to its end and says all that can be said of it. */
export async function analyzeFile(source: RowSource, options: AnalyzeOptions): Promise<FileAnalysis> {
  const { mapping, isCommaDecimal } = options;
  const reader: { take?(row: FileRow): void; done?(): FileAnalysis } = {};
  const begin = (given: readonly string[]): void => {
    const columns = given.map((name) => name.trim());
    options.onColumns(columns);
    Object.assign(reader, mapping.units === undefined ? readUnits(columns) : readCounts(columns));
  };
  const readUnits = (columns: readonly string[]): typeof reader => {
    const table = unitTable(mapping, columns, isCommaDecimal);
    return { take: table.take, done: () => ofUnits(mapping, table.done()) };
  };
  const readCounts = (columns: readonly string[]): typeof reader => {
    const table = countTable(mapping, columns, isCommaDecimal);
    return { take: table.take, done: () => ofCounts(mapping, table.done()) };
  };
  for await (const row of source.rows(begin)) {
    reader.take?.(row);
    if (row.number % PROGRESS === 0) options.onProgress(row.number);
  }
  return (reader.done as () => FileAnalysis)();
}

function ofUnits(mapping: AnalysisMapping, table: UnitTable): FileAnalysis {
  const caps = new Map([...table.metrics].map(([name, column]) => [name, capOf(table, column)]));
  const dimensions = (mapping.dimensions ?? []).map((name) => dimensionInput(table, name, caps));
  const sums = [...table.metrics].map(([name, column]) =>
    metricInput(table, name, column, caps.get(name) ?? null),
  );
  const input = inputOf(mapping, {
    names: table.variantNames,
    metrics: sums,
    stages: stagesOf(table),
    dimensions: dimensions.flatMap((dimension) => dimension ?? []),
    days: mapping.days ?? table.days,
  });
  return {
    version: 1,
    file: {
      kind: "users",
      rows: table.rows,
      units: table.variants.reduce((count, variant) => count + (variant >= 0 ? 1 : 0), 0),
      ...{ broken: table.broken, withoutVariant: table.withoutVariant },
      withoutUser: table.repeated && table.withoutUser,
      repeated: table.repeated,
      missing: foundIn(table, "missing"),
      unreadable: foundIn(table, "unreadable"),
      tooManyGroups: (mapping.dimensions ?? []).filter((_, i) => dimensions[i] === null),
      ...assumed(mapping),
    },
    report: analyzeExperiment(input),
    outliers: outlierReports(table, input),
  };
}

function outlierReports(table: UnitTable, input: ExperimentInput): OutlierReport[] {
  return [...table.metrics].flatMap(([name, column]) => {
    const { units, cap } = outliersIn(table, column);
    if (units.length === 0) return [];
    const metrics = input.metrics.map((metric) =>
      metric.name === name ? { ...metric, ...metricInput(table, name, column, cap) } : metric,
    );
    const { dimensions: _, ...whole } = input;
    const report = analyzeExperiment({ ...whole, metrics });
    return [
      {
        ...{ metric: name, count: units.length, cap },
        values: units.slice(0, 10).map((unit) => ({
          value: column.values[unit] as number,
          row: table.rowNumbers[unit] as number,
          variant: table.variantNames[table.variants[unit] as number] as string,
        })),
        capped: report.metrics.find((metric) => metric.name === name)?.comparisons ?? [],
      },
    ];
  });
}

const foundIn = (table: UnitTable, kind: "missing" | "unreadable"): Record<string, Found> =>
  Object.fromEntries(
    [...table.metrics].flatMap(([name, column]) => (column[kind].count > 0 ? [[name, column[kind]]] : [])),
  );

function ofCounts(mapping: AnalysisMapping, table: CountTable): FileAnalysis {
  const assigned = Object.values(table.stages.assigned ?? {});
  const { broken, withoutVariant, unreadable, rows } = table;
  const input = inputOf(mapping, {
    names: table.variantNames,
    metrics: Object.keys(mapping.metrics).map((name) => ({ name, sums: table.metrics.get(name) ?? {} })),
    stages: table.stages,
    dimensions: table.dimensions,
    days: mapping.days ?? table.days,
  });
  return {
    version: 1,
    file: {
      kind: "counts",
      ...{ rows, broken, withoutVariant, withoutUser: null, repeated: null, missing: {} },
      units: assigned.reduce((sum, count) => sum + count, 0),
      unreadable: unreadable.count > 0 ? { rows: unreadable } : {},
      tooManyGroups: [],
      ...assumed(mapping),
    },
    report: analyzeExperiment(input),
    outliers: [],
  };
}

const assumed = ({ weights, control }: AnalysisMapping) => ({
  weightsAssumed: weights === undefined,
  controlAssumed: control === undefined,
});

interface Seen {
  readonly names: readonly string[];
  readonly metrics: readonly Pick<MetricInput, "name" | "sums" | "winsorised">[];
  readonly stages: NonNullable<ExperimentInput["stages"]>;
  readonly dimensions: NonNullable<ExperimentInput["dimensions"]>;
  readonly days: number | null;
}

function inputOf(mapping: AnalysisMapping, seen: Seen): ExperimentInput {
  const variants = variantsOf(mapping, seen.names);
  const hasPrimary = Object.values(mapping.metrics).some(({ role }) => role === "primary");
  return {
    variants,
    control: controlOf(mapping, variants),
    metrics: seen.metrics.map((metric, i): MetricInput => {
      const { role, direction, margin } = mapping.metrics[metric.name] as MetricMapping;
      return {
        ...metric,
        role: role ?? (i === 0 && !hasPrimary ? "primary" : "secondary"),
        ...(direction !== undefined && { direction }),
        ...(margin !== undefined && { margin }),
      };
    }),
    ...{ stages: seen.stages, dimensions: seen.dimensions },
    ...(seen.days !== null && { days: seen.days }),
    ...(mapping.level !== undefined && { level: mapping.level }),
    rule: {
      ...(mapping.caring !== undefined && { caring: mapping.caring }),
      ...(mapping.planned !== undefined && { tightestAt: mapping.planned }),
    },
  };
}

/** Those of the mapping, or those of the file in the order of their names. */
function variantsOf({ weights, removed = [] }: AnalysisMapping, names: readonly string[]): VariantInput[] {
  const isRemoved = (name: string) => (removed.includes(name) ? { isRemoved: true } : {});
  if (weights === undefined) {
    const sorted = [...names].sort();
    const present = sorted.filter((name) => !removed.includes(name)).length;
    return sorted.map((name) => ({
      name,
      weight: removed.includes(name) ? 0 : 1 / present,
      ...isRemoved(name),
    }));
  }
  const entries: ByVariant<number> = weights;
  const total = Object.values(entries).reduce((sum, weight) => sum + weight, 0);
  return Object.entries(entries).map(([name, weight]) => ({
    name,
    weight: total > 0 ? weight / total : 0,
    ...isRemoved(name),
  }));
}

function controlOf({ control }: AnalysisMapping, variants: readonly VariantInput[]): string {
  const named = variants.find(({ name }) => name.toLowerCase() === "control");
  return control ?? named?.name ?? variants[0]?.name ?? "";
}
