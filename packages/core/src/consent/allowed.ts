import type { ConsentState, Grants, Purpose } from "./types.js";

/**
 * Whether every one of the purposes is allowed. None asked for: true. `necessary` always is; a purpose that is not known never is.
 */
export function allowed(consent: ConsentState | Grants, purposes: Purpose | readonly Purpose[]): boolean {
  const grants: Grants = "grants" in consent ? consent.grants : consent;
  const wanted = typeof purposes === "string" ? [purposes] : purposes;
  return wanted.every((purpose) => purpose === "necessary" || grants[purpose] === true);
}

/**
 * Whether events may feed a fold in memory that is neither stored nor sent: the policy allows it and nobody has ever decided here
 * (an expired or outdated refusal is still a refusal).
 */
export const memoryAllowed = (state: ConsentState): boolean =>
  state.policy.memoryBeforeDecision && state.record === null;
