import { AttuneError } from "@attune/core";
import { type FeatureDrift, featureDrift, type FeatureMatrix } from "@attune/ml/monitoring";
import type { ModelVersion } from "@attune/ml/registry";
import type { LiveRows } from "./live-rows.js";

/** Looks a day: the false alarms that a day may have are spread over them. */
export const LOOKS_A_DAY = 24;
const DAY_ALPHA = 0.01;
/** Rows that a look needs: below it a shift of any use cannot be told from chance. */
export const MIN_ROWS = 1000;

/** How what a model is asked with now differs from what it was trained on. */
export interface DriftState {
  version: string;
  /** Epoch ms of the look. */
  at: number;
  /** Rows that were looked at: the latest. */
  rows: number;
  /** By feature; null where it could not be told, `reason` says why. */
  features: readonly FeatureDrift[] | null;
  reason: "no-reference" | "too-few-rows" | "not-looked" | null;
  /** Features that have shifted. */
  shifted: readonly string[];
}

/**
 * Looks once. The chance of a false alarm is at most 1 % a day, over all features and looks (Bonferroni over looks, Holm over features), and a shift must be large as well.
 *
 * @throws AttuneError `ATTUNE_ML_BAD_SHAPE` for a reference that does not fit the version's inputs.
 */
export function driftOf(
  { version, inputs }: Pick<ModelVersion, "version" | "inputs">,
  {
    reference,
    live,
    now,
    looksADay = LOOKS_A_DAY,
  }: {
    reference: Float64Array | null;
    live: Pick<LiveRows, "rows"> | null;
    now: number;
    looksADay?: number;
  },
): DriftState {
  // As the rows of the training are kept: where all have one value, its rounding is no shift.
  const rows = (live?.rows() ?? new Float64Array()).map(Math.fround);
  const count = inputs.length === 0 ? 0 : rows.length / inputs.length;
  const state = { version, at: now, rows: count, features: null, shifted: [] };
  if (reference === null) return { ...state, reason: "no-reference" };
  if (count < MIN_ROWS) return { ...state, reason: "too-few-rows" };
  if (inputs.length === 0)
    throw new AttuneError("ATTUNE_ML_BAD_SHAPE", "A model without inputs cannot drift.", { path: "/inputs" });
  const of = (data: Float64Array): FeatureMatrix => ({ data, columns: inputs.length });
  const features = featureDrift(of(reference), of(rows), inputs, { alpha: DAY_ALPHA / looksADay });
  const shifted = features.flatMap(({ feature, verdict }) =>
    verdict === "moderate" || verdict === "major" ? [feature] : [],
  );
  return { ...state, features, reason: null, shifted };
}
