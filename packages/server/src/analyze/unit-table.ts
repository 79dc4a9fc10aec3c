import type { Stage } from "@attune/core/stats";
import type { FileRow } from "../replay/rows.js";
import { parseTime } from "../replay/time.js";
import type { AnalysisMapping, MetricMapping } from "./mapping.js";
import { fieldOf, numberOf, yesOrNo } from "./values.js";

/** How often something was found, and in which rows first. */
export interface Found {
  count: number;
  /** The first ten. */
  readonly rows: number[];
}

/** What was found of users who are there more than once. */
export interface Repeated {
  /** Users with several rows in one variant, and how many of those rows beyond the first there are. */
  readonly users: number;
  readonly rows: number;
  /** Of these rows, those that say the same as the first. */
  readonly same: number;
  /** Users in several variants; they are left out. */
  readonly inTwoVariants: number;
  /** The first ten rows of each kind beyond the users' first. */
  readonly examples: readonly number[];
  readonly examplesInTwo: readonly number[];
}

/** One metric's values by unit; NaN where there is none. */
export interface ValueColumn {
  readonly mapping: MetricMapping;
  readonly values: number[];
  /** Of the denominator, or before. */
  readonly others: number[] | null;
  readonly missing: Found;
  readonly unreadable: Found;
}

/** The users of a file. */
export interface UnitTable {
  readonly rows: number;
  readonly broken: Found;
  readonly withoutVariant: Found;
  readonly withoutUser: Found;
  /** Null where the file has no ids. */
  readonly repeated: Repeated | null;
  readonly variantNames: readonly string[];
  /** By unit, the index of its variant; −1 for those left out. */
  readonly variants: readonly number[];
  /** By unit, its row in the file. */
  readonly rowNumbers: readonly number[];
  readonly metrics: ReadonlyMap<string, ValueColumn>;
  readonly dimensions: ReadonlyMap<
    string,
    { readonly names: readonly string[]; readonly of: readonly number[] }
  >;
  readonly stages: ReadonlyMap<Stage, readonly boolean[]>;
  /** Days from the first to the last time, both counted; null without times. */
  readonly days: number | null;
}

const DAY_MS = 86_400_000;
const SHOWN = 10;

export const none = (): Found => ({ count: 0, rows: [] });
export function find(found: Found, row: number): void {
  found.count += 1;
  if (found.rows.length < SHOWN) found.rows.push(row);
}

/** Names as they come, each with an index. */
class Names {
  readonly list: string[] = [];
  readonly #indexes = new Map<string, number>();
  indexOf(name: string): number {
    const known = this.#indexes.get(name);
    if (known !== undefined) return known;
    this.#indexes.set(name, this.list.length);
    return this.list.push(name) - 1;
  }
}

const NO_VARIANT: ReadonlySet<string> = new Set(["", "na", "n/a", "nan", "null"]);

export const variantOf = (given: string | null | undefined): string | null => {
  const text = (given ?? "").trim();
  return NO_VARIANT.has(text.toLowerCase()) ? null : text;
};

/**
 * Takes in rows of users. Memory: about 8 bytes for each value, and what the ids take.
 *
 * @param columns of the file, all of the mapping's among them
 */
