import { expm1Minus } from "../special/log1p-minus.js";
import { type Curve, widthOf } from "./curve.js";

/** A gamma distribution with mean shape / rate, both above 0. */
export interface GammaShape {
  readonly shape: number;
  readonly rate: number;
}

/** The density of the logarithm of a quantity that is Gamma(shape, rate): −shape (eᵘ − 1 − u), with u the distance from ln(shape / rate). */
export function gammaCurve({ shape, rate }: GammaShape, origin = 0): Curve {
  const mode = Math.log(shape / rate) - origin;
  return {
    mode,
    scale: 1 / Math.sqrt(shape),
    logRatio: (point) => -shape * expm1Minus(point - mode),
    slope: (point) => -shape * Math.expm1(point - mode),
    halfWidth(point, lift) {
      const u = point - mode;
      return widthOf(shape * Math.exp(u), shape * Math.expm1(u), 1.5, lift);
    },
  };
}
