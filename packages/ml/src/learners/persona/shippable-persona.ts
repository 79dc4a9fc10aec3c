import { AttuneError } from "@attune/core";
import { isProtectedName } from "../../model/protected-target.js";
import type { PersonaModel } from "./types.js";

/** @throws AttuneError `ATTUNE_ML_PROTECTED_PERSONA` where one of them names a protected attribute. */
export function requireShippable(personas: readonly string[], path: (index: number) => string): void {
  const found = personas.findIndex(isProtectedName);
  if (found < 0) return;
  throw new AttuneError(
    "ATTUNE_ML_PROTECTED_PERSONA",
    "This persona names a protected attribute: choose personas by what people came for. What behaviour gives away can be measured with `benchmark: true`.",
    { path: path(found) },
  );
}

/**
 * A persona model as it may leave the bench: the model itself, unless a persona names a protected attribute. Such a label may serve to measure what behaviour gives away; it is
 * never what people are treated by. A list of names finds the plain cases alone: who names personas answers for what they mean. `trainPersona` and `persona` ask the same at their doors.
 *
 * @throws AttuneError `ATTUNE_ML_PROTECTED_PERSONA`
 */
export function shippablePersona(model: PersonaModel): PersonaModel {
  requireShippable(model.personas, (i) => `/personas/${i}`);
  return model;
}
