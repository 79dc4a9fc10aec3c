import type { RecordKey } from "@attune/core/ports";

/** Where in a list of keys each partition stands. */
export function placesByPartition(keys: readonly RecordKey[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [place, { partition }] of keys.entries()) {
    const known = places.get(partition);
    if (known === undefined) places.set(partition, [place]);
    else known.push(place);
  }
  return places;
}
