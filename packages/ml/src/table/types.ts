import type { DeviceType, Event, Purpose } from "@attune/core";

const DAY = 86_400_000;
/** Milliseconds of a number of days. */
export const days = (count: number): number => count * DAY;

/** What is to be predicted at a moment of a visit: something that is only known later. */
export type TrainingLabel =
  /** An event of this name comes within the time. */
  | { readonly kind: "event"; readonly event: string; readonly withinMs: number }
  /** Another session begins within the time. */
  | { readonly kind: "returns"; readonly withinMs: number }
  /** The visit goes on to reach this depth on some page, in (0, 1]; told when the session is over. */
  | { readonly kind: "depth"; readonly depth: number };

export interface TrainingTableOptions {
  label: TrainingLabel;
  /** Epoch ms up to which everything that happened is known: rows whose time to come reaches beyond are left out. */
  until: number;
  /** Rows from before are left out, epoch ms (default: none are). */
  from?: number;
  /** A row is taken at this event of each session, and at none of shorter ones (default 3). */
  atEvent?: number;
  /** Events that do not cover all of these are not read at all, neither for features nor for labels (default `["personalization"]`). */
  purposes?: readonly Purpose[];
  /**
   * Of more rows a sample is taken, of whole visitors, each as likely as any other (default 200,000). Whoever has more rows alone is left out.
   */
  maxRows?: number;
  /** Of the sample: the same visitors in the same order give the same one (default 1). */
  seed?: number;
}

/** Why rows that could have been taken were not. */
export interface LeftOut {
  /** Their time to come was not over at `until`: whatever had not happened yet might still. */
  censored: number;
  /** What is to be predicted had happened by then. */
  settled: number;
  /** From before `from`. */
  early: number;
}

/** Rows to learn from, with what each turned out to be. */
export interface TrainingTable {
  /** Names of the columns: the features, in their order. */
  inputs: readonly string[];
  featuresVersion: string;
  /** n × d, row-major: the features as they stood at that moment. */
  rows: Float64Array;
  /** 1: it came true. */
  labels: Uint8Array;
  /** Which visitor a row is of, as a number: those of one belong on one side of any split. */
  groups: Int32Array;
  /** Epoch ms of each row. */
  times: Float64Array;
  /** What a row can be grouped by, where it was known. */
  slices: { device: readonly (DeviceType | null)[]; region: readonly (string | null)[] };
  leftOut: LeftOut;
  /** Of whom it is; those without a row are among them where all were taken. */
  visitors: number;
  /** Out of how many rows, and of how many visitors, it was drawn; not there where all were taken. */
  sampledFrom?: { rows: number; visitors: number };
}

/** A visitor's events, in the order in which they were folded. */
export type History = readonly Event[];
