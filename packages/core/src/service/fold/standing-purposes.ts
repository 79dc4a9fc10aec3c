import type { ConsentRecord, Purpose } from "../../consent/types.js";

/** What a visitor's memberships may be found by: what the last event was covered by, as far as what was decided since still allows it. */
export const standingPurposes = (
  purposes: readonly Purpose[],
  consent: ConsentRecord | null,
): readonly Purpose[] =>
  consent === null
    ? purposes
    : purposes.filter((purpose) => purpose === "necessary" || consent.grants[purpose]);
