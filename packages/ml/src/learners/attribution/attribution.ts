import { requireInput } from "../require-input.js";
import { requireJourneys } from "./check-journeys.js";
import { removalEffects } from "./markov-chain.js";
import { shapleyOfConversions } from "./shapley.js";
import type { Attribution, AttributionOptions, Journey } from "./types.js";

const WEEK = 7 * 24 * 3_600_000;

/** Weight of each touch of a journey; they are scaled to sum to 1. */
type Weigh = (journey: Journey) => readonly number[];

function positional(journeys: readonly Journey[], options: AttributionOptions): Weigh {
  switch (options.model) {
    case "first":
      return ({ path }) => path.map((_, i) => (i === 0 ? 1 : 0));
    case "last":
      return ({ path }) => path.map((_, i) => (i === path.length - 1 ? 1 : 0));
    case "position": {
      const { ends = 0.4 } = options;
      requireInput(ends >= 0 && ends <= 0.5, "/options/ends", "Give a share from 0 to 0.5.");
      return ({ path: { length } }) =>
        length <= 2
          ? new Array<number>(length).fill(1)
          : Array.from({ length }, (_, i) =>
              i === 0 || i === length - 1 ? ends : (1 - 2 * ends) / (length - 2),
            );
    }
    case "time-decay":
      return decaying(journeys, options.halfLife);
    default:
      return ({ path }) => path.map(() => 1);
  }
}

function decaying(journeys: readonly Journey[], halfLife: number | undefined): Weigh {
  const timed = journeys.every(({ times }) => times !== undefined);
  const half = halfLife ?? (timed ? WEEK : 1);
  requireInput(half > 0 && Number.isFinite(half), "/options/halfLife", "Give a number above 0.");
  return ({ path, times }) => {
    const end = timed && times !== undefined ? (times.at(-1) as number) : path.length - 1;
    return path.map(
      (_, i) => 2 ** (((timed && times !== undefined ? (times[i] as number) : i) - end) / half),
    );
  };
}

function byTouches(journeys: readonly Journey[], weigh: Weigh): Map<string, number> {
  const values = new Map<string, number>();
  for (const journey of journeys) {
    if (journey.path.length === 0) continue;
    const weights = weigh(journey);
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    journey.path.forEach((channel, i) =>
      values.set(channel, (values.get(channel) ?? 0) + (journey.conversions * (weights[i] as number)) / all),
    );
  }
  return values;
}

/** Conversions shared out in proportion to removal effects. */
function byRemoval(effects: ReadonlyMap<string, number>, conversions: number): Map<string, number> {
  let all = 0;
  for (const effect of effects.values()) all += effect;
  return new Map(
    [...effects].map(([channel, effect]) => [channel, all === 0 ? 0 : (conversions * effect) / all]),
  );
}

/**
 * What part of the conversions is put down to which channel. No model knows what would have happened otherwise: `first`, `last`, `linear`, `time-decay` and `position` are
 * conventions, `markov` and `shapley` read it off journeys without the channel; an experiment alone measures it. Journeys may hold loops; those of no touch count for nothing
 * and are told apart (`untouched`).
 *
 * O(total length); `markov` O(states³) besides.
 *
 * @throws AttuneError `ATTUNE_ML_INPUT`, `ATTUNE_ML_ATTRIBUTION_TOO_LARGE` for chains of more than 1,200 states
 */
export function attribution(
  journeys: readonly Journey[],
  options: AttributionOptions = { model: "markov" },
): Attribution {
  requireJourneys(journeys);
  const { model } = options;
  requireInput(
    ["first", "last", "linear", "time-decay", "position", "markov", "shapley"].includes(model),
    "/options/model",
    "Give first, last, linear, time-decay, position, markov or shapley.",
  );
  const touched = journeys.filter(({ path }) => path.length > 0);
  const sumOf = (list: readonly Journey[]): number =>
    list.reduce((sum, { conversions }) => sum + conversions, 0);
  const credited = sumOf(touched);
  const totalConversions = sumOf(journeys);
  const removal = model === "markov" ? removalEffects(journeys, checkedOrder(options)) : null;
  const given =
    removal !== null
      ? byRemoval(removal.effects, credited)
      : model === "shapley"
        ? shapleyOfConversions(touched)
        : byTouches(touched, positional(touched, options));
  const channels = [...new Set(touched.flatMap(({ path }) => path))].map((channel) => {
    const conversions = given.get(channel) ?? 0;
    return {
      channel,
      conversions,
      share: credited === 0 ? null : conversions / credited,
      removalEffect: removal === null || credited === 0 ? null : (removal.effects.get(channel) ?? 0),
    };
  });
  return {
    model,
    channels: channels.sort((a, b) => b.conversions - a.conversions || (a.channel < b.channel ? -1 : 1)),
    totalConversions,
    baseConversionProbability: removal === null ? null : removal.base,
    untouched: totalConversions - credited,
    reason: credited === 0 ? "no-conversions" : null,
  };
}

function checkedOrder(options: AttributionOptions): number {
  const order = (options.model === "markov" ? options.order : undefined) ?? 1;
  requireInput(
    Number.isInteger(order) && order >= 1 && order <= 4,
    "/options/order",
    "Give an integer from 1 to 4.",
  );
  return order;
}
