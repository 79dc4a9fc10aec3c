import { AttuneError } from "@attune/core";

/*
 * Where things are. `i` is a partition's incarnation: when it was created, in 9 digits of base 36. A partition that is deleted and written
 * to again is another incarnation with other keys, so that whatever still arrives for the old one is no part of the new one.
 *
 * durable   h                      head: number of the last commit, and that commit whole as long as its records are not all written
 *           p/{id}/{k}             parts of a commit that is too large for the head
 *           r/{i}/{sort}           a record
 *           t/{i}/{token}          a used token of `once`
 *           o/{id}                 in the partition `_/parts` alone: of whose commit there may be parts
 * hot       h                      head: of which commit the partition is the state; absent where it is not resident
 *           r/{sort}, t/{token}    the records and tokens
 *           l, l/{id}              who is filling the partition
 *           m/{id}                 by whose filling it is resident
 */
export const HEAD = "h";
export const CLAIM = "l";
export const RECORD = "r/";
export const TOKEN = "t/";
export const PART = "p/";
/** Holds no record of anybody, so that no reader sees it. */
export const PART_NOTES = "_/parts";
export const PART_NOTE = "o/";
export const claimKey = (id: string): string => `l/${id}`;
export const residentKey = (id: string): string => `m/${id}`;
export const partKey = (id: string, index: number): string => `${PART}${id}/${index}`;

/** Of the layout; a reader refuses what a newer one has written. */
export const LAYOUT = 1;
const INCARNATION_DIGITS = 9;

/** A record or token as the hot tier holds it. */
export interface HotRow {
  /** The record's version, as readers see it. */
  v: number;
  /** The version of its item in the durable tier. */
  d: number;
  j: unknown;
  /** Epoch ms; of tokens only, since the hot tier does not know that they expire. */
  x?: number;
}

export interface HotHead {
  l: number;
  /** Empty where the partition has never been written to. */
  i: string;
  n: number;
  /** Version of the durable head that this is the state of. */
  hv: number;
  ends: number | null;
  /** Id of the filling. */
  load: string;
  /** Epoch ms until which the partition is resident. */
  until?: number;
}

/** One record's part of a commit. */
export interface IntentOp {
  /** Its key in the hot tier. */
  k: string;
  /** Version of the durable item that is expected. */
  d: number;
  v: number;
  j?: unknown;
  x?: number;
  gone?: true;
}

export interface DurableHead {
  l: number;
  i: string;
  n: number;
  /** Epoch ms after which no record is left, at the latest; null: some have no end. */
  ends: number | null;
  /** The last commit, until all its records are written. */
  ops?: IntentOp[];
  parts?: { id: string; count: number };
}

export interface DurableRow {
  /** Number of the commit that wrote it. */
  c: number;
  v: number;
  j?: unknown;
  x?: number;
  gone?: true;
}

/** @throws AttuneError `ATTUNE_STORE_SCHEMA` where a newer version has written it. */
export function checked<Head extends { l: number }>(head: Head): Head {
  if (head.l <= LAYOUT) return head;
  throw new AttuneError(
    "ATTUNE_STORE_SCHEMA",
    `The store holds partitions of a newer version (layout ${head.l}, this code knows ${LAYOUT}). Update @attune/server-adapters.`,
  );
}

/** A fresh incarnation: later than the one before, whatever this machine's clock says. */
export function nextIncarnation(now: number, before: string): string {
  const earliest = before === "" ? 0 : Number.parseInt(before, 36) + 1;
  return incarnationAt(Math.max(now, earliest));
}

/** The incarnation that a partition created at that time has. */
export const incarnationAt = (time: number): string =>
  Math.max(0, Math.floor(time)).toString(36).padStart(INCARNATION_DIGITS, "0");

/** Where a row of the hot tier is in the durable one. */
export const durableKey = (incarnation: string, key: string): string =>
  `${key.slice(0, 2)}${incarnation}/${key.slice(2)}`;

/** What a key of the durable tier is; null where it is no record and no token. */
export function parseDurableKey(sort: string): { incarnation: string; key: string } | null {
  const kind = sort.slice(0, 2);
  if (kind !== RECORD && kind !== TOKEN) return null;
  const end = 2 + INCARNATION_DIGITS;
  return { incarnation: sort.slice(2, end), key: kind + sort.slice(end + 1) };
}
