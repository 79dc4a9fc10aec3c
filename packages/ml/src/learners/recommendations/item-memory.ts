/** What is known of one item: how often it was seen, and with which others; weights as of the common time. */
export interface ItemMemory {
  weight: number;
  readonly with: Map<string, number>;
}

/**
 * How closely two items go together, in [0, 1]: together ÷ √(weight · other weight); 0 where one of them is so old that nothing is left of its weight. Each root by itself: the product of two weights
 * of long ago is smaller than any number above 0.
 */
export const closeness = (together: number, weight: number, other: number): number =>
  weight > 0 && other > 0 ? Math.min(1, together / (Math.sqrt(weight) * Math.sqrt(other))) : 0;
