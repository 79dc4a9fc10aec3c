import type { Assignment, Assignments, KeptAssignment } from "./types.js";

type Kept = readonly KeptAssignment[];

/** What decisions read of what is kept. Throws for what no fold has kept. */
export function assignmentsOf(kept: Kept = []): Assignments {
  return Object.fromEntries(
    kept.map(([experiment, bucketVersion, variant, , knownAt, conflict, known]): [string, Assignment] => [
      experiment,
      {
        variant,
        ...(knownAt > 0 && { known: known ?? variant }),
        bucketVersion,
        ...(conflict === 1 && { conflict: true }),
      },
    ]),
  );
}

/** The earlier of two things seen; at the same moment the one whose name comes first, so that the order of the devices is nothing. */
const earlier = (a: readonly [variant: string, at: number], b: readonly [variant: string, at: number]) =>
  a[1] < b[1] || (a[1] === b[1] && a[0] < b[0]) ? a : b;

/** Of one experiment: what the visitor of both was shown. */
function mergeOne(a: KeptAssignment, b: KeptAssignment): KeptAssignment {
  if (a[1] !== b[1]) return a[1] > b[1] ? a : b;
  const [experiment, bucketVersion] = a;
  const [variant, at] = earlier([a[2], a[3]], [b[2], b[3]]);
  const seenKnown = [a, b].flatMap((one) => (one[4] > 0 ? [[one[6] ?? one[2], one[4]] as const] : []));
  const [known, knownAt] = seenKnown.length === 0 ? [variant, 0] : seenKnown.reduce(earlier);
  const conflict = a[5] | b[5] | +(a[2] !== b[2]) ? 1 : 0;
  return kept([experiment, bucketVersion, variant, at, knownAt, conflict], known);
}

/** With the variant known only where it says something of its own. */
export const kept = (
  one: readonly [string, number, string, number, number, 0 | 1],
  known: string,
): KeptAssignment => (one[4] === 0 || known === one[2] ? one : [...one, known]);

/**
 * What was shown to one person on several devices, oldest first: of each experiment the assignment of the highest bucket version; of those the
 * variant seen first, the one seen first while logged in, and whether they differ. The order of the devices does not matter.
 */
export function mergeAssignments(devices: readonly Kept[]): Kept {
  const merged = new Map<string, KeptAssignment>();
  for (const one of devices.flat()) {
    const before = merged.get(one[0]);
    merged.set(one[0], before ? mergeOne(before, one) : one);
  }
  return [...merged.values()].sort((a, b) => a[3] - b[3] || (a[0] < b[0] ? -1 : 1));
}
