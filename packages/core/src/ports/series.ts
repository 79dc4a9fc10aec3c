/** One measurement: what was measured, when, of what kind, and its figures. Never about a subject: no visitor, user or session id in a tag. */
export interface SeriesPoint {
  /** 1–128 characters, e.g. `ingest`. */
  name: string;
  /** Epoch ms, whole. */
  at: number;
  /**
   * Few values each (site, event name, segment): every combination is a series of its own. Names are not empty; an empty value is the
   * same as no such tag.
   */
  tags?: Readonly<Record<string, string>>;
  /** At least one; finite, under names that are not empty. */
  fields: Readonly<Record<string, number>>;
}

/** `count` counts the points that have the field. `last` is the value of the latest point; of several at one time, of any of them. */
export type SeriesAggregate = "sum" | "count" | "mean" | "min" | "max" | "last";

export interface SeriesQuery {
  name: string;
  field: string;
  /** Epoch ms; `from ≤ at < to`. */
  from: number;
  to: number;
  /** Length of a window, ms, whole and at least 1. Windows begin at multiples of it since the epoch, in UTC. */
  windowMs: number;
  aggregate: SeriesAggregate;
  /** Only points with these tags; `""` asks for points without the tag. */
  where?: Readonly<Record<string, string>>;
  /** One row for each combination of these tags (default: one row over all). */
  by?: readonly string[];
}

export interface SeriesRow {
  /** The tags of `by`; `""` where a point has no such tag. */
  tags: Readonly<Record<string, string>>;
  /** Windows that hold a point within the range, oldest first; `at` is the window's begin, which may lie before `from`. */
  windows: readonly { at: number; value: number }[];
}

/**
 * Time series for dashboards and reports. A point is identified by its name, tags and time: writing it again replaces the fields it
 * gives, so a repeated delivery has one effect. `write` resolves when the points are as durable as the adapter declares.
 * Not here: subjects (erasure never has to look here), percentiles over raw points, joins.
 */
export interface Series {
  readonly capabilities: {
    /** Survives the process being killed after `write` resolved. */
    durable: boolean;
  };
  /** All points or none: one that is not as {@link SeriesPoint} says refuses the call with `ATTUNE_SERIES_POINT`. */
  write(points: readonly SeriesPoint[]): Promise<void>;
  /**
   * Rows in the order of their tags' values (by code unit, in the order of `by`); none where nothing matches. A window that is not a
   * whole number from 1 on, or a range that is not finite, is refused with `ATTUNE_SERIES_QUERY`.
   */
  query(query: SeriesQuery): Promise<SeriesRow[]>;
  /** Drops points older than the time; resolves when no query sees them. */
  drop(before: number): Promise<void>;
  close(): Promise<void>;
}
