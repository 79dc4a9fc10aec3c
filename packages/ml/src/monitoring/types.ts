/** Feature vectors, n × d, row-major: row i is `data.subarray(i * columns, (i + 1) * columns)`, as `featureArray` fills it. */
export interface FeatureMatrix {
  data: Float64Array;
  columns: number;
}

/** Numbers of one feature. Never changed. */
export type Sample = readonly number[] | Float64Array;

export interface KolmogorovSmirnov {
  /** Largest distance between both empirical distribution functions, in [0, 1]. */
  d: number;
  /** Probability of a distance of this size or more if both samples come from one distribution, in [0, 1]. */
  pValue: number;
}

/** `stable`: no shift worth a look. `unknown`: could not be judged, see `reason`. */
export type DriftVerdict = "stable" | "moderate" | "major" | "unknown";

export interface FeatureDrift {
  feature: string;
  psi: number | null;
  d: number | null;
  pValue: number | null;
  /** After Holm's correction for the number of features judged. */
  adjustedPValue: number | null;
  verdict: DriftVerdict;
  /** Why it is unknown; null otherwise. */
  reason: "too-few-rows" | "not-finite" | null;
}

export interface DriftOptions {
  /** Chance of any false alarm in one comparison over all features, in (0, 1) (default 0.01). */
  alpha?: number;
  /** PSI from which a significant shift is moderate or major (default 0.1 and 0.25). */
  thresholds?: { moderate: number; major: number };
  /** Rows that each side needs (default 100). */
  minRows?: number;
  /** Quantile bins of the PSI (default 10). */
  bins?: number;
}
