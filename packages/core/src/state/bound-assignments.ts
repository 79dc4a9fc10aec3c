import type { KeptAssignment, LearnedState } from "./types.js";

/** Bytes of a state as JSON, as UTF-8. */
const MOST = 2048;
/** Bytes at most of all that is neither a text of `learned` nor an assignment: names, numbers at their longest, the session with its id. */
const REST = 1340;
/** Bytes that assignments may take where the rest leaves so much. */
const ROOM = 580;

/** At least the bytes that JSON takes for a text, as UTF-8. */
function textSize(text: string): number {
  let size = 2;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // What JSON may write as an escape, and halves of what takes four bytes, count as the longest escape.
    if (code < 0x20 || (code >= 0xd800 && code < 0xe000)) size += 6;
    else if (code === 0x22 || code === 0x5c) size += 2;
    else size += code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
  }
  return size;
}

/** With the comma and the brackets. */
const sizeOf = (one: KeptAssignment): number =>
  one.reduce<number>(
    (size, part) => size + 1 + (typeof part === "string" ? textSize(part) : String(part).length),
    2,
  );

/** Of all texts, in bytes; what is not known counts as `null`. */
function textsSize({ visitor, arrival, categories, brands, recentCategory }: LearnedState): number {
  const { campaign, landing, referrer } = arrival;
  const texts = [
    ...Object.values(visitor),
    ...(campaign ? Object.values(campaign) : []),
    ...categories.labels,
    ...brands.labels,
    ...[landing, referrer, recentCategory],
  ] as readonly (string | null)[];
  return texts.reduce((size, text) => size + (text === null ? 4 : textSize(text)), 0);
}

const PARTS = ["assignments", "visitor", "arrival", "categories", "brands", "recentCategory"] as const;

/**
 * Forgets the experiments that began first, until the whole state has its room again: about ten are left where texts are as long as they mostly
 * are, two or three where all of them are as long as they can be. Writes into `learned`.
 *
 * @param before What was bounded already.
 */
export function boundAssignments(learned: LearnedState, before: LearnedState): void {
  const all = learned.assignments;
  if (!all || PARTS.every((part) => learned[part] === before[part])) return;
  const room = Math.min(ROOM, MOST - REST - textsSize(learned));
  let size = all.reduce((sum, one) => sum + sizeOf(one), 0);
  let from = 0;
  while (from < all.length && size > room) size -= sizeOf(all[from++] as KeptAssignment);
  if (from === all.length) delete learned.assignments;
  else if (from > 0) learned.assignments = all.slice(from);
}
