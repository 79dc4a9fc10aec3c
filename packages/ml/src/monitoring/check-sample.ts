import { AttuneError } from "@attune/core";
import type { Sample } from "./types.js";

/** Sorted copy. @throws AttuneError `ATTUNE_ML_EMPTY_SAMPLE`, `ATTUNE_ML_NOT_FINITE`. */
export function sorted(sample: Sample, path: string): Float64Array {
  if (!sample.length)
    throw new AttuneError("ATTUNE_ML_EMPTY_SAMPLE", "The sample is empty: give at least one number.", {
      path,
    });
  const copy = Float64Array.from(sample);
  if (!copy.every(Number.isFinite)) {
    throw new AttuneError(
      "ATTUNE_ML_NOT_FINITE",
      "The sample holds NaN or an infinity: leave such values out or replace them first.",
      { path },
    );
  }
  return copy.sort();
}
