import { NODES, panelRule, upToNodes } from "../quadrature.js";
import { type Curve, cutPoint } from "./curve.js";

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

/** e⁻⁴⁰ is 4e-18: what lies further out is lost beside 1. */
export const ORDINARY_CUT = 40;
/** As far as numbers go. */
export const WHOLE_CUT = 700;

interface Reach {
  readonly from: number;
  readonly to: number;
}

const reachOf = (curve: Curve, cut: number): Reach => ({
  from: cutPoint(curve, -1, cut),
  to: cutPoint(curve, 1, cut),
});

/** How far half a panel may reach where no curve bounds it. */
const anyWidth = (_point: number): number => Number.POSITIVE_INFINITY;

/**
 * Panels so narrow that every curve that matters in one (it is within `cut` of its own height) is a polynomial of degree 15 there, to some 1e-12. They cover
 * all that lies between the outermost cuts at e^−{@link ORDINARY_CUT}: with a larger `cut`, tails in the middle keep their digits too.
 */
export function makeGrid(curves: readonly Curve[], cut = ORDINARY_CUT, reach = anyWidth): Grid {
  const reaches = curves.map((curve) => reachOf(curve, cut));
  const ordinary = cut === ORDINARY_CUT ? reaches : curves.map((curve) => reachOf(curve, ORDINARY_CUT));
  const edges = edgesOf(
    { curves, reaches, reach },
    {
      from: Math.min(...ordinary.map(({ from }) => from)),
      to: Math.max(...ordinary.map(({ to }) => to)),
    },
  );
  const { nodes, weights: panelWeights } = panelRule();
  const count = (edges.length - 1) * NODES;
  const points = new Float64Array(count);
  const weights = new Float64Array(count);
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
  const spread = curves.map((curve, k) => spreadOver(curve, reaches[k] as Reach, { points, weights, edges }));
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
  }: { curves: readonly Curve[]; reaches: readonly Reach[]; reach(point: number): number },
  whole: Reach,
): Float64Array {
  const edges = [whole.from];
  for (let at = whole.from; at < whole.to; ) {
    let half = reach(at);
    let end = whole.to;
    for (const [k, { from, to }] of reaches.entries()) {
      if (from > at) end = Math.min(end, from);
      else if (to > at) {
        end = Math.min(end, to);
        half = Math.min(half, (curves[k] as Curve).halfWidth(at));
      }
    }
    // What is narrow enough where it begins may not be so where it ends.
    for (const [k, { from, to }] of reaches.entries()) {
      const ahead = Math.min(at + 2 * half, end);
      if (from <= at && to > at) half = Math.min(half, (curves[k] as Curve).halfWidth(ahead));
    }
    const next = at + 2 * half;
    at = next < end && next > at ? next : end;
    edges.push(at);
  }
  return Float64Array.from(edges);
}

function spreadOver(
  { logRatio }: Curve,
  { from, to }: Reach,
  { points, weights, edges }: Pick<Grid, "points" | "weights" | "edges">,
): { density: Float64Array; below: Float64Array; above: Float64Array } {
  const count = points.length;
  const density = new Float64Array(count);
  const below = new Float64Array(count);
  const above = new Float64Array(count);
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
