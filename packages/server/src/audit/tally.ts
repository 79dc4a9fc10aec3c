import type { Act, Observation } from "./types.js";

/** One sighting of a thing. What is not given is as for something without content. */
export interface Sighting {
  act: Act;
  what: string;
  phase: number;
  by: string;
  page: string;
  bytes?: number | null;
  planted?: readonly string[];
  identified?: boolean;
  isPart?: boolean;
}

/** Counts sightings of the same act on the same thing in the same phase as one observation. */
export function createTally() {
  const found = new Map<string, Observation>();
  return {
    add(sighting: Sighting): void {
      const { act, what, phase, by, page, bytes = 0, planted = [] } = sighting;
      const { identified = false, isPart = false } = sighting;
      const key = JSON.stringify([act, what, phase]);
      const before = found.get(key);
      found.set(key, {
        act,
        what,
        phase,
        by: union(before?.by, [by]),
        pages: union(before?.pages, [page]),
        times: (before?.times ?? 0) + 1,
        bytes: sum(before?.bytes, bytes),
        planted: union(before?.planted, planted),
        // One that carries more than the others counts for all of them.
        identified: identified || before?.identified === true,
        isPart: isPart && before?.isPart !== false,
      });
    },
    all: (): Observation[] => [...found.values()],
  };
}

/**
 * What the browser told, completed by what scripts were seen to do: the same thing seen by both is one.
 *
 * @param addMissing Whether what only scripts were seen to do counts as done.
 */
export function completed(
  told: readonly Observation[],
  byScripts: readonly Observation[],
  addMissing: boolean,
): Observation[] {
  const whole = [...told];
  for (const extra of byScripts) {
    const at = whole.findIndex(
      ({ act, what, phase }) => act === extra.act && what === extra.what && phase === extra.phase,
    );
    const same = whole[at];
    if (same !== undefined)
      whole[at] = {
        ...same,
        by: union(same.by, extra.by),
        pages: union(same.pages, extra.pages),
        times: Math.max(same.times, extra.times),
        bytes: same.bytes ?? extra.bytes,
        planted: union(same.planted, extra.planted),
      };
    else if (addMissing) whole.push(extra);
  }
  return whole;
}

/** Of two sizes; not known where one of them is not. */
const sum = (a: number | null | undefined, b: number | null): number | null =>
  a === null || b === null ? null : (a ?? 0) + b;

export const union = <T>(a: readonly T[] | undefined, b: readonly T[]): T[] => [
  ...new Set([...(a ?? []), ...b]),
];
