/** Told at each further quarter, and once more at the end. */
const STEP = 0.25;

/** The deepest point so far, as a share in [0, 1], and when it is to be told. */
export interface Depth {
  /** Something came into view. Tells where that is a quarter more than was told. */
  reach(share: number): void;
  /** Tells what was not told. */
  settle(): void;
  reset(): void;
  reached(): number;
}

export function createDepth(tell: (depth: number) => void): Depth {
  let depth = 0;
  let told = 0;
  const settle = (): void => {
    if (depth <= told) return;
    told = depth;
    tell(Math.round(depth * 1000) / 1000);
  };
  return {
    reach(share) {
      depth = Math.max(depth, Math.min(1, share));
      if (Math.floor(depth / STEP) > Math.floor(told / STEP)) settle();
    },
    settle,
    reset() {
      depth = told = 0;
    },
    reached: () => depth,
  };
}
