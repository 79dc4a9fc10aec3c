import { AttuneError } from "@attune/core";
import { type Matrix, type Points, toMatrix } from "../data/points.js";
import type { ClusterLabels } from "./quality/agreement.js";
import type { CommonOptions } from "./types.js";

export interface DescribeOptions extends CommonOptions {
  /** Names of the columns, in order. */
  readonly names: readonly string[];
  /** Features told of each cluster (default 5). */
  readonly most?: number;
}

/** How much a cluster differs from all other rows in one column. */
export interface Trait {
  readonly feature: string;
  readonly direction: "higher" | "lower" | "same";
  /** By `superiority`, after Vargha and Delaney (2000): from 0.56 a little, from 0.64 clearly, from 0.71 far. */
  readonly strength: "none" | "a little" | "clearly" | "far";
  /** Chance that a row of the cluster has a higher value than one outside, ties counted half: 0.5 is no difference. Heavy tails do not move it. */
  readonly superiority: number;
  /** Cohen's (1988) d: difference of the means in pooled standard deviations; null where nothing varies. */
  readonly effect: number | null;
  readonly median: number;
  readonly medianElsewhere: number;
  readonly mean: number;
  readonly meanElsewhere: number;
}

export interface ClusterProfile {
  readonly cluster: number;
  readonly size: number;
  /** Of all rows, noise included. */
  readonly share: number;
  /** The features that set it apart most, strongest first; only those with a difference. */
  readonly traits: readonly Trait[];
  /** The same in a few words: `far more clicksPerPage (4.2, elsewhere 0.8); clearly less revenue (0, elsewhere 31)`. */
  readonly words: string;
}

/** Sum of the ranks of some rows among all, ties at their mean rank. */
function rankSums(values: Float64Array, labels: ClusterLabels, clusters: number): Float64Array {
  const order = Array.from(values.keys()).sort((a, b) => (values[a] as number) - (values[b] as number));
  const sums = new Float64Array(clusters);
  for (let from = 0; from < order.length; ) {
    let to = from;
    const value = values[order[from] as number];
    while (to < order.length && values[order[to] as number] === value) to++;
    const rank = (from + 1 + to) / 2;
    for (let i = from; i < to; i++) {
      const label = labels[order[i] as number] as number;
      if (label >= 0) sums[label]! += rank;
    }
    from = to;
  }
  return sums;
}

const medianOf = (values: Float64Array): number => {
  values.sort();
  const middle = values.length >> 1;
  const high = values[middle] as number;
  return values.length % 2 === 1 ? high : ((values[middle - 1] as number) + high) / 2;
};

function momentsOf(values: Float64Array): { mean: number; squares: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, squares: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) };
}

function strengthOf(superiority: number): Trait["strength"] {
  const away = Math.max(superiority, 1 - superiority);
  return away >= 0.71 ? "far" : away >= 0.64 ? "clearly" : away >= 0.56 ? "a little" : "none";
}

/** @param rankSum Of the rows inside, among all rows. */
function traitOf(
  feature: string,
  { inside, outside, rankSum }: { inside: Float64Array; outside: Float64Array; rankSum: number },
): Trait {
  const [n, m] = [inside.length, outside.length];
  // Mann and Whitney (1947), over all pairs.
  const superiority = (rankSum - (n * (n + 1)) / 2) / (n * m);
  const [own, other] = [momentsOf(inside), momentsOf(outside)];
  const pooled = Math.sqrt((own.squares + other.squares) / Math.max(1, n + m - 2));
  const strength = strengthOf(superiority);
  return {
    feature,
    direction: strength === "none" ? "same" : superiority > 0.5 ? "higher" : "lower",
    ...{ strength, superiority, effect: pooled > 0 ? (own.mean - other.mean) / pooled : null },
    ...{
      median: medianOf(inside),
      medianElsewhere: medianOf(outside),
      mean: own.mean,
      meanElsewhere: other.mean,
    },
  };
}

const rounded = (value: number): string => `${Number(value.toPrecision(2))}`;

/** Medians, unless they are the same, as of a flag: then means tell. */
function wordsOf({
  feature,
  direction,
  strength,
  median,
  medianElsewhere,
  mean,
  meanElsewhere,
}: Trait): string {
  const [own, other] = median === medianElsewhere ? [mean, meanElsewhere] : [median, medianElsewhere];
  return `${strength} ${direction === "higher" ? "more" : "less"} ${feature} (${rounded(own)}, elsewhere ${rounded(other)})`;
}

const column = ({ data, rows, columns }: Matrix, c: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => data[i * columns + c] as number);

/**
 * What sets each cluster apart, told of the raw columns: by how often one of its rows has more of a feature than a row outside. O(d · n · log n + d · n · k).
 *
 * @param labels Of the rows, as `labels` of a clustering; −1 counts to no cluster but to the rest.
 * @throws AttuneError those of `toMatrix`, `ATTUNE_ML_BAD_SHAPE` where names or labels do not fit.
 */
export function describeClusters(
  points: Points,
  labels: ClusterLabels,
  options: DescribeOptions,
): ClusterProfile[] {
  const matrix = toMatrix(
    points,
    options.columns ?? (ArrayBuffer.isView(points) ? options.names.length : undefined),
  );
  const { names, most = 5 } = options;
  if (names.length !== matrix.columns || labels.length !== matrix.rows) {
    throw new AttuneError(
      "ATTUNE_ML_BAD_SHAPE",
      `There are ${matrix.rows} rows of ${matrix.columns} columns, but ${labels.length} labels and ${names.length} names: one of each is needed.`,
      { path: labels.length === matrix.rows ? "/options/names" : "/labels" },
    );
  }
  let clusters = 0;
  for (const label of labels) clusters = Math.max(clusters, label + 1);
  const traits = Array.from({ length: clusters }, (): Trait[] => []);
  names.forEach((feature, c) => {
    const values = column(matrix, c);
    const sums = rankSums(values, labels, clusters);
    for (let k = 0; k < clusters; k++) {
      const inside = values.filter((_, i) => labels[i] === k);
      const outside = values.filter((_, i) => labels[i] !== k);
      if (inside.length === 0 || outside.length === 0) continue;
      (traits[k] as Trait[]).push(traitOf(feature, { inside, outside, rankSum: sums[k] as number }));
    }
  });
  return traits.map((all, cluster) => {
    const size = Array.from(labels).filter((label) => label === cluster).length;
    const told = all
      .filter(({ strength }) => strength !== "none")
      .sort((a, b) => Math.abs(b.superiority - 0.5) - Math.abs(a.superiority - 0.5))
      .slice(0, most);
    return { cluster, size, share: size / matrix.rows, traits: told, words: told.map(wordsOf).join("; ") };
  });
}
