import type { Event } from "../events/types.js";
import { kept as keptOf } from "./assignments.js";
import type { KeptAssignment, LearnedState } from "./types.js";

/** A name longer than this has no room beside another. */
const MAX_NAME = 128;

const isName = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && value.length <= MAX_NAME;

/** Of the same bucket version: what one more exposure changes. */
function seenAgain(
  before: KeptAssignment,
  { variant, at, isKnown, isKept }: { variant: string; at: number; isKnown: boolean; isKept: boolean },
): KeptAssignment {
  const [experiment, bucketVersion, first, firstAt, firstKnownAt, conflict] = before;
  const firstKnown = before[6] ?? first;
  // An assignment that holds and is none of those known here was made on another device of the same person, before.
  const isElsewhere = isKept && variant !== first && !(firstKnownAt > 0 && variant === firstKnown);
  const isFirst = isElsewhere || at < firstAt;
  const isFirstKnown = isKnown && (isElsewhere || firstKnownAt === 0 || at < firstKnownAt);
  return keptOf(
    [
      experiment,
      bucketVersion,
      isFirst ? variant : first,
      Math.min(at, firstAt),
      isFirstKnown ? (firstKnownAt > 0 ? Math.min(at, firstKnownAt) : at) : firstKnownAt,
      variant === first ? conflict : 1,
    ],
    isFirstKnown ? variant : firstKnown,
  );
}

/**
 * What was seen of a sticky experiment assigns: `Variant Exposed` with a bucket version. Of a lower version than is known it says nothing, a higher
 * one begins anew. The order in which exposures come says nothing, their times do. Writes into `learned`.
 */
export function foldExposure(learned: LearnedState, event: Event): void {
  if (event.name !== "Variant Exposed") return;
  const { experiment, variant, bucketVersion, kept } = event.properties;
  if (!isName(experiment) || !isName(variant) || !Number.isSafeInteger(bucketVersion)) return;
  const [version, at, isKnown] = [bucketVersion as number, event.occurredAt, event.userId !== null];
  const others = learned.assignments ?? [];
  const index = others.findIndex(([name]) => name === experiment);
  const before = others[index];
  if (before && before[1] > version) return;
  const one: KeptAssignment =
    before?.[1] === version
      ? seenAgain(before, { variant, at, isKnown, isKept: kept === true })
      : [experiment, version, variant, at, isKnown ? at : 0, 0];
  learned.assignments = [...others.filter((other) => other !== before), one].sort((a, b) => a[3] - b[3]);
}