export function unitTable(mapping: AnalysisMapping, columns: readonly string[], isCommaDecimal: boolean) {
  const at = (column: string): number => columns.indexOf(column);
  const [variantAt, userAt] = [at(mapping.variant), mapping.user === undefined ? -1 : at(mapping.user)];
  const timeAt = mapping.time === undefined ? -1 : at(mapping.time);
  const names = new Names();
  const variants: number[] = [];
  const rowNumbers: number[] = [];
  const [broken, withoutVariant, withoutUser] = [none(), none(), none()];
  const users = userAt < 0 ? null : new Map<string, number>();
  const repeats = { users: new Set<number>(), crossed: new Set<number>(), rows: 0, same: 0 };
  const [examples, examplesInTwo] = [none(), none()];
  const metrics = Object.entries(mapping.metrics).map(([name, metric]) => ({
    name,
    mapping: metric,
    ...{ at: at(metric.column), otherAt: at(metric.denominator ?? metric.before ?? "") },
    values: [] as number[],
    others: metric.denominator === undefined && metric.before === undefined ? null : ([] as number[]),
    ...{ missing: none(), unreadable: none() },
  }));
  const dimensions = (mapping.dimensions ?? []).map((name) => ({
    name,
    at: at(name),
    names: new Names(),
    of: [] as number[],
  }));
  const stages = Object.entries(mapping.stages ?? {}).map(([stage, column]) => ({
    stage: stage as Stage,
    at: at(column),
    came: [] as boolean[],
  }));
  let [rows, first, last] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

  /** What a row says, told of where it cannot be read. */
  const read = (row: readonly (string | null)[], index: number, metric: (typeof metrics)[number]): number => {
    const field = fieldOf(row[index]);
    if (field === null) {
      find(metric.missing, rows);
      return Number.NaN;
    }
    const value = valueOf(field, metric.mapping.type, isCommaDecimal);
    if (Number.isNaN(value)) find(metric.unreadable, rows);
    return value;
  };

  /** A second row of a user whom the table has. */
  const repeat = (unit: number, variant: number, row: readonly (string | null)[]): void => {
    if (variants[unit] !== variant) {
      repeats.crossed.add(unit);
      return find(examplesInTwo, rows);
    }
    repeats.users.add(unit);
    repeats.rows += 1;
    find(examples, rows);
    let isSame = true;
    for (const metric of metrics) {
      const value = read(row, metric.at, metric);
      const own = metric.values[unit] as number;
      if (!Object.is(own, value)) isSame = false;
      const other = metric.others === null ? Number.NaN : read(row, metric.otherAt, metric);
      if (mapping.duplicates !== "sum") continue;
      metric.values[unit] = together(own, value, metric.mapping.type);
      if (metric.others !== null)
        metric.others[unit] = together(metric.others[unit] as number, other, "mean");
    }
    if (isSame) repeats.same += 1;
  };

  const add = (row: readonly (string | null)[]): void => {
    const name = variantOf(row[variantAt]);
    if (name === null) return find(withoutVariant, rows);
    const variant = names.indexOf(name);
    noteTime(row);
    if (users !== null) {
      const id = (row[userAt] ?? "").trim();
      if (id === "") return find(withoutUser, rows);
      const known = users.get(id);
      if (known !== undefined) return repeat(known, variant, row);
      users.set(id, variants.length);
    }
    variants.push(variant);
    rowNumbers.push(rows);
    for (const metric of metrics) {
      metric.values.push(read(row, metric.at, metric));
      metric.others?.push(read(row, metric.otherAt, metric));
    }
    for (const dimension of dimensions)
      dimension.of.push(dimension.names.indexOf(fieldOf(row[dimension.at]) ?? "(none)"));
    for (const { at: index, came } of stages) came.push(yesOrNo((row[index] ?? "").trim()) === 1);
  };

  const noteTime = (row: readonly (string | null)[]): void => {
    const time = timeAt < 0 ? null : timeOf(row[timeAt] ?? "");
    if (time === null) return;
    first = Math.min(first, time);
    last = Math.max(last, time);
  };

  return {
    take({ row, fault }: FileRow): void {
      rows += 1;
      if (row === undefined || fault !== undefined) find(broken, rows);
      else add(row);
    },
    done(): UnitTable {
      for (const unit of repeats.crossed) {
        variants[unit] = -1;
        repeats.users.delete(unit);
      }
      return {
        ...{ rows, broken, withoutVariant, withoutUser, variants, rowNumbers },
        repeated: users && {
          users: repeats.users.size,
          rows: repeats.rows,
          same: repeats.same,
          inTwoVariants: repeats.crossed.size,
          examples: examples.rows,
          examplesInTwo: examplesInTwo.rows,
        },
        variantNames: names.list,
        metrics: new Map(metrics.map((metric) => [metric.name, metric])),
        dimensions: new Map(
          dimensions.map(({ name, names: found, of }) => [name, { names: found.list, of }]),
        ),
        stages: new Map(stages.map(({ stage, came }) => [stage, came])),
        days: last >= first ? Math.floor(last / DAY_MS) - Math.floor(first / DAY_MS) + 1 : null,
      };
    },
  };
}

function valueOf(field: string, type: MetricMapping["type"], isCommaDecimal: boolean): number {
  if (type === "proportion") return yesOrNo(field);
  const asked = type === undefined ? yesOrNo(field) : Number.NaN;
  return Number.isNaN(asked) ? numberOf(field, isCommaDecimal) : asked;
}

/** Of several rows of a user: whether any says yes, else the sum. */
function together(a: number, b: number, type: MetricMapping["type"]): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) ? b : a;
  return type === "proportion" ? Math.max(a, b) : a + b;
}

export const timeOf = (text: string): number | null =>
  parseTime(text, "auto") ?? (/^\d{12,14}$/.test(text.trim()) ? Number(text) : null);
