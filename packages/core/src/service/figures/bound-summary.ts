import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { ArmCounts, SiteSummary } from "../types.js";
import { tooFewIn } from "./segment-floor.js";

/** Variants of one experiment that are shown beside other experiments. */
const MAX_VARIANTS = 20;
/** Bytes that the names of one table may have together: whatever names were sent, the whole stays small. */
const NAME_BYTES = 64 << 10;

const bytesOf = (name: string): number => utf8ToBytes(JSON.stringify(name)).length;

const sizeOfArm = ({ exposures, conversions }: ArmCounts[string]): number => exposures + conversions;
const sizeOf = (arms: ArmCounts): number => Object.values(arms).reduce((sum, arm) => sum + sizeOfArm(arm), 0);

/** The largest entries, as many as `max` and the room for names allow; in their own order where all may stay. */
function largest<V>(
  table: Readonly<Record<string, V>>,
  max: number,
  measure: { size(value: V): number; bytes(name: string, value: V): number },
): Readonly<Record<string, V>> {
  let entries = Object.entries(table);
  if (entries.length > max) {
    const sized = entries.map((entry) => ({ entry, size: measure.size(entry[1]) }));
    entries = sized
      .sort((a, b) => b.size - a.size)
      .slice(0, max)
      .map(({ entry }) => entry);
  }
  let room = NAME_BYTES;
  const kept = entries.filter(([name, value]) => (room -= measure.bytes(name, value)) >= 0);
  return Object.fromEntries(kept);
}

/** The largest variants of one experiment. */
export const largestArms = (arms: ArmCounts, max: number): ArmCounts =>
  largest(arms, max, { size: sizeOfArm, bytes: bytesOf });

/**
 * The `max` largest event names, segments and experiments. Names come from whoever holds a public key, so that an answer or a frame
 * that showed all of them would be as large as they like.
 */
export function boundSummary(summary: Omit<SiteSummary, "other" | "tooFew">, max: number): SiteSummary {
  const plain = { size: (count: number) => count, bytes: bytesOf };
  const byName = largest(summary.byName, max, plain);
  // What is too few to be told has no place by its size either.
  const segments = largest(summary.segments, max, { ...plain, size: (count: number | null) => count ?? 0 });
  const trimmed = Object.entries(summary.experiments).map(([name, arms]): [string, ArmCounts] => [
    name,
    largestArms(arms, MAX_VARIANTS),
  ]);
  const experiments = largest(Object.fromEntries(trimmed), max, {
    size: sizeOf,
    bytes: (name, arms) => Object.keys(arms).reduce((sum, arm) => sum + bytesOf(arm), bytesOf(name)),
  });
  const fewer = (all: object, some: object): number => Object.keys(all).length - Object.keys(some).length;
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);
  const other = {
    byName: {
      names: fewer(summary.byName, byName),
      count: sum(Object.values(summary.byName)) - sum(Object.values(byName)),
    },
    segments: { names: fewer(summary.segments, segments) },
    experiments: {
      names: fewer(summary.experiments, experiments),
      variants: sum(
        Object.entries(experiments).map(([name, arms]) =>
          fewer(summary.experiments[name] as ArmCounts, arms),
        ),
      ),
    },
  };
  const whole =
    other.byName.names + other.segments.names + other.experiments.names + other.experiments.variants === 0;
  const crossed = Object.fromEntries(
    Object.entries(summary.crossed).filter(([name]) => Object.hasOwn(experiments, name)),
  );
  const tooFew = tooFewIn(segments);
  return { ...summary, byName, segments, tooFew, experiments, crossed, other: whole ? null : other };
}
