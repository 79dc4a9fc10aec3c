import type { TreeEnsembleModel } from "./types.js";

/** Bits that the number of a column takes below a rank of 16 bits: both are a positive int32 then, and ranks compare as they stand. */
export const COLUMN_BITS = 15;

/** Turns a row into ranks: for each column how many of the thresholds that trees ask of it are below the value. */
export interface ColumnRanks {
  /** Greatest rank of any column. */
  readonly most: number;
  /** Index of a threshold among those of its column: a value is at most the threshold where its rank is at most this. */
  rankOf(column: number, threshold: number): number;
  /** Writes the ranks of the row that begins at `offset`, each above {@link COLUMN_BITS} bits that are 0. O(columns × log thresholds). */
  write(rows: Float64Array, offset: number, ranks: Int32Array): void;
}

/** The bits of a float32 as an integer in the same order as the numbers. Minus zero is made zero before. */
const ordered = (bits: number): number => bits ^ ((bits >> 31) & 0x7fffffff);

/** Thresholds that are asked, column by column, rising, each once. */
function thresholdsOf({ inputs, trees }: TreeEnsembleModel): Float32Array[] {
  const found = Array.from({ length: inputs }, () => new Set<number>());
  for (const { feature, threshold } of trees)
    feature.forEach((column, node) => {
      if (column >= 0) (found[column] as Set<number>).add((threshold[node] as number) + 0);
    });
  return found.map((set) => Float32Array.from(set).sort());
}

/** Where the search in a column begins for values in each of some intervals of equal width, and how far it may have to go. */
interface Buckets {
  readonly low: number;
  readonly scale: number;
  /** Index of the first threshold that is not in an interval before. */
  readonly firsts: Int32Array;
  /** Halvings that find a place among as many thresholds as the fullest interval has. */
  readonly steps: number;
}

/** Rises with the value, which is all that has to hold: what is in an interval before is smaller. */
function bucketOf(
  value: number,
  { low, scale, count }: { low: number; scale: number; count: number },
): number {
  const scaled = (value - low) * scale;
  return scaled >= 1 ? (scaled < count ? scaled | 0 : count - 1) : 0;
}

function bucketsOf(thresholds: Float32Array): Buckets {
  const finite = thresholds.filter(Number.isFinite);
  const low = finite[0] ?? 0;
  const width = (finite.at(-1) ?? 0) - low;
  const count = 2 ** Math.ceil(Math.log2(2 * thresholds.length + 1));
  const scale = width > 0 ? count / width : 0;
  const sizes = new Int32Array(count);
  for (const threshold of thresholds) (sizes[bucketOf(threshold, { low, scale, count })] as number)++;
  let before = 0;
  const firsts = sizes.map((size) => (before += size) - size);
  return { low, scale, firsts, steps: Math.ceil(Math.log2(sizes.reduce((a, b) => Math.max(a, b), 0) + 1)) };
}

/** What is known of columns, laid side by side for the search. */
function laidOut(thresholds: readonly Float32Array[]) {
  const buckets = thresholds.map(bucketsOf);
  const [lows, scales] = [
    Float64Array.from(buckets, ({ low }) => low),
    Float64Array.from(buckets, ({ scale }) => scale),
  ];
  const counts = Int32Array.from(buckets, ({ firsts }) => firsts.length);
  const spans = Int32Array.from(buckets, ({ steps }) => 2 ** steps);
  const [tables, starts] = [new Int32Array(buckets.length), new Int32Array(buckets.length)];
  for (let j = 1; j < buckets.length; j++) {
    tables[j] = (tables[j - 1] as number) + (counts[j - 1] as number);
    starts[j] =
      (starts[j - 1] as number) + (thresholds[j - 1] as Float32Array).length + (spans[j - 1] as number);
  }
  const firsts = new Int32Array(counts.reduce((a, b) => a + b, 0));
  // Behind each column as many places above every value as a search may look ahead.
  const keys = new Int32Array(
    thresholds.reduce((sum, { length }, j) => sum + length + (spans[j] as number), 0),
  );
  keys.fill(0x7fffffff);
  thresholds.forEach((own, j) => {
    keys.set(new Int32Array(own.buffer).map(ordered), starts[j]);
    firsts.set(
      (buckets[j] as Buckets).firsts.map((first) => first + (starts[j] as number)),
      tables[j],
    );
  });
  return { lows, scales, counts, spans, tables, starts, firsts, keys };
}

/**
 * Ranks by a table of where to begin and a short search without branches that depend on the value, in the integers that float32 numbers are in order: a wrong guess of
 * the processor costs more than the search.
 */
export function rankColumns(model: TreeEnsembleModel): ColumnRanks {
  const thresholds = thresholdsOf(model);
  const { lows, scales, counts, spans, tables, starts, firsts, keys } = laidOut(thresholds);
  const value = new Float32Array(1);
  const valueBits = new Int32Array(value.buffer);
  return {
    most: thresholds.reduce((most, { length }) => Math.max(most, length), 0),
    rankOf: (column, threshold) => (thresholds[column] as Float32Array).indexOf(threshold + 0),
    write(rows, offset, ranks) {
      for (let j = 0; j < ranks.length; j++) {
        value[0] = (rows[offset + j] as number) + 0;
        const key = ordered(valueBits[0] as number);
        const scaled = ((value[0] as number) - (lows[j] as number)) * (scales[j] as number);
        const count = counts[j] as number;
        const bucket = scaled >= 1 ? (scaled < count ? scaled | 0 : count - 1) : 0;
        let at = firsts[(tables[j] as number) + bucket] as number;
        for (let half = (spans[j] as number) >> 1; half > 0; half >>= 1) {
          const other = keys[at + half - 1] as number;
          // The sign is set where other < key (Warren 2012, 2-12).
          at += half & (((other & ~key) | (~(other ^ key) & (other - key))) >> 31);
        }
        ranks[j] = (at - (starts[j] as number)) << COLUMN_BITS;
      }
    },
  };
}
