import { legendreAt, legendreOf, NODES, panelRule } from "../quadrature.js";

/**
 * A smooth function that is costly, by polynomials through 16 of its values on each panel of a given width; panels are made as they are asked for. Where it is not finite on a panel it is asked itself.
 *
 * @param width of a panel, small beside the distance of the nearest singularity
 */
export function tabulated(
  of: (point: number) => number,
  { origin, width }: { origin: number; width: number },
): (point: number) => number {
  const panels = new Map<number, Float64Array | null>();
  const half = width / 2;
  const make = (panel: number): Float64Array | null => {
    const middle = origin + panel * width + half;
    const values = panelRule().nodes.map((node) => of(middle + half * node));
    if (!values.every(Number.isFinite)) return null;
    const coefficients = new Float64Array(NODES);
    legendreOf(values, 0, coefficients);
    return coefficients;
  };
  return (point) => {
    const at = (point - origin) / width;
    const panel = Math.floor(at);
    let coefficients = panels.get(panel);
    if (coefficients === undefined) {
      coefficients = make(panel);
      panels.set(panel, coefficients);
    }
    return coefficients === null ? of(point) : legendreAt(coefficients, 0, 2 * (at - panel) - 1);
  };
}
