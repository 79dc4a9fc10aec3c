import { NODES, panelRule } from "../quadrature.js";
import { type Curve, cutPoint, narrowed } from "./curve.js";
import { ORDINARY_CUT } from "./grid.js";

/** P(X ≤ x) and P(X > x), each to its own digits, and the density at x on the curve's axis. */
export interface Tails {
  readonly below: number;
  readonly above: number;
  readonly density: number;
}

/** What lies on both sides of a point. */
export function tailsAt(curve: Curve, point: number): Tails {
  if (point === Number.NEGATIVE_INFINITY) return { below: 0, above: 1, density: 0 };
  if (point === Number.POSITIVE_INFINITY) return { below: 1, above: 0, density: 0 };
  const below = areaBeside(curve, point, -1);
  const above = areaBeside(curve, point, 1);
  const whole = below + above;
  return { below: below / whole, above: above / whole, density: Math.exp(curve.logRatio(point)) / whole };
}

/** The area from a point outwards or over the mode, until what is left is lost beside it. */
function areaBeside(curve: Curve, from: number, side: -1 | 1): number {
  const overMode = side * (curve.mode - from) > 0;
  const highest = overMode ? 0 : curve.logRatio(from);
  // Less than any number, and its end would be looked for very far out.
  if (Math.exp(highest) === 0) return 0;
  const end = cutPoint(curve, side, ORDINARY_CUT - highest);
  // What lies before the mode's own reach is lost beside it, and would take very many panels.
  const cut = overMode ? cutPoint(curve, side === 1 ? -1 : 1, ORDINARY_CUT) : from;
  const start = side * (cut - from) > 0 ? cut : from;
  const { nodes, weights } = panelRule();
  let area = 0;
  for (let at = start; side * (end - at) > 0; ) {
    const half = narrowed(Math.min(curve.halfWidth(at), Math.abs(end - at) / 2), (other) =>
      curve.halfWidth(at + side * 2 * other),
    );
    const middle = at + side * half;
    if (middle === at) break;
    let sum = 0;
    for (let i = 0; i < NODES; i++)
      sum += (weights[i] as number) * Math.exp(curve.logRatio(middle + half * (nodes[i] as number)));
    area += sum * half;
    at += side * 2 * half;
  }
  return area;
}

/** The point with a share of all that lies below it (`side` −1) or above it (1), by Newton's steps on the logarithm of that tail within bounds that close in. */
export function quantileOf(curve: Curve, share: number, side: -1 | 1 = -1): number {
  // The thinner tail is the one with digits.
  if (share > 0.5) return quantileOf(curve, 1 - share, side === -1 ? 1 : -1);
  const cut = ORDINARY_CUT - Math.log(share);
  let from = cutPoint(curve, -1, cut);
  let to = cutPoint(curve, 1, cut);
  let point = curve.mode;
  for (let step = 0; step < 100; step++) {
    const { below, above, density } = tailsAt(curve, point);
    const tail = side === -1 ? below : above;
    const excess = Math.log(tail / share);
    if (excess === 0) break;
    if (excess > 0 === (side === -1)) to = point;
    else from = point;
    const newton = point + (side * excess * tail) / density;
    const next = newton > from && newton < to ? newton : (from + to) / 2;
    const moved = Math.abs(next - point);
    point = next;
    if (moved <= 4e-16 * (curve.scale + Math.abs(point))) break;
  }
  return point;
}
