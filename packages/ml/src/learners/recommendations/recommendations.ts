import { AttuneError } from "@attune/core";
import { requireInput, requireNumber } from "../require-input.js";
import type { ItemMemory } from "./item-memory.js";
import { rank } from "./rank-items.js";
import type { RecommendationOptions, Recommender, RecommenderJson, RecommendOptions } from "./types.js";

const DAY = 86_400_000;
/** Weights are brought back to size before they leave the range of numbers. */
const LARGEST = 2 ** 200;

function settled(options: RecommendationOptions): Required<RecommendationOptions> {
  const { halfLife = 30 * DAY, window = 20, neighbours = 100, maxItems = 50_000 } = options;
  requireNumber(halfLife, 1, "/options/halfLife");
  for (const [name, value] of [
    ["window", window],
    ["neighbours", neighbours],
    ["maxItems", maxItems],
  ] as const) {
    requireInput(Number.isInteger(value) && value >= 1, `/options/${name}`, "Give an integer of 1 or more.");
  }
  return { halfLife, window, neighbours, maxItems };
}

/** Keeps the heaviest `most` entries, once there are half as many again. */
function trim<V>(map: Map<string, V>, most: number, weightOf: (value: V) => number): string[] {
  if (map.size <= most * 1.5) return [];
  const lightest = [...map].sort((a, b) => weightOf(b[1]) - weightOf(a[1])).slice(most);
  for (const [key] of lightest) map.delete(key);
  return lightest.map(([key]) => key);
}

class CoVisitation implements Recommender {
  private readonly memory = new Map<string, ItemMemory>();
  private at: number | null = null;

  constructor(private readonly options: Required<RecommendationOptions>) {}

  get items(): number {
    return this.memory.size;
  }

  /** What something of this time counts, as of the common time: more the later it was, so that what is known never has to be touched to grow old. */
  private weightAt(at: number): number {
    this.at ??= at;
    const weight = 2 ** ((at - this.at) / this.options.halfLife);
    if (weight < LARGEST) return weight;
    for (const item of this.memory.values()) {
      item.weight /= weight;
      for (const [other, own] of item.with) item.with.set(other, own / weight);
    }
    this.at = at;
    return 1;
  }

  private itemOf(name: string): ItemMemory {
    let item = this.memory.get(name);
    if (item === undefined) {
      item = { weight: 0, with: new Map() };
      this.memory.set(name, item);
    }
    return item;
  }

  learn(items: readonly string[], at: number): void {
    requireInput(Number.isFinite(at), "/at", "Give a time in ms.");
    items.forEach((item, i) =>
      requireInput(typeof item === "string" && item !== "", `/items/${i}`, "Name the item."),
    );
    const last = [...new Set([...items].reverse())].slice(0, this.options.window);
    const weight = this.weightAt(at);
    for (const name of last) {
      const item = this.itemOf(name);
      item.weight += weight;
      for (const other of last)
        if (other !== name) item.with.set(other, (item.with.get(other) ?? 0) + weight);
      trim(item.with, this.options.neighbours, (own) => own);
    }
    const gone = new Set(trim(this.memory, this.options.maxItems, (item) => item.weight));
    if (gone.size === 0) return;
    for (const item of this.memory.values()) for (const name of gone) item.with.delete(name);
  }

  recommend(history: readonly string[], at: number, options: RecommendOptions = {}) {
    const { limit = 5 } = options;
    requireInput(Number.isFinite(at), "/at", "Give a time in ms.");
    requireInput(Number.isInteger(limit) && limit >= 1, "/options/limit", "Give an integer of 1 or more.");
    return rank(this.memory, history, { ...options, limit });
  }

  toJSON(): RecommenderJson {
    return {
      ...{ format: "attune-recommender", version: 1, options: this.options, at: this.at },
      items: [...this.memory].map(([name, item]) => [name, item.weight, [...item.with]] as const),
    };
  }

  restore(json: RecommenderJson): this {
    this.at = json.at;
    for (const [name, weight, others] of json.items) this.memory.set(name, { weight, with: new Map(others) });
    return this;
  }
}

/**
 * What to show next by what was seen together, with what is recent counting more: cosine-weighted co-visitation (Linden, Smith and York 2003), the last items of a history first.
 * It learns as it goes within a bound of memory and keeps no visitor. As the policy of a slot: `recommendedPolicy`.
 *
 * @throws AttuneError `ATTUNE_ML_INPUT`
 */
export const recommendations = (options: RecommendationOptions = {}): Recommender =>
  new CoVisitation(settled(options));

/**
 * A recommender as it was when `toJSON` was called.
 *
 * @throws AttuneError `ATTUNE_ML_MODEL_FORMAT`, `ATTUNE_ML_INPUT`
 */
export function recommendationsFrom(json: RecommenderJson): Recommender {
  const isPair = (pair: readonly [string, number]): boolean =>
    Array.isArray(pair) && typeof pair[0] === "string" && Number.isFinite(pair[1]) && pair[1] >= 0;
  const holds =
    json?.format === "attune-recommender" &&
    json.version === 1 &&
    (json.at === null || Number.isFinite(json.at)) &&
    Array.isArray(json.items) &&
    json.items.every(
      (item) =>
        Array.isArray(item) && isPair([item[0], item[1]]) && Array.isArray(item[2]) && item[2].every(isPair),
    );
  if (!holds) {
    throw new AttuneError(
      "ATTUNE_ML_MODEL_FORMAT",
      "This is no recommender of version 1: give what `toJSON` returned.",
    );
  }
  return new CoVisitation(settled(json.options)).restore(json);
}
