import { AttuneError } from "@attune/core";
import { solveInPlace } from "./linear-system.js";
import type { Journey } from "./types.js";

const MOST_STATES = 1200;

/** The transient states of an absorbing chain: the start first, then runs of last channels. */
interface Chain {
  readonly size: number;
  /** Probability of going from one transient state to another, size × size, row-major. */
  readonly moves: Float64Array;
  /** Probability of converting at once, by state. */
  readonly converts: Float64Array;
  /** States that end in a channel. */
  readonly statesOf: ReadonlyMap<string, readonly number[]>;
}

function tooLarge(): never {
  throw new AttuneError(
    "ATTUNE_ML_ATTRIBUTION_TOO_LARGE",
    `The chain has more than ${MOST_STATES} states: choose a lower order, or put rare channels together.`,
    { path: "/options/order" },
  );
}

function chainOf(journeys: readonly Journey[], order: number): Chain {
  const states = new Map<string, number>([["[]", 0]]);
  const statesOf = new Map<string, number[]>();
  const sums: Map<number, number>[] = [new Map()];
  const totals: number[] = [0];
  const converted: number[] = [0];
  const stateOf = (run: readonly string[]): number => {
    const key = JSON.stringify(run);
    const known = states.get(key);
    if (known !== undefined) return known;
    if (states.size >= MOST_STATES) tooLarge();
    const state = states.size;
    states.set(key, state);
    sums.push(new Map());
    totals.push(0);
    converted.push(0);
    const last = run.at(-1) as string;
    statesOf.set(last, [...(statesOf.get(last) ?? []), state]);
    return state;
  };
  for (const { path, conversions, nulls = 0 } of journeys) {
    const weight = conversions + nulls;
    if (weight === 0) continue;
    let at = 0;
    for (let i = 0; i < path.length; i++) {
      const next = stateOf(path.slice(Math.max(0, i + 1 - order), i + 1));
      const row = sums[at] as Map<number, number>;
      row.set(next, (row.get(next) ?? 0) + weight);
      totals[at] = (totals[at] as number) + weight;
      at = next;
    }
    totals[at] = (totals[at] as number) + weight;
    converted[at] = (converted[at] as number) + conversions;
  }
  const size = states.size;
  const moves = new Float64Array(size * size);
  sums.forEach((row, from) => {
    for (const [to, sum] of row) moves[from * size + to] = sum / (totals[from] as number);
  });
  return {
    size,
    moves,
    statesOf,
    converts: Float64Array.from(converted, (sum, i) => sum / (totals[i] || 1)),
  };
}

/** (I − Q)⁻¹: expected visits to each state from each. */
function visitsOf({ size, moves }: Chain): Float64Array {
  const system = moves.map((value) => -value);
  const unit = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    system[i * size + i] = (system[i * size + i] as number) + 1;
    unit[i * size + i] = 1;
  }
  return solveInPlace(system, unit, size);
}

export interface RemovalEffects {
  /** Probability of converting from the start. */
  readonly base: number;
  /** By which part it falls if every visit to a channel ends in nothing, in [0, 1]; channels that nobody touched are not in it. */
  readonly effects: ReadonlyMap<string, number>;
}

/**
 * Removal effects in a Markov chain of journeys (Anderl, Becker, von Wangenheim and Schumann 2016), exactly: no random walks. A channel is removed by sending what would enter
 * it to nothing. With N = (I − Q)⁻¹, x the probability of converting by state and C the channel's states, what is left is xₛ − N[s,C] N[C,C]⁻¹ x[C], so that one inverse serves
 * all channels. O(states³).
 *
 * @throws AttuneError `ATTUNE_ML_ATTRIBUTION_TOO_LARGE` beyond 1,200 states
 */
export function removalEffects(journeys: readonly Journey[], order: number): RemovalEffects {
  const chain = chainOf(journeys, order);
  const { size, converts, statesOf } = chain;
  const visits = visitsOf(chain);
  const from = (state: number): number => {
    let sum = 0;
    for (let k = 0; k < size; k++) sum += (visits[state * size + k] as number) * (converts[k] as number);
    return sum;
  };
  const base = from(0);
  const effects = new Map<string, number>();
  for (const [channel, states] of statesOf) {
    const n = states.length;
    const among = new Float64Array(n * n);
    states.forEach((row, i) =>
      states.forEach((column, j) => (among[i * n + j] = visits[row * size + column] as number)),
    );
    const weights = solveInPlace(among, Float64Array.from(states, from), n);
    const lost = states.reduce(
      (sum, state, i) => sum + (visits[state] as number) * (weights[i] as number),
      0,
    );
    effects.set(channel, base === 0 ? 0 : Math.min(1, Math.max(0, lost / base)));
  }
  return { base, effects };
}
