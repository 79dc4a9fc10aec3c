/** What the points of a grid stand for. */
export interface Axis {
  /** In the units of the metric: d value / d point. */
  stretch(point: number): number;
  /** How far 16 nodes may reach on both sides of a point without a loss of the stretch. */
  reach(point: number): number;
}

/** Points are values, but for their origin. */
export const LINEAR: Axis = { stretch: () => 1, reach: () => Number.POSITIVE_INFINITY };

/** Points are logarithms, but for that of `middle`. */
export const logarithmic = (middle: number): Axis => ({
  stretch: (point) => middle * Math.exp(point),
  reach: () => 1.5,
});
