import type { RandomSource } from "@attune/core";

const [SECOND, MINUTE, HOUR] = [1000, 60_000, 3_600_000];

/** How long each failed attempt is waited after, ms; after the last there is no other. Ten hours in all. */
const WAITS = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, 2 * HOUR, 3 * HOUR, 4 * HOUR];

/** How long to wait after so many failed attempts, ms: up to a quarter more or less, so that not all come back at once. Null: it is given up. */
export function waitAfter(attempts: number, random: RandomSource): number | null {
  const wait = WAITS[attempts - 1];
  return wait === undefined ? null : Math.round(wait * (0.75 + random() / 2));
}
