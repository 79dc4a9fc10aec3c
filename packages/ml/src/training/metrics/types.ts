/** A figure with the range in which it lies with the given confidence. */
export interface Measured {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** One bin of a calibration plot. */
export interface CalibrationBin {
  /** Rows, their mean score, and the share of ones among them; null without rows. */
  readonly rows: number;
  readonly score: number | null;
  readonly share: number | null;
}

export interface MetricsOptions {
  /** From which score on a row is called a one (default 0.5). */
  readonly threshold?: number;
  /** Bins of equal width for calibration (default 15). */
  readonly bins?: number;
  /** Confidence of the intervals, in (0, 1) (default 0.95). */
  readonly level?: number;
}

/** How well scores in [0, 1] tell labels of 0 and 1. What one class alone cannot tell is null. */
export interface Metrics {
  readonly rows: number;
  readonly ones: number;
  /** Why some figures are null: all labels are alike. */
  readonly reason: "one-class" | null;
  /** Chance that a one has a higher score than a zero, ties half; interval by DeLong et al. (1988). */
  readonly auc: Measured | null;
  /** Σ (recall gained × precision) over falling scores. */
  readonly averagePrecision: number | null;
  /** Mean of −ln P(label), scores held within 1e-15 of 0 and 1; normal interval of the mean. */
  readonly logLoss: Measured;
  /** Mean of (score − label)²; normal interval of the mean. */
  readonly brier: Measured;
  /** Mean distance between score and share over bins, by rows; and the greatest one. */
  readonly ece: number;
  readonly mce: number;
  /** What the ECE of scores that are right would come to with these rows: chance alone. */
  readonly eceByChance: number;
  readonly calibration: readonly CalibrationBin[];
  /** Share of rows called right, at the threshold; Wilson (1927) interval. Beside it that of always calling the more frequent label. */
  readonly accuracy: Measured;
  readonly majority: number;
  /** Shares of ones and of zeros called right; Wilson intervals. */
  readonly sensitivity: Measured | null;
  readonly specificity: Measured | null;
  /** Mean of both; interval from their variances. */
  readonly balancedAccuracy: Measured | null;
  /** Share of ones among rows that are called ones; null if none is. */
  readonly precision: Measured | null;
  /** 2 TP ÷ (2 TP + FP + FN); Wilson interval of TP ÷ (TP + FP + FN), of which it is a rising function. Null where all of these are 0. */
  readonly f1: Measured | null;
}
