import { AttuneError } from "@attune/core";
import type { PersonaModel } from "./types.js";

/** Names of protected attributes and of their values (GDPR art. 9; Charter of Fundamental Rights of the EU, art. 21), as whole names of a persona. */
const PROTECTED = new RegExp(
  `^(${[
    "(fe)?males?|wom[ae]n|m[ae]n|girls?|boys?|gender|sex|sexual[ -]orientation|gay|lesbian|bisexual|transgender|queer",
    "race|ethnicity|black|white|asian|hispanic|latin[oax]|arab|roma|(im)?migrants?|nationality|foreigners?",
    "religion|christians?|muslims?|jews?|jewish|hindus?|buddhists?|atheists?",
    "disabled|disability|pregnant|pregnancy|political[ -]opinion|trade[ -]union(ist)?s?|age|elderly|minors?|child(ren)?",
  ].join("|")})$`,
  "i",
);

/**
 * A persona model as it may leave the bench: the model itself, unless a persona names a protected attribute. Such a label may serve to measure what behaviour gives away; it is
 * never what people are treated by. A list of names finds the plain cases alone: who names personas answers for what they mean.
 *
 * @throws AttuneError `ATTUNE_ML_PROTECTED_PERSONA`
 */
export function shippablePersona(model: PersonaModel): PersonaModel {
  model.personas.forEach((persona, i) => {
    if (!PROTECTED.test(persona.trim())) return;
    throw new AttuneError(
      "ATTUNE_ML_PROTECTED_PERSONA",
      "This persona names a protected attribute: choose personas by what people came for.",
      { path: `/personas/${i}` },
    );
  });
  return model;
}
