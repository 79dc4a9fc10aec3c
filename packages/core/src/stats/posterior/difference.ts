import { NODES, panelRule } from "../quadrature.js";
import { type Distribution, distributionOf, valueBetween } from "./between.js";
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
  const cdf = shareBelow(a, b, { overA: ahead, overB: behind });
  const about = { middle: b.mean - a.mean, sd: Math.sqrt(a.variance + b.variance) };
  const bounds = { from: b.support.from - a.support.to, to: b.support.to - a.support.from };
  const at = (share: number): number => solveShare(cdf, share, about, bounds);
  return { lower: at(tail), median: at(0.5), upper: at(1 - tail) };
}

/** The same of B / A − 1, for quantities above 0: on the scale of logarithms, where quotients are differences and skew is small. */
export function intervalOfUplift(a: Quantity, b: Quantity, tail: number): Interval {
  const cdf = shareBelow(a, b, { overA: times, overB: dividedBy });
  const about = {
    middle: Math.log(b.mean / a.mean),
    sd: Math.sqrt(a.variance / (a.mean * a.mean) + b.variance / (b.mean * b.mean)),
  };
  const at = (share: number): number => Math.expm1(solveShare(cdf, share, about));
  return { lower: at(tail), median: at(0.5), upper: at(1 - tail) };
}

/** Beyond this the wider one's panels are too wide for the narrower one. */
const SIMILAR = 1.5;

/** P(B is ahead of A by no more than so much), over the nodes of the one or of the other. */
function shareBelow(a: Quantity, b: Quantity, { overA, overB }: Sides): (by: number) => number {
  const throughA = meanOver(a, b, overA);
  const throughB = meanOver(b, a, overB);
  const ratio = Math.sqrt(a.variance / b.variance);
  const isOverA = (by: number): boolean => {
    if (ratio > SIMILAR) return false;
    if (ratio < 1 / SIMILAR) return true;
    // Where a target leaves the other's support the integrand has a kink.
    return by < 0 ? b.order.low > a.order.high : b.order.high > a.order.low;
  };
  return (by) => (isOverA(by) ? throughA(by) : 1 - throughB(by));
}

/** The mean of the other's distribution function at the targets of this one. */
function meanOver(over: Quantity, other: Quantity, { target, source }: Comparison): (by: number) => number {
  const { grid } = distributionOf(over.curve);
  const { points, weights, edges } = grid;
  const density = grid.densities[0] as Float64Array;
  const values = points.map(over.valueAt);
  const below = belowValue(other, distributionOf(other.curve));
  const rule = panelRule();
  const panels = edges.length - 1;
  const ends = [other.support.from, other.support.to].filter(Number.isFinite);
  return (by) => {
    const kinks = ends
      .map((end) => source(end, by))
      .filter((value) => value > over.support.from && value < over.support.to)
      .map(over.pointOf)
      .sort((x, y) => x - y);
    let sum = 0;
    for (let panel = 0, i = 0; panel < panels; panel++) {
      const [from, to] = [edges[panel] as number, edges[panel + 1] as number];
      const inside = kinks.filter((kink) => kink > from && kink < to);
      if (inside.length > 0) {
        const cuts = [from, ...inside, to];
        for (let k = 1; k < cuts.length; k++) sum += part(cuts[k - 1] as number, cuts[k] as number, i, by);
        i += NODES;
        continue;
      }
      for (const end = i + NODES; i < end; i++)
        sum += (weights[i] as number) * (density[i] as number) * below(target(values[i] as number, by));
    }
    return sum;
  };

  /** A part of a panel, whose density is the polynomial through the panel's nodes. */
  function part(from: number, to: number, start: number, by: number): number {
    const half = (to - from) / 2;
    let area = 0;
    for (let node = 0; node < NODES; node++) {
      const point = from + half * (1 + (rule.nodes[node] as number));
      const here = valueBetween(points, density, start, point);
      area += (rule.weights[node] as number) * here * below(target(over.valueAt(point), by));
    }
    return area * half;
  }
}

function belowValue({ pointOf, support }: Quantity, distribution: Distribution): (value: number) => number {
  return (value) => {
    if (value <= support.from) return 0;
    return value >= support.to ? 1 : distribution.below(pointOf(value));
  };
}
