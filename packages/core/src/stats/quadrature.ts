/** Nodes of a panel. */
export const NODES = 16;

/** Gauss–Legendre abscissae of 16 points, the positive half, and their weights. */
const ABSCISSAE = [
  0.095_012_509_837_637_440_2, 0.281_603_550_779_258_913, 0.458_016_777_657_227_386,
  0.617_876_244_402_643_748, 0.755_404_408_355_003_034, 0.865_631_202_387_831_744, 0.944_575_023_073_232_576,
  0.989_400_934_991_649_933,
];
const WEIGHTS = [
  0.189_450_610_455_068_496, 0.182_603_415_044_923_589, 0.169_156_519_395_002_538, 0.149_595_988_816_576_732,
  0.124_628_971_255_533_872, 0.095_158_511_682_492_784_8, 0.062_253_523_938_647_892_9,
  0.027_152_459_411_754_094_9,
];

/** How to integrate over one panel that is scaled to [−1, 1]. */
export interface PanelRule {
  readonly nodes: Float64Array;
  /** Of the whole panel; they sum to 2. */
  readonly weights: Float64Array;
  /**
   * Row i, for node i of the 8 above 0: weights of the sums f(x) + f(−x) in ∫ from 0 to the node of the even part of f, and of the differences f(x) − f(−x) in
   * ∫ from −1 to it of the odd part; exact for polynomials of degree 15.
   */
  readonly ofSums: Float64Array;
  readonly ofDifferences: Float64Array;
  /** Row n: weights of the nth Legendre coefficient of the polynomial through values at the nodes. */
  readonly toLegendre: Float64Array;
  /** Of Clenshaw's recurrence at n: (2n + 1) / (n + 1) and (n + 1) / (n + 2). */
  readonly byNext: Float64Array;
  readonly byAfter: Float64Array;
}

/** P₀ … P₁₆ at x, by their three-term recurrence. */
function legendre(x: number): Float64Array {
  const values = new Float64Array(NODES + 1);
  values[0] = 1;
  values[1] = x;
  for (let n = 2; n <= NODES; n++)
    values[n] = ((2 * n - 1) * x * (values[n - 1] as number) - (n - 1) * (values[n - 2] as number)) / n;
  return values;
}

/**
 * The rule of 16 points. The weights up to a node integrate the polynomial through all nodes: its Legendre coefficients are weighted sums of
 * its values, and ∫Pₙ = (Pₙ₊₁ − Pₙ₋₁) / (2n + 1).
 */
function makePanelRule(): PanelRule {
  const half = NODES / 2;
  const nodes = new Float64Array(NODES);
  const weights = new Float64Array(NODES);
  for (let i = 0; i < half; i++) {
    nodes[half + i] = ABSCISSAE[i] as number;
    nodes[half - 1 - i] = -(ABSCISSAE[i] as number);
    weights[half + i] = weights[half - 1 - i] = WEIGHTS[i] as number;
  }
  const at = Array.from(nodes, legendre);
  const ofSums = new Float64Array(half * half);
  const ofDifferences = new Float64Array(half * half);
  const toLegendre = new Float64Array(NODES * NODES);
  for (let i = 0; i < NODES; i++) {
    const p = at[i] as Float64Array;
    const x = nodes[i] as number;
    for (let n = 0; n < NODES; n++)
      toLegendre[n * NODES + i] = ((2 * n + 1) / 2) * (weights[i] as number) * (p[n] as number);
    if (i < half) continue;
    for (let j = 0; j < half; j++) {
      const q = at[half + j] as Float64Array;
      let even = x / 2;
      let odd = 0;
      for (let n = 1; n < NODES; n++) {
        const term = ((q[n] as number) * ((p[n + 1] as number) - (p[n - 1] as number))) / 2;
        if (n % 2 === 0) even += term;
        else odd += term;
      }
      const k = (i - half) * half + j;
      ofSums[k] = even * (weights[half + j] as number);
      ofDifferences[k] = odd * (weights[half + j] as number);
    }
  }
  const byNext = Float64Array.from(nodes, (_, n) => (2 * n + 1) / (n + 1));
  const byAfter = Float64Array.from(nodes, (_, n) => (n + 1) / (n + 2));
  return { nodes, weights, ofSums, ofDifferences, toLegendre, byNext, byAfter };
}

let made: PanelRule | null = null;

/** A constant, made when it is first asked for. */
export function panelRule(): PanelRule {
  made ??= makePanelRule();
  return made;
}

/**
 * ∫ from −1 to each node of the polynomial through a panel's values, of which the first is at index `start`. Its even part up to 0 is half of the whole; up to −x there is
 * as much less of it as there is more up to x, and of the odd part just as much.
 */
export function upToNodes(values: Float64Array, into: Float64Array, start: number): void {
  const { weights, ofSums, ofDifferences } = panelRule();
  const half = NODES / 2;
  const right = start + half;
  const left = right - 1;
  let middle = 0;
  for (let j = 0; j < half; j++)
    middle +=
      ((weights[half + j] as number) * ((values[right + j] as number) + (values[left - j] as number))) / 2;
  for (let i = 0, k = 0; i < half; i++) {
    let even = 0;
    let odd = 0;
    for (let j = 0; j < half; j++, k++) {
      const a = values[right + j] as number;
      const b = values[left - j] as number;
      even += (ofSums[k] as number) * (a + b);
      odd += (ofDifferences[k] as number) * (a - b);
    }
    into[right + i] = middle + odd + even;
    into[left - i] = middle + odd - even;
  }
}

/** The Legendre coefficients of the polynomial through a panel's values, of which the first is at index `start`. */
export function legendreOf(values: Float64Array, start: number, into: Float64Array, at = 0): void {
  const { toLegendre } = panelRule();
  for (let n = 0; n < NODES; n++) {
    let sum = 0;
    for (let j = 0; j < NODES; j++)
      sum += (toLegendre[n * NODES + j] as number) * (values[start + j] as number);
    into[at + n] = sum;
  }
}

/** Its value at x in [−1, 1], by Clenshaw's recurrence. */
export function legendreAt(coefficients: Float64Array, at: number, x: number): number {
  const { byNext, byAfter } = panelRule();
  let next = 0;
  let after = 0;
  for (let n = NODES - 1; n > 0; n--) {
    const here =
      (coefficients[at + n] as number) + (byNext[n] as number) * x * next - (byAfter[n] as number) * after;
    after = next;
    next = here;
  }
  return (coefficients[at] as number) + x * next - after / 2;
}
