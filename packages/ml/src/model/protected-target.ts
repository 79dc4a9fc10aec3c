import { AttuneError } from "@attune/core";

/** Names of protected attributes and of their values (GDPR art. 9; Charter of Fundamental Rights of the EU, art. 21), as whole names. */
const PROTECTED = new RegExp(
  `^(${[
    "(fe)?males?|wom[ae]n|m[ae]n|girls?|boys?|gender|sex|sexual orientation|gay|lesbian|bisexual|transgender|queer",
    "race|ethnicity|black|white|asian|hispanic|latin[oax]|arab|roma|(im)?migrants?|nationality|foreigners?",
    "religion|christians?|muslims?|jews?|jewish|hindus?|buddhists?|atheists?",
    "disabled|disability|pregnant|pregnancy|political opinion|trade union(ist)?s?|age|elderly|minors?|child(ren)?",
  ].join("|")})$`,
  "i",
);
/** What is said around the name of what is predicted. */
const AROUND =
  /^(is|has|predicts?|predicted|likely|probably) | (model|predictor|prediction|classifier|class|group|score|probability|soon)$/gi;

/** As words: `is-female`, `Is_Female` and `isFemale` say the same. */
const wordsOf = (name: string): string =>
  name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .split(/[\s._/-]+/)
    .filter((word) => word !== "")
    .join(" ");

/**
 * Whether a name is that of a protected attribute or of a value of one, as far as a list of names can tell: it finds the plain cases. Names in which another thing is meant (`black-friday`, `page-age`) are
 * none.
 */
export const isProtectedName = (name: string): boolean =>
  PROTECTED.test(wordsOf(name).replace(AROUND, "").trim());

/** What a model is to tell: each name with where it was given. */
export type Targets = readonly (readonly [path: string, name: string])[];

/**
 * Goes on unless one of the names says that a protected attribute is what the model is to tell of people. Nobody is treated by such a model, however well it works.
 *
 * @throws AttuneError `ATTUNE_MODEL_PROTECTED` with the path of the name.
 */
export function requireFairTarget(targets: Targets): void {
  const found = targets.find(([, name]) => isProtectedName(name));
  if (found === undefined) return;
  throw new AttuneError(
    "ATTUNE_MODEL_PROTECTED",
    "This model is to tell a protected attribute of people: predict what they came for or what they do instead.",
    { path: found[0] },
  );
}
