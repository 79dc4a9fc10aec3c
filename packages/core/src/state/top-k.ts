import type { TopK } from "./types.js";

const SIZE = 6;

/**
 * Counts a label in a table of six: Space-Saving (Metwally, Agrawal, El Abbadi 2005). Exact up to six labels; beyond that a newcomer
 * takes over the smallest count. The counts always sum to the number of labels counted, and every label that makes up more than a sixth
 * of the stream is in the table. Returns a new table; O(1).
 */
export function countLabel(table: TopK, label: string): TopK {
  const labels = table.labels.slice();
  const counts = table.counts.slice();
  let at = labels.indexOf(label);
  if (at < 0) {
    at = labels.length < SIZE ? labels.length : counts.indexOf(Math.min(...counts));
    labels[at] = label;
  }
  counts[at] = (counts[at] ?? 0) + 1;
  return { labels, counts };
}

/** The most frequent label (the earliest in the table among equals) and its share of all that was counted. */
export function top({ labels, counts }: TopK): { label: string | null; share: number } {
  const most = Math.max(0, ...counts);
  return {
    label: labels[counts.indexOf(most)] ?? null,
    share: most && most / counts.reduce((sum, count) => sum + count, 0),
  };
}
