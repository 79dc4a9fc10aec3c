/**
 * The shape of a distribution on a line on which it is easily integrated: the logit of a rate, the logarithm of a mean, a mean itself. Points are
 * offsets from an origin that all curves of a comparison share, so that what lies 1e-5 apart is not lost beside the origin.
 */
export interface Curve {
  /** Where it is highest. */
  readonly mode: number;
  /** The logarithm of the density at a point less that at the mode: 0 or less, concave or falling on both sides. */
  logRatio(point: number): number;
  /** Its derivative. */
  slope(point: number): number;
  /**
   * How far from a point 16 nodes may reach on both sides without a loss, as long as the curve matters there. Where it is so low that a share of what is there may be lost,
   * `lift` times as far down its slope: the error of a polynomial through 16 nodes grows with the 16th power of slope × width, so e^(depth / 16) times as far keeps it the
   * same beside the whole.
   */
  halfWidth(point: number, lift?: number): number;
  /** A distance from the mode that is about one standard deviation. */
  readonly scale: number;
}

/** What {@link Curve.halfWidth} comes to where bends, slopes and the nearest singularity of the complex plane are known. */
export const widthOf = (curvature: number, slope: number, reach: number, lift = 1): number =>
  Math.min(1.1 / Math.sqrt(curvature), (3 * lift) / Math.abs(slope), reach);

/**
 * What is narrow enough where a panel begins may not be so where it ends: by no more than half at a time, for a point so far off may lie behind a cliff that a
 * narrower panel never comes to.
 *
 * @param reachAtEnd of a panel whose half is so wide
 */
export function narrowed(half: number, reachAtEnd: (half: number) => number): number {
  for (let width = half; ; width /= 2) {
    const reach = reachAtEnd(width);
    if (!(reach < width / 2)) return Math.min(width, reach);
  }
}

/**
 * The point on one side of the mode beyond which the curve is lower than `−cut`; not nearer than that. Newton's steps on a concave curve come from outside, so each
 * of them stays there.
 */
export function cutPoint({ mode, scale, logRatio, slope }: Curve, side: -1 | 1, cut: number): number {
  let point = mode + side * scale * Math.sqrt(2 * cut);
  for (let step = 0; step < 100; step++) {
    const above = logRatio(point) + cut;
    const next = point - above / slope(point);
    if (!Number.isFinite(next) || Math.abs(above) < 0.5) break;
    point = next;
  }
  return point;
}
