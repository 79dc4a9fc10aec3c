import { AttuneError } from "@attune/core";
import { isProtectedName } from "../../model/protected-target.js";
import type { PersonaModel } from "./types.js";

/**
 * A persona model as it may leave the bench: the model itself, unless a persona names a protected attribute. Such a label may serve to measure what behaviour gives away; it is
 * never what people are treated by. A list of names finds the plain cases alone: who names personas answers for what they mean. Call it where a model is handed on to pages.
 *
 * @throws AttuneError `ATTUNE_ML_PROTECTED_PERSONA`
 */
export function shippablePersona(model: PersonaModel): PersonaModel {
  const found = model.personas.findIndex(isProtectedName);
  if (found < 0) return model;
  throw new AttuneError(
    "ATTUNE_ML_PROTECTED_PERSONA",
    "This persona names a protected attribute: choose personas by what people came for.",
    { path: `/personas/${found}` },
  );
}
