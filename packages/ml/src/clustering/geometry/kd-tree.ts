import type { Matrix } from "../../data/points.js";

/**
 * A tree of bounding boxes over points (Bentley 1975): each node splits its widest side at the median. Points lie in leaf order in one array,
 * so that a leaf is read from one end to the other.
 */
export interface KdTree {
  readonly columns: number;
  readonly size: number;
  /** Points a leaf holds at most, unless they are all the same. */
  readonly leaf: number;
  /** Points in leaf order, row-major. */
  readonly points: Float64Array;
  /** Row in the points given, per place in leaf order. */
  readonly rows: Int32Array;
  /** Places [start, end) of a node. */
  readonly start: Int32Array;
  readonly end: Int32Array;
  /** Second child; the first follows its parent at once. −1 for a leaf. */
  readonly second: Int32Array;
  /** Boxes, node × columns. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly nodes: number;
}

interface Building {
  readonly matrix: Matrix;
  readonly order: Int32Array;
  readonly keys: Float64Array;
}

/** Moves the smaller half by `keys` of order[from, to) to the front (quickselect; Hoare 1961, median of three). */
function selectMedian({ order, keys }: Building, from: number, to: number): number {
  const middle = (from + to) >> 1;
  let left = from;
  let right = to - 1;
  while (left < right) {
    const a = keys[left] as number;
    const b = keys[(left + right) >> 1] as number;
    const c = keys[right] as number;
    const pivot = Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    let i = left;
    let j = right;
    while (i <= j) {
      while ((keys[i] as number) < pivot) i++;
      while ((keys[j] as number) > pivot) j--;
      if (i <= j) {
        const row = order[i] as number;
        order[i] = order[j] as number;
        order[j] = row;
        const key = keys[i] as number;
        keys[i++] = keys[j] as number;
        keys[j--] = key;
      }
    }
    if (middle <= j) right = j;
    else if (middle >= i) left = i;
    else break;
  }
  return middle;
}

/**
 * Builds the tree. O(n log n) for n points, columns × n memory.
 *
 * @param leaf Points a leaf holds at most.
 */
export function buildKdTree(matrix: Matrix, leaf = 16): KdTree {
  const { data, rows: n, columns: d } = matrix;
  const order = Int32Array.from({ length: n }, (_, i) => i);
  const building: Building = { matrix, order, keys: new Float64Array(n) };
  const most = Math.max(1, 4 * Math.ceil(n / leaf) + 1);
  const start = new Int32Array(most);
  const end = new Int32Array(most);
  const second = new Int32Array(most).fill(-1);
  const low = new Float64Array(most * d);
  const high = new Float64Array(most * d);
  let nodes = 0;

  const bound = (node: number): number => {
    const at = node * d;
    const first = (order[start[node] as number] as number) * d;
    for (let c = 0; c < d; c++) low[at + c] = high[at + c] = data[first + c] as number;
    for (let i = (start[node] as number) + 1; i < (end[node] as number); i++) {
      const row = (order[i] as number) * d;
      for (let c = 0; c < d; c++) {
        const value = data[row + c] as number;
        if (value < (low[at + c] as number)) low[at + c] = value;
        else if (value > (high[at + c] as number)) high[at + c] = value;
      }
    }
    let widest = 0;
    const width = (c: number): number => (high[at + c] as number) - (low[at + c] as number);
    for (let c = 1; c < d; c++) if (width(c) > width(widest)) widest = c;
    return width(widest) > 0 ? widest : -1;
  };

  const grow = (from: number, to: number): number => {
    const node = nodes++;
    start[node] = from;
    end[node] = to;
    const side = bound(node);
    if (to - from <= leaf || side < 0) return node;
    for (let i = from; i < to; i++) building.keys[i] = data[(order[i] as number) * d + side] as number;
    const middle = selectMedian(building, from, to);
    grow(from, middle);
    second[node] = grow(middle, to);
    return node;
  };
  if (n > 0) grow(0, n);

  const points = new Float64Array(n * d);
  for (let i = 0; i < n; i++) {
    const from = (order[i] as number) * d;
    for (let c = 0; c < d; c++) points[i * d + c] = data[from + c] as number;
  }
  return { columns: d, size: n, leaf, points, rows: order, start, end, second, low, high, nodes };
}
