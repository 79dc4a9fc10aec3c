import type { Snapshot } from "./types.js";

/** Frozen snapshots that share what did not change, and are the same object while nothing did. */
export function createSnapshots(read: () => Snapshot): () => Snapshot {
  let last: Snapshot;
  let parts: readonly unknown[] = [];
  return () => {
    const next = read();
    const found = Object.values(next);
    if (found.some((part, i) => part !== parts[i])) {
      parts = found;
      last = Object.freeze(next);
    }
    return last;
  };
}
