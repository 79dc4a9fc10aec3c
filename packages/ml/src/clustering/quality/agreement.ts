import { AttuneError } from "@attune/core";

/** Labels of the same rows by two clusterings; −1 is a group like any other. */
export type ClusterLabels = readonly number[] | Int32Array;

/** How often each pair of labels comes together. */
export interface Contingency {
  readonly n: number;
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  /** Cells that are not 0: place in `rows`, in `columns`, count. */
  readonly cells: readonly (readonly [number, number, number])[];
}

/** @throws AttuneError `ATTUNE_ML_BAD_SHAPE` where the lists differ in length or are empty. */
export function contingency(a: ClusterLabels, b: ClusterLabels): Contingency {
  if (a.length !== b.length || a.length === 0) {
    throw new AttuneError(
      "ATTUNE_ML_BAD_SHAPE",
      `There are ${a.length} labels on one side and ${b.length} on the other: both need one for each of the same rows, at least one.`,
    );
  }
  const placesA = new Map<number, number>();
  const placesB = new Map<number, number>();
  const counts = new Map<number, Map<number, number>>();
  const placeIn = (places: Map<number, number>, label: number): number => {
    const known = places.get(label) ?? places.size;
    places.set(label, known);
    return known;
  };
  for (let i = 0; i < a.length; i++) {
    const i1 = placeIn(placesA, a[i] as number);
    const i2 = placeIn(placesB, b[i] as number);
    const row = counts.get(i1) ?? new Map<number, number>();
    counts.set(i1, row);
    row.set(i2, (row.get(i2) ?? 0) + 1);
  }
  const cells = [...counts].flatMap(([i1, row]) => [...row].map(([i2, count]) => [i1, i2, count] as const));
  const rows = new Array<number>(placesA.size).fill(0);
  const columns = new Array<number>(placesB.size).fill(0);
  for (const [i1, i2, count] of cells) {
    rows[i1]! += count;
    columns[i2]! += count;
  }
  return { n: a.length, rows, columns, cells };
}

const pairs = (count: number): number => (count * (count - 1)) / 2;
const sumOf = (values: readonly number[], of: (value: number) => number): number =>
  values.reduce((sum, value) => sum + of(value), 0);

/**
 * Adjusted Rand index (Hubert and Arabie 1985): 1 where both partitions are the same whatever the labels are called, about 0 where they agree as by
 * chance, below 0 where less. O(n).
 */
export function adjustedRandIndex(a: ClusterLabels, b: ClusterLabels): number {
  const { n, rows, columns, cells } = contingency(a, b);
  const together = cells.reduce((sum, [, , count]) => sum + pairs(count), 0);
  const [inA, inB] = [sumOf(rows, pairs), sumOf(columns, pairs)];
  if (n === 1) return 1;
  const expected = (inA * inB) / pairs(n);
  const most = (inA + inB) / 2;
  return most === expected ? 1 : (together - expected) / (most - expected);
}

/** Fowlkes and Mallows (1983): the geometric mean of both shares of pairs that stay together; 0 where none do. */
export function fowlkesMallows(a: ClusterLabels, b: ClusterLabels): number {
  const { rows, columns, cells } = contingency(a, b);
  const together = cells.reduce((sum, [, , count]) => sum + pairs(count), 0);
  return together === 0
    ? 0
    : Math.sqrt(together / sumOf(rows, pairs)) * Math.sqrt(together / sumOf(columns, pairs));
}

/** In nats. */
function entropy(counts: readonly number[], n: number): number {
  return counts.length === 1 ? 0 : -sumOf(counts, (count) => (count / n) * Math.log(count / n));
}

function mutualInformation({ n, rows, columns, cells }: Contingency): number {
  return cells.reduce((sum, [i, j, count]) => {
    const expected = ((rows[i] as number) / n) * (columns[j] as number);
    return sum + (count / n) * Math.log(count / expected);
  }, 0);
}

/** Mutual information over the mean of both entropies (Strehl and Ghosh 2002; the V-measure of Rosenberg and Hirschberg 2007 is the same), 0 … 1. */
export function normalizedMutualInformation(a: ClusterLabels, b: ClusterLabels): number {
  const table = contingency(a, b);
  if (table.rows.length === 1 && table.columns.length === 1) return 1;
  const information = Math.max(0, mutualInformation(table));
  const mean = (entropy(table.rows, table.n) + entropy(table.columns, table.n)) / 2;
  return mean === 0 || information < Number.EPSILON ? 0 : information / mean;
}

/** ln 0! … ln n!. */
function logFactorials(n: number): Float64Array {
  const logs = new Float64Array(n + 1);
  for (let i = 2; i <= n; i++) logs[i] = (logs[i - 1] as number) + Math.log(i);
  return logs;
}

/** What two partitions of these sizes share by chance: the mean over the hypergeometric distribution of each cell (Vinh, Epps and Bailey 2010, eq. 24a). */
function expectedInformation({ n, rows, columns }: Contingency): number {
  const log = logFactorials(n);
  const at = (i: number): number => log[i] as number;
  let sum = 0;
  for (const r of rows) {
    for (const c of columns) {
      const fixed = at(r) + at(c) + at(n - r) + at(n - c) - at(n);
      for (let k = Math.max(1, r + c - n); k <= Math.min(r, c); k++) {
        const chance = Math.exp(fixed - at(k) - at(r - k) - at(c - k) - at(n - r - c + k));
        sum += (k / n) * Math.log((n * k) / (r * c)) * chance;
      }
    }
  }
  return sum;
}

/**
 * Adjusted mutual information (Vinh, Epps and Bailey 2010), over the mean of the entropies: 1 for the same partitions, about 0 by chance.
 * O(n · clusters) at worst.
 */
export function adjustedMutualInformation(a: ClusterLabels, b: ClusterLabels): number {
  const table = contingency(a, b);
  const isAlone = (counts: readonly number[]) => counts.length === 1;
  if (isAlone(table.rows) && isAlone(table.columns)) return 1;
  if (table.rows.length === table.n && table.columns.length === table.n) return 1;
  const expected = expectedInformation(table);
  const mean = (entropy(table.rows, table.n) + entropy(table.columns, table.n)) / 2;
  const room = mean - expected;
  const safe = room < 0 ? Math.min(room, -Number.EPSILON) : Math.max(room, Number.EPSILON);
  return (mutualInformation(table) - expected) / safe;
}
