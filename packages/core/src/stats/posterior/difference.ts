import { legendreAt, legendreOf, NODES, panelRule } from "../quadrature.js";
import { type Distribution, distributionOf } from "./between.js";
import type { Curve } from "./curve.js";
import { solveShare } from "./solve.js";

/** A distribution of something that two variants are compared by. */
export interface Quantity {
  readonly mean: number;
  readonly variance: number;
  readonly curve: Curve;
  /** What a point of the curve stands for, and the other way round. */
  valueAt(point: number): number;
  pointOf(value: number): number;
  readonly support: { readonly from: number; readonly to: number };
  /** With what power of the distance to either end of the support the distribution begins; the higher, the softer. */
  readonly order: { readonly low: number; readonly high: number };
}

export interface Interval {
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
}

/** How a value of one quantity is compared with the other. */
interface Comparison {
  /** Where the other is equal, were they so far apart. */
  target(value: number, by: number): number;
  /** The value whose target is this. */
  source(target: number, by: number): number;
}

interface Sides {
  readonly overA: Comparison;
  readonly overB: Comparison;
  /** How much wider A is than B, on the scale on which they are compared. */
  readonly ratio: number;
}

const ahead: Comparison = { target: (value, by) => value + by, source: (target, by) => target - by };
const behind: Comparison = { target: ahead.source, source: ahead.target };
const times: Comparison = {
  target: (value, by) => value * Math.exp(by),
  source: (target, by) => target * Math.exp(-by),
};
const dividedBy: Comparison = { target: times.source, source: times.target };

/** The equal-tailed interval of B − A, `tail` on each side. */
export function intervalOfDifference(a: Quantity, b: Quantity, tail: number): Interval {
  const ratio = Math.sqrt(a.variance / b.variance);
  const cdf = shareBelow(a, b, { overA: ahead, overB: behind, ratio });
  const about = { middle: b.mean - a.mean, sd: Math.sqrt(a.variance + b.variance) };
  const bounds = { from: b.support.from - a.support.to, to: b.support.to - a.support.from };
  const at = (share: number): number => solveShare(cdf, share, about, bounds);
  return { lower: at(tail), median: at(0.5), upper: at(1 - tail) };
}

/** The same of B / A − 1, for quantities above 0: on the scale of logarithms, where quotients are differences and skew is small. */
export function intervalOfUplift(a: Quantity, b: Quantity, tail: number): Interval {
  const ratio = Math.sqrt(a.variance / b.variance) * (b.mean / a.mean);
  const cdf = shareBelow(a, b, { overA: times, overB: dividedBy, ratio });
  const about = {
    middle: Math.log(b.mean / a.mean),
    sd: Math.sqrt(a.variance / (a.mean * a.mean) + b.variance / (b.mean * b.mean)),
  };
  const at = (share: number): number => Math.expm1(solveShare(cdf, share, about));
  return { lower: at(tail), median: at(0.5), upper: at(1 - tail) };
}

/** Beyond this the wider one's panels are too wide for the narrower one. */
const SIMILAR = 1.5;

/** A quantity on its own nodes, made once for all that it is compared with. */
export interface Spread extends Quantity {
  readonly distribution: Distribution;
  /** Of the nodes that matter: value and mass. */
  readonly values: Float64Array;
  readonly masses: Float64Array;
}

export function spreadOf(quantity: Quantity | Spread): Spread {
  if ("distribution" in quantity) return quantity;
  const distribution = distributionOf(quantity.curve);
  const { points, weights, densities } = distribution.grid;
  const density = densities[0] as Float64Array;
  return {
    ...quantity,
    distribution,
    values: points.map(quantity.valueAt),
    masses: weights.map((weight, i) => weight * (density[i] as number)),
  };
}

/** P(B is ahead of A by no more than so much), over the nodes of the one or of the other. */
function shareBelow(
  first: Quantity,
  second: Quantity,
  { overA, overB, ratio }: Sides,
): (by: number) => number {
  const [a, b] = [spreadOf(first), spreadOf(second)];
  const throughA = meanOver(a, b, overA);
  const throughB = meanOver(b, a, overB);
  const isOverA = (by: number): boolean => {
    if (ratio > SIMILAR) return false;
    if (ratio < 1 / SIMILAR) return true;
    // Where a target leaves the other's support the integrand has a kink.
    return by < 0 ? b.order.low > a.order.high : b.order.high > a.order.low;
  };
  return (by) => (isOverA(by) ? throughA(by) : 1 - throughB(by));
}

/** Some hundred nodes with less mass than this do not move a bound by 1e-12 of its width. */
const NO_MASS = 1e-15;

/** The mean of the other's distribution function at the targets of this one. */
function meanOver(over: Spread, other: Spread, { target, source }: Comparison): (by: number) => number {
  const { values, masses } = over;
  const { edges } = over.distribution.grid;
  const ends = [other.support.from, other.support.to].filter(Number.isFinite);
  return (by) => {
    const kinks = ends
      .map((end) => source(end, by))
      .filter((value) => value > over.support.from && value < over.support.to)
      .map(over.pointOf)
      .sort((x, y) => x - y);
    let sum = 0;
    for (let panel = 0, i = 0; panel < edges.length - 1; panel++) {
      const [from, to] = [edges[panel] as number, edges[panel + 1] as number];
      if (kinks.some((kink) => kink > from && kink < to)) {
        sum += panelInParts(over, other, {
          panel,
          cuts: [from, ...kinks.filter((kink) => kink > from && kink < to), to],
          target: (value) => target(value, by),
        });
        i += NODES;
        continue;
      }
      for (const end = i + NODES; i < end; i++) {
        const mass = masses[i] as number;
        if (mass > NO_MASS) sum += mass * belowValue(other, target(values[i] as number, by));
      }
    }
    return sum;
  };
}

/** One panel between cuts; its density is the polynomial through the panel's nodes. */
function panelInParts(
  { distribution: { grid }, valueAt }: Spread,
  other: Spread,
  { panel, cuts, target }: { panel: number; cuts: readonly number[]; target(value: number): number },
): number {
  const { nodes, weights } = panelRule();
  const density = new Float64Array(NODES);
  legendreOf(grid.densities[0] as Float64Array, panel * NODES, density);
  const [start, end] = [cuts[0] as number, cuts.at(-1) as number];
  let area = 0;
  for (let part = 1; part < cuts.length; part++) {
    const [from, to] = [cuts[part - 1] as number, cuts[part] as number];
    const half = (to - from) / 2;
    for (let node = 0; node < NODES; node++) {
      const point = from + half * (1 + (nodes[node] as number));
      const here = legendreAt(density, 0, (2 * (point - start)) / (end - start) - 1);
      area += half * (weights[node] as number) * here * belowValue(other, target(valueAt(point)));
    }
  }
  return area;
}

/** P(X ≤ value). */
export function belowValue({ pointOf, support, distribution }: Spread, value: number): number {
  if (value <= support.from) return 0;
  return value >= support.to ? 1 : distribution.below(pointOf(value));
}
