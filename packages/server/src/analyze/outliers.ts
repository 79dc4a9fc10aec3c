/** Values so far out that one of them moves the result by itself. */
export interface Outliers {
  /** Units with such a value, the furthest first. */
  readonly units: readonly number[];
  /** The furthest value that is none: what the others would be capped at. */
  readonly cap: { readonly low: number | null; readonly high: number | null };
}

/** At least so many standard deviations of the others from their mean, and more than this share of all variance alone. */
const FAR = 10;
const SHARE = 0.01;
/** More than so many are no outliers but how values are distributed. */
const MOST = 100;
/** Of fewer values nobody can say what is far. */
const LEAST = 30;

/**
 * The furthest values, one after the other, as long as each lies further from the mean of those that are less far than ten of their standard deviations, and than what would make it one in a hundred of the variance of all.
 *
 * @param values by unit; NaN takes no part
 */
export function outliersOf(values: readonly number[]): Outliers {
  const order: number[] = [];
  for (const [unit, value] of values.entries()) if (!Number.isNaN(value)) order.push(unit);
  order.sort((a, b) => (values[a] as number) - (values[b] as number));
  const none = { units: [], cap: { low: null, high: null } };
  if (order.length < LEAST) return none;
  const valueAt = (place: number): number => values[order[place] as number] as number;
  let [low, high] = [0, order.length - 1];
  const middle = valueAt(order.length >> 1);
  // From the middle, so that squares of large numbers do not swallow what differs.
  let [sum, squares] = [0, 0];
  for (const unit of order) {
    const apart = (values[unit] as number) - middle;
    sum += apart;
    squares += apart * apart;
  }
  const found: number[] = [];
  while (found.length <= MOST) {
    const [ofLow, ofHigh] = [valueAt(low) - middle, valueAt(high) - middle];
    const isHigh = ofHigh >= -ofLow;
    const apart = isHigh ? ofHigh : ofLow;
    const left = high - low;
    const mean = (sum - apart) / left;
    const variance = Math.max(0, (squares - apart * apart) / left - mean * mean);
    const far = Math.max(FAR, Math.sqrt(SHARE * left)) * Math.sqrt(variance);
    if (!(Math.abs(apart - mean) > far) || variance === 0) break;
    found.push(order[isHigh ? high-- : low++] as number);
    sum -= apart;
    squares -= apart * apart;
  }
  if (found.length === 0 || found.length > MOST) return none;
  return {
    units: found,
    cap: { low: low > 0 ? valueAt(low) : null, high: high < order.length - 1 ? valueAt(high) : null },
  };
}

/** The value with a share of all at or below it. */
export function quantileOf(values: readonly number[], share: number): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const place = Math.max(0, Math.ceil(share * sorted.length) - 1);
  return sorted[place] ?? Number.NaN;
}
