import type { Direction, MetricRole, Stage } from "@attune/core/stats";

export type MetricKind = "proportion" | "mean" | "revenue" | "count" | "ratio";

/** What one metric is made of. In a file of users each column is a user's value, in a file of counts a sum over users. */
export interface MetricMapping {
  /** Default: `proportion` for columns of yes and no (or in a file of counts), else `mean`; `ratio` where there is a `denominator`. */
  type?: MetricKind;
  column: string;
  /** Ratios: what `column` is divided by. */
  denominator?: string;
  /** Files of users: the same before the experiment (CUPED). */
  before?: string;
  /** Files of counts: the sum of the squares of users' values, for means and revenue. */
  squares?: string;
  /** Files of counts, revenue: how many bought. */
  buyers?: string;
  /** Default `primary` for the first metric where none is, else `secondary`. */
  role?: MetricRole;
  /** Default `increase`. */
  direction?: Direction;
  /** Guardrails: how much worse is still all right, relative to the control. */
  margin?: number;
  /** Files of users: values beyond this share of them, such as 0.999, count as that value. Default none. */
  winsorise?: number;
}

/** What is what in the file of an experiment. */
export interface AnalysisMapping {
  description?: string;
  format?: "csv" | "ndjson";
  /** Column names where the file has no header line. */
  columns?: readonly string[];
  /** Default: the one of comma, semicolon, tab and bar that the first line has most of. */
  delimiter?: string;
  variant: string;
  /** Default `control` where there is such a variant, else the first by name. */
  control?: string;
  /** Share of each variant, of any sum. Default even. */
  weights?: Readonly<Record<string, number>>;
  /** Variants that were taken out while the experiment ran. */
  removed?: readonly string[];
  /** Column of who it is. Without it nobody can tell users who are there twice. */
  user?: string;
  /** What becomes of several rows of one user in one variant: the `first` counts (default), or their `sum`. */
  duplicates?: "first" | "sum";
  /** Makes it a file of counts: the column of how many users a row stands for. */
  units?: string;
  /** Columns of how many, or of whether a user, came to each stage. Metrics are of those who came to the last one. */
  stages?: Readonly<Partial<Record<Stage, string>>>;
  /** By name. */
  metrics: Readonly<Record<string, MetricMapping>>;
  /** Columns to break the results down by. */
  dimensions?: readonly string[];
  /** Column of when, from which it is told how long it ran. */
  time?: string;
  days?: number;
  level?: number;
  /** How many users of all variants were planned before it began; the rule is sharpest there. Default 5,000. */
  planned?: number;
  /** The smallest difference, relative to the control, that one cares about. */
  caring?: number;
}
