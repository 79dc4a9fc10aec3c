import { AttuneError } from "@attune/core";
import { requireInput } from "../require-input.js";
import { softmaxInto } from "./train-persona.js";
import type { PersonaEstimate, PersonaModel, PersonaOptions, PersonaState, PersonaTracker } from "./types.js";

function refuse(): never {
  throw new AttuneError(
    "ATTUNE_ML_MODEL_FORMAT",
    "This is no persona model of version 1: give what `trainPersona` returned.",
  );
}

const isRow = (row: unknown, size: number): row is readonly number[] =>
  Array.isArray(row) && row.length === size && row.every((value) => Number.isFinite(value));

/** All but the weights: each is looked at when its token comes, since there is a tracker for every visitor and weights are many. */
function requireModel(model: PersonaModel): void {
  const size = model?.personas?.length ?? 0;
  const holds =
    model?.format === "attune-persona" &&
    model.version === 1 &&
    size >= 2 &&
    isRow(model.bias, size) &&
    typeof model.weights === "object" &&
    model.weights !== null;
  if (!holds) refuse();
}

/** What a session adds up to. */
function estimateOf(
  sums: Float64Array,
  evidence: number,
  by: { model: PersonaModel } & Required<PersonaOptions>,
): PersonaEstimate {
  const probabilities = new Float64Array(sums.length);
  softmaxInto(probabilities, sums);
  const best = probabilities.indexOf(Math.max(...probabilities));
  const reason =
    evidence < by.minTokens
      ? "no-evidence"
      : (probabilities[best] as number) < by.threshold
        ? "unsure"
        : null;
  return {
    persona: reason === null ? (by.model.personas[best] as string) : null,
    probabilities: [...probabilities],
    ...{ evidence, reason },
  };
}

/**
 * Follows one visitor: every event moves the probabilities at once, and until one persona is probable enough there is none. What came when does not matter, and what came twice
 * counts once, so a state is but the known tokens seen. A tracker costs nothing to make, an event O(tokens × personas).
 *
 * @param state What an earlier tracker had come to; with another model tokens that it does not know are dropped.
 * @throws AttuneError `ATTUNE_ML_MODEL_FORMAT`, also from `observe` where a token's weights are none; `ATTUNE_ML_INPUT`
 */
export function persona(
  model: PersonaModel,
  { threshold = 0.6, minTokens = 1 }: PersonaOptions = {},
  state: PersonaState = { tokens: [] },
): PersonaTracker {
  requireModel(model);
  requireInput(threshold >= 0 && threshold <= 1, "/options/threshold", "Give a probability.");
  requireInput(
    Number.isInteger(minTokens) && minTokens >= 0,
    "/options/minTokens",
    "Give an integer of 0 or more.",
  );
  const by = { model, threshold, minTokens };
  const seen = new Set<string>();
  const sums = Float64Array.from(model.bias);
  const add = (tokens: readonly string[]): void => {
    for (const token of tokens) {
      if (seen.has(token) || !Object.hasOwn(model.weights, token)) continue;
      const row = model.weights[token];
      if (!isRow(row, sums.length)) return refuse();
      seen.add(token);
      row.forEach((weight, i) => {
        sums[i] = (sums[i] as number) + weight;
      });
    }
  };
  add(state.tokens);
  return {
    observe(tokens) {
      requireInput(
        tokens.every((token) => typeof token === "string"),
        "/tokens",
        "Give texts.",
      );
      add(tokens);
      return estimateOf(sums, seen.size, by);
    },
    get estimate() {
      return estimateOf(sums, seen.size, by);
    },
    get state() {
      return { tokens: [...seen] };
    },
  };
}
