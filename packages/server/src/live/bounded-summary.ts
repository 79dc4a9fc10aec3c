import type { SiteSummary } from "@attune/core/service";

/** What a bounded summary leaves out; null where it is whole. */
export interface LeftOut {
  /** Event names, and how many events they have together. */
  byName: { names: number; count: number };
  segments: { names: number };
  /** Experiments, and variants of those that are shown. */
  experiments: { names: number; variants: number };
}

export interface BoundedSummary {
  summary: SiteSummary;
  other: LeftOut | null;
}

interface Arm {
  exposures: number;
  conversions: number;
}
type Arms = Readonly<Record<string, Arm>>;

/** Variants of one experiment that are shown. */
const MAX_VARIANTS = 20;
/** Bytes that the names of one table may have together: whatever names were sent, the whole stays small. */
const NAME_BYTES = 64 << 10;

const bytesOf = (name: string): number => Buffer.byteLength(JSON.stringify(name));

const sizeOf = (arms: Arms): number =>
  Object.values(arms).reduce((sum, { exposures, conversions }) => sum + exposures + conversions, 0);

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

/**
 * The `max` largest event names, segments and experiments. Names come from whoever holds a public key, so that an answer or a frame
 * that showed all of them would have no bound.
 */
export function boundedSummary(summary: SiteSummary, max: number): BoundedSummary {
  const plain = { size: (count: number) => count, bytes: bytesOf };
  const byName = largest(summary.byName, max, plain);
  const segments = largest(summary.segments, max, plain);
  let variants = 0;
  const trimmed = Object.entries(summary.experiments).map(([name, arms]): [string, Arms] => [
    name,
    largest(arms, MAX_VARIANTS, { size: (arm) => arm.exposures + arm.conversions, bytes: bytesOf }),
  ]);
  const experiments = largest(Object.fromEntries(trimmed), max, {
    size: sizeOf,
    bytes: (name, arms) => Object.keys(arms).reduce((sum, arm) => sum + bytesOf(arm), bytesOf(name)),
  });
  for (const [name, arms] of Object.entries(experiments))
    variants += Object.keys(summary.experiments[name] as Arms).length - Object.keys(arms).length;
  const fewer = (all: object, some: object): number => Object.keys(all).length - Object.keys(some).length;
  const sum = (table: Readonly<Record<string, number>>): number =>
    Object.values(table).reduce((total, count) => total + count, 0);
  const other: LeftOut = {
    byName: { names: fewer(summary.byName, byName), count: sum(summary.byName) - sum(byName) },
    segments: { names: fewer(summary.segments, segments) },
    experiments: { names: fewer(summary.experiments, experiments), variants },
  };
  const whole = other.byName.names + other.segments.names + other.experiments.names + variants === 0;
  return { summary: { ...summary, byName, segments, experiments }, other: whole ? null : other };
}
