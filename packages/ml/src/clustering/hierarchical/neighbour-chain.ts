import type { Merges } from "./dendrogram.js";

/** The cluster that is nearest, and at what distance. */
interface Nearest {
  readonly to: number;
  readonly distance: number;
}

/** How distances of clusters are known; clusters are named by one of their rows. */
interface Linkages {
  /** The nearest of the others among `active`: `previous` among equals (−1: there is none), then the first. */
  nearest(at: number, active: Int32Array, previous: number): Nearest;
  /** `a` becomes part of `b`; both are still among `active`. */
  join(a: number, b: number, active: Int32Array): void;
}

/**
 * Merges by nearest-neighbour chains (Murtagh 1983): from any cluster to its nearest, on and on, until two are each other's nearest, which are merged. Right for linkages under which a merge brings no other
 * cluster nearer (ward, average, complete). n − 1 merges, and at most 3 n calls of `nearest`.
 */
export function chainedMerges(rows: number, { nearest, join }: Linkages): Merges {
  const merges: Merges = {
    from: new Int32Array(rows - 1),
    to: new Int32Array(rows - 1),
    weight: new Float64Array(rows - 1),
  };
  let active = Int32Array.from({ length: rows }, (_, i) => i);
  const chain = new Int32Array(rows);
  let length = 0;
  for (let step = 0; step < rows - 1; ) {
    if (length === 0) chain[length++] = active[0] as number;
    const at = chain[length - 1] as number;
    const previous = length > 1 ? (chain[length - 2] as number) : -1;
    const { to, distance } = nearest(at, active, previous);
    if (to !== previous) {
      chain[length++] = to;
      continue;
    }
    length -= 2;
    const [low, high] = at < to ? [at, to] : [to, at];
    merges.from[step] = low;
    merges.to[step] = high;
    merges.weight[step++] = distance;
    join(low, high, active);
    const gone = active.indexOf(low);
    active.copyWithin(gone, gone + 1);
    active = active.subarray(0, -1);
  }
  return merges;
}
