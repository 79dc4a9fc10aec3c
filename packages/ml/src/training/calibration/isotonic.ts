import { AttuneError } from "@attune/core";

/** A rising step function: blocks of neighbouring x and the value of each. */
export interface IsotonicBlock {
  readonly from: number;
  readonly to: number;
  readonly value: number;
  readonly weight: number;
}

/**
 * Isotonic least-squares regression by pooling adjacent violators (Ayer et al. 1955): the rising function that is nearest to the values. Rows of equal x are one. O(n log n).
 *
 * @returns Blocks in the order of x.
 * @throws AttuneError `ATTUNE_ML_BAD_SHAPE` if the lists differ in length, `ATTUNE_ML_EMPTY_DATA` if nothing has a weight.
 */
export function isotonicBlocks(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  weights?: ArrayLike<number>,
): IsotonicBlock[] {
  if (x.length !== y.length || (weights !== undefined && weights.length !== x.length)) {
    throw new AttuneError(
      "ATTUNE_ML_BAD_SHAPE",
      "There is a y, and a weight where there are any, for each x.",
    );
  }
  const weightOf = (i: number): number => (weights === undefined ? 1 : (weights[i] as number));
  const order = Array.from({ length: x.length }, (_, i) => i)
    .filter((i) => weightOf(i) > 0)
    .sort((i, j) => (x[i] as number) - (x[j] as number));
  if (order.length === 0)
    throw new AttuneError("ATTUNE_ML_EMPTY_DATA", "Give at least one value of a weight above 0.");
  const blocks: IsotonicBlock[] = [];
  for (const i of order) {
    const at = x[i] as number;
    let block: IsotonicBlock = { from: at, to: at, value: y[i] as number, weight: weightOf(i) };
    for (
      let last = blocks.at(-1);
      last !== undefined && (last.to === at || last.value >= block.value);
      last = blocks.at(-1)
    ) {
      blocks.pop();
      const weight = last.weight + block.weight;
      const value = (last.weight * last.value + block.weight * block.value) / weight;
      block = { from: last.from, to: at, value, weight };
    }
    blocks.push(block);
  }
  return blocks;
}

/** The value of isotonic regression at each x given, in the order given. */
export function isotonicRegression(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  weights?: ArrayLike<number>,
): Float64Array {
  const blocks = isotonicBlocks(x, y, weights);
  return Float64Array.from({ length: x.length }, (_, i) => {
    const at = x[i] as number;
    let low = 0;
    let high = blocks.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((blocks[middle] as IsotonicBlock).to < at) low = middle + 1;
      else high = middle;
    }
    return (blocks[low] as IsotonicBlock).value;
  });
}
