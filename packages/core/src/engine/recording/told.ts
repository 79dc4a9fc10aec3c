import type { Memberships } from "../../segments/types.js";

/**
 * What the server has said of the visitor's segments and this page does not find by itself: since when the visitor is in one, epoch ms, or null
 * where it has left. The server hears of more than the page does (a back end's events, another device's), and of the page's own a little later.
 */
export type Told = Readonly<Record<string, number | null>>;

export const NOTHING_TOLD: Told = {};

/** What is told with the changes that the server tells of. */
export const withChanges = (
  told: Told,
  changes: readonly { segment: string; change: "entered" | "left" }[],
  now: number,
): Told => ({
  ...told,
  ...Object.fromEntries(changes.map(({ segment, change }) => [segment, change === "entered" ? now : null])),
});

/**
 * What is told once the server says in which segments it finds the visitor. What it said before and does not say any more is over; a segment that it
 * does not name may be too new for it, so that the page's own finding stays.
 */
export function withFinding(told: Told, names: readonly string[], now: number): Told {
  const found = new Set(names);
  const kept = Object.entries(told).filter(([name, since]) => found.has(name) === (since !== null));
  return { ...Object.fromEntries(names.map((name) => [name, now])), ...Object.fromEntries(kept) };
}

/** Without what the page has come to find by itself; `told` where nothing is. */
export function unlessFound(told: Told, memberships: Memberships): Told {
  const left = Object.entries(told).filter(
    ([name, since]) => Object.hasOwn(memberships, name) !== (since !== null),
  );
  return left.length === Object.keys(told).length ? told : Object.fromEntries(left);
}

/** The page's finding, and over it what was told of segments that may be told of; `memberships` itself where that is nothing. */
export function corrected(
  memberships: Memberships,
  told: Told,
  mayTell: (name: string) => boolean,
): Memberships {
  const counting = Object.entries(told).filter(([name]) => mayTell(name));
  if (counting.length === 0) return memberships;
  const all: Record<string, number | null> = { ...memberships, ...Object.fromEntries(counting) };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, number] => entry[1] !== null),
  );
}
