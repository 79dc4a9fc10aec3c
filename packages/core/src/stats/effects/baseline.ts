/** What a relative difference is relative to. */
export interface Baseline {
  readonly mean: number;
  /** Of the mean. */
  readonly variance: number;
  /** With the control's mean that the difference is taken from. */
  readonly covariance: number;
  /** Where the delta method is taken: the relative difference as it was measured, before anything was taken out. */
  readonly uplift: number;
}
