import { PURPOSES, type Grants, type Purpose } from "./types.js";

/** Grants by a rule, asked for each optional purpose; `necessary` is always true. */
export const grantsWhere = (rule: (purpose: Purpose) => boolean): Grants => {
  const grants = {} as Record<Purpose, boolean>;
  for (const purpose of PURPOSES) grants[purpose] = purpose === "necessary" || rule(purpose);
  return grants;
};

/** Grants in which exactly the given purposes (and always `necessary`) are allowed. */
export const grantsOf = (purposes: readonly Purpose[]): Grants =>
  grantsWhere((purpose) => purposes.includes(purpose));

/** The purposes that are allowed, in the order of `PURPOSES`; `necessary` is the first. */
export const grantedPurposes = (grants: Grants): Purpose[] => PURPOSES.filter((purpose) => grants[purpose]);

export const sameGrants = (a: Grants, b: Grants): boolean =>
  PURPOSES.every((purpose) => a[purpose] === b[purpose]);

/** Nothing but what is necessary: what holds in an opt-in region before anyone has chosen. */
export const NO_GRANTS: Grants = /* @__PURE__ */ Object.freeze(/* @__PURE__ */ grantsOf([]));

/** Everything. */
export const ALL_GRANTS: Grants = /* @__PURE__ */ Object.freeze(/* @__PURE__ */ grantsOf(PURPOSES));
