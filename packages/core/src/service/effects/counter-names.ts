import { COUNTER } from "../fold/contributions.js";

/** Names that clients make up, each kind counted for itself: event names, and experiments with their variants. */
const KINDS = [COUNTER.event, `${COUNTER.exposed}/`, `${COUNTER.converted}/`, `${COUNTER.crossed}/`] as const;

/** Different names of one kind in one counter shard; what comes beyond counts as `(other)`. Bounds what a public key can create. */
export const MAX_NAMES = 500;

/** In a counter shard's guard, how many names of each kind it has, in the order of the kinds. */
type NameCounts = readonly number[];

const kindOf = (name: string): number => KINDS.findIndex((kind) => name.startsWith(kind));

const otherOf = (kind: number): string =>
  kind === 0 ? `${COUNTER.event}(other)` : `${KINDS[kind]}(other)/(other)`;

/** The counters that may be written where a counter of this name is asked for. */
export function countersFor(name: string): string[] {
  const kind = kindOf(name);
  return kind < 0 ? [name] : [name, otherOf(kind)];
}

/**
 * Says under which counter each name of a commit counts. A name for which there is no room counts as `(other)`, and does so for this visitor
 * from then on, also once there is room: an erasure then takes it away from where it was added.
 *
 * @param known Whether the shard has this counter.
 */
export function createPlacing(known: (name: string) => boolean, before: NameCounts) {
  const counts = KINDS.map((_, kind) => before[kind] ?? 0);
  const made = new Set<string>();
  return {
    place(name: string, others: Set<string>): string {
      const kind = kindOf(name);
      if (kind < 0 || name === otherOf(kind)) return name;
      if (others.has(name)) return otherOf(kind);
      if (known(name) || made.has(name)) return name;
      if ((counts[kind] as number) >= MAX_NAMES) {
        others.add(name);
        return otherOf(kind);
      }
      counts[kind] = (counts[kind] as number) + 1;
      made.add(name);
      return name;
    },
    /** The counts once these counters are gone. */
    without(removed: readonly string[]): NameCounts {
      const left = [...counts];
      for (const name of removed) {
        const kind = kindOf(name);
        if (kind >= 0 && name !== otherOf(kind)) left[kind] = Math.max(0, (left[kind] as number) - 1);
      }
      return left;
    },
  };
}
