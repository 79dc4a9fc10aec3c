import { AttuneError } from "@attune/core";
import { requireInput } from "../require-input.js";
import { requireJourneys } from "./check-journeys.js";
import type { Journey } from "./types.js";

const MOST_PLAYERS = 20;

/** @returns Worth of every coalition as a bit set, from the empty one on, made into Shapley values. */
function valuesOf(worth: Float64Array, players: number): Float64Array {
  // Of coalitions of s others: s! (n − 1 − s)! ÷ n!
  const weights = new Float64Array(players);
  weights[0] = 1 / players;
  for (let s = 1; s < players; s++) weights[s] = ((weights[s - 1] as number) * s) / (players - s);
  const sizes = new Uint8Array(worth.length);
  for (let set = 1; set < worth.length; set++) sizes[set] = (sizes[set >> 1] as number) + (set & 1);
  const values = new Float64Array(players);
  for (let player = 0; player < players; player++) {
    const bit = 1 << player;
    let sum = 0;
    for (let set = 0; set < worth.length; set++) {
      if (set & bit) continue;
      sum +=
        (weights[sizes[set] as number] as number) * ((worth[set | bit] as number) - (worth[set] as number));
    }
    values[player] = sum;
  }
  return values;
}

function requirePlayers(players: readonly string[], path: string): void {
  requireInput(new Set(players).size === players.length, path, "Name every player once.");
  if (players.length <= MOST_PLAYERS) return;
  throw new AttuneError(
    "ATTUNE_ML_ATTRIBUTION_TOO_LARGE",
    `There are more than ${MOST_PLAYERS} players, and 2^n coalitions of n: put rare ones together.`,
    { path },
  );
}

/**
 * Shapley values (1953) of any game: what each player adds, averaged over all orders in which they can come together. They sum to the worth of all together less that of none.
 * Exact, over all coalitions. O(n · 2^n).
 *
 * @param worth Of a coalition, whose players are given in the order of `players`; the empty one is asked too.
 * @throws AttuneError `ATTUNE_ML_ATTRIBUTION_TOO_LARGE` for more than 20 players, `ATTUNE_ML_INPUT`
 */
export function shapleyValues(
  players: readonly string[],
  worth: (coalition: readonly string[]) => number,
): ReadonlyMap<string, number> {
  requirePlayers(players, "/players");
  if (players.length === 0) return new Map();
  const worths = Float64Array.from({ length: 1 << players.length }, (_, set) => {
    const value = worth(players.filter((_player, i) => set & (1 << i)));
    requireInput(Number.isFinite(value), "/worth", "Give every coalition a finite worth.");
    return value;
  });
  const values = valuesOf(worths, players.length);
  return new Map(players.map((player, i) => [player, values[i] as number]));
}

/**
 * Shapley values of channels where a coalition is worth the conversions of journeys that use no other channel: each journey's conversions in equal parts to its different
 * channels, which is the same and takes linear time (Zhao, Mahboobi and Bagheri 2018).
 */
export function shapleyOfConversions(journeys: readonly Journey[]): Map<string, number> {
  const values = new Map<string, number>();
  for (const { path, conversions } of journeys) {
    const channels = new Set(path);
    for (const channel of channels)
      values.set(channel, (values.get(channel) ?? 0) + conversions / channels.size);
  }
  return values;
}

/**
 * Shapley values of channels where a coalition is worth the conversion rate of journeys that use no channel but its own; a coalition without a journey is worth nothing.
 * Such rates may fall as channels come in, so values may be negative: use them to compare, not to share out. O(n · 2^n).
 *
 * @throws AttuneError `ATTUNE_ML_ATTRIBUTION_TOO_LARGE` for more than 20 channels, `ATTUNE_ML_INPUT`
 */
export function shapleyOfRates(journeys: readonly Journey[]): ReadonlyMap<string, number> {
  requireJourneys(journeys);
  const players = [...new Set(journeys.flatMap(({ path }) => path))].sort();
  requirePlayers(players, "/journeys");
  const converted = new Float64Array(1 << players.length);
  const all = new Float64Array(1 << players.length);
  for (const { path, conversions, nulls = 0 } of journeys) {
    const set = path.reduce((bits, channel) => bits | (1 << players.indexOf(channel)), 0);
    if (set === 0) continue;
    converted[set] = (converted[set] as number) + conversions;
    all[set] = (all[set] as number) + conversions + nulls;
  }
  // Sums over all subsets, one channel after the other.
  for (let bit = 1; bit < all.length; bit <<= 1) {
    for (let set = 0; set < all.length; set++) {
      if (!(set & bit)) continue;
      converted[set] = (converted[set] as number) + (converted[set ^ bit] as number);
      all[set] = (all[set] as number) + (all[set ^ bit] as number);
    }
  }
  const rates = all.map((count, set) => (count === 0 ? 0 : (converted[set] as number) / count));
  const values = players.length === 0 ? [] : valuesOf(rates, players.length);
  return new Map(players.map((player, i) => [player, values[i] as number]));
}
