import { NODES, panelRule, upToNodes } from "../quadrature.js";
import { type Curve, cutPoint, narrowed } from "./curve.js";

/** Several distributions on the same nodes: their densities there, and what lies below and above each node. */
export interface Grid {
  readonly count: number;
  /** Offsets from the common origin, rising. */
  readonly points: Float64Array;
  /** ∫ g ≈ Σ weight × g(point). */
  readonly weights: Float64Array;
  /** By curve: density, P(X ≤ point) and P(X > point), each to nearly all its own digits in its own tail. */
  readonly densities: readonly Float64Array[];
  readonly below: readonly Float64Array[];
  readonly above: readonly Float64Array[];
  /** Where panels begin, and the end of the last. */
  readonly edges: Float64Array;
}

/** Where a curve is e⁻³⁶ of its height (a normal one 8.5 standard deviations out), 1e-17 of it lies further out: lost beside 1. */
export const ORDINARY_CUT = 36;
interface Reach {
  readonly from: number;
  readonly to: number;
}

const reachOf = (curve: Curve, cut: number): Reach => ({
  from: cutPoint(curve, -1, cut),
  to: cutPoint(curve, 1, cut),
});

/** How much wider panels may be where only sums are asked for; seen to cost no digit. */
const WIDEN = 1.3;

const anyWidth = (_point: number): number => Number.POSITIVE_INFINITY;

export interface GridOptions {
  readonly cut?: number;
  /** How far half a panel may reach where no curve bounds it. */
  reach?(point: number): number;
  /** Nothing is read between nodes but sums over them, which are right to twice the degree: panels may be wider then. */
  readonly sumsOnly?: boolean;
}

/**
 * Panels so narrow that every curve that matters in one (it is within e^−`cut` of its own height) is a polynomial of degree 15 there, to some 1e-12. They cover
 * all that lies between the outermost of those cuts.
 */
export function makeGrid(
  curves: readonly Curve[],
  { cut = ORDINARY_CUT, reach = anyWidth, sumsOnly = false }: GridOptions = {},
): Grid {
  const reaches = curves.map((curve) => reachOf(curve, cut));
  const edges = edgesOf(
    { curves, reaches, reach, cut, sumsOnly },
    { from: Math.min(...reaches.map(({ from }) => from)), to: Math.max(...reaches.map(({ to }) => to)) },
  );
  const { nodes, weights: panelWeights } = panelRule();
  const count = (edges.length - 1) * NODES;
  const take = lists(2 + 3 * curves.length, count);
  const points = take();
  const weights = take();
  for (let panel = 0, i = 0; panel < edges.length - 1; panel++) {
    const [from, to] = [edges[panel] as number, edges[panel + 1] as number];
    const half = (to - from) / 2;
    for (let node = 0; node < NODES; node++, i++) {
      // From the nearer end, so that nodes of one panel keep their distances.
      const x = nodes[node] as number;
      points[i] = x < 0 ? from + half * (1 + x) : to - half * (1 - x);
      weights[i] = half * (panelWeights[node] as number);
    }
  }
  const spread = curves.map((curve, k) =>
    spreadOver(curve, { points, weights, edges, reach: reaches[k] as Reach, take }),
  );
  return {
    ...{ count, points, weights, edges },
    densities: spread.map(({ density }) => density),
    below: spread.map(({ below }) => below),
    above: spread.map(({ above }) => above),
  };
}

/** From left to right: as wide as the narrowest curve allows, and never over the point at which another begins or ends to matter. */
function edgesOf(
  {
    curves,
    reaches,
    reach,
    cut,
    sumsOnly,
  }: Required<GridOptions> & { curves: readonly Curve[]; reaches: readonly Reach[] },
  whole: Reach,
): Float64Array {
  const widen = sumsOnly ? WIDEN : 1;
  const reachAt = (curve: Curve, point: number): number => {
    if (!sumsOnly) return curve.halfWidth(point);
    const depth = -curve.logRatio(point) - (cut - ORDINARY_CUT);
    return curve.halfWidth(point, depth > 0 ? Math.exp(depth / NODES) : 1);
  };
  const edges = [whole.from];
  for (let at = whole.from; at < whole.to; ) {
    let half = reach(at);
    let end = whole.to;
    for (let k = 0; k < curves.length; k++) {
      const { from, to } = reaches[k] as Reach;
      if (from > at) end = Math.min(end, from);
      else if (to > at) {
        end = Math.min(end, to);
        half = Math.min(half, reachAt(curves[k] as Curve, at));
      }
    }
    half = Math.min(half, (end - at) / (2 * widen));
    for (let k = 0; k < curves.length; k++) {
      const { from, to } = reaches[k] as Reach;
      if (from <= at && to > at)
        half = narrowed(half, (other) => reachAt(curves[k] as Curve, at + 2 * widen * other));
    }
    const next = at + 2 * widen * half;
    at = next < end && next > at ? next : end;
    edges.push(at);
  }
  return Float64Array.from(edges);
}

/** So many lists of one length in one piece of memory: a typed array of its own costs more than what is computed in it. */
function lists(many: number, length: number): () => Float64Array {
  const { buffer, BYTES_PER_ELEMENT } = new Float64Array(many * length);
  let taken = 0;
  return () => new Float64Array(buffer, taken++ * length * BYTES_PER_ELEMENT, length);
}

interface Over extends Pick<Grid, "points" | "weights" | "edges"> {
  readonly reach: Reach;
  /** A list for every node, of zeros. */
  take(): Float64Array;
}

function spreadOver(
  { logRatio }: Curve,
  { points, weights, edges, reach: { from, to }, take }: Over,
): { density: Float64Array; below: Float64Array; above: Float64Array } {
  const count = points.length;
  const density = take();
  const below = take();
  const above = take();
  const panels = edges.length - 1;
  const masses = new Float64Array(panels);
  for (let panel = 0, start = 0; panel < panels; panel++, start += NODES) {
    if ((edges[panel] as number) >= to || (edges[panel + 1] as number) <= from) continue;
    const half = ((edges[panel + 1] as number) - (edges[panel] as number)) / 2;
    let mass = 0;
    for (let i = start; i < start + NODES; i++) {
      const value = Math.exp(logRatio(points[i] as number));
      density[i] = value;
      mass += value * (weights[i] as number);
    }
    masses[panel] = mass;
    upToNodes(density, below, start);
    for (let i = start; i < start + NODES; i++) {
      const part = (below[i] as number) * half;
      below[i] = part;
      above[i] = mass - part;
    }
  }
  let total = 0;
  for (const mass of masses) total += mass;
  let left = 0;
  for (let panel = 0, i = 0; panel < panels; panel++, left += masses[panel - 1] as number)
    for (const end = i + NODES; i < end; i++) below[i] = ((below[i] as number) + left) / total;
  let right = 0;
  for (let panel = panels - 1, i = count - 1; panel >= 0; panel--, right += masses[panel + 1] as number)
    for (const end = i - NODES; i > end; i--) above[i] = ((above[i] as number) + right) / total;
  for (let i = 0; i < count; i++) density[i] = (density[i] as number) / total;
  return { density, below, above };
}
