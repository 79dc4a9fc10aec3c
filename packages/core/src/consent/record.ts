import { grantsWhere } from "./grants.js";
import { isMode, optionalPurposes, regionCode, versionKey } from "./policy.js";
import type { ConsentRecord, ConsentSource, ConsentState, Grants } from "./types.js";

/** Their places are part of the cookie's format. */
export const SOURCES: readonly ConsentSource[] = [
  "banner",
  "preferences",
  "api",
  "gpc",
  "default",
  "import",
  "platform",
];

/** Far above what a person can reach by deciding, and safe to count up from. */
export const MAX_REVISION = 1e9;

/** The last decision as it is kept, or null if nobody has decided. */
export const consentRecord = (state: ConsentState): ConsentRecord | null => state.record;

/**
 * Reads a record from wherever it was kept. Anything that is not one gives null: no throw, no half-read record. A purpose counts as
 * granted only if it says `true`; unknown purposes are left out.
 */
export function parseConsentRecord(input: unknown): ConsentRecord | null {
  // A primitive other than null and undefined reads as a record without fields, and is refused as one.
  const { v, policyVersion, mode, region, grants, decidedAt, source, revision, asked } = (input ??
    {}) as Partial<Record<keyof ConsentRecord, unknown>>;
  const whole = (value: unknown, max: number): value is number =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max;
  if (
    v !== 1 ||
    typeof policyVersion !== "string" ||
    !policyVersion ||
    !isMode(mode) ||
    !grants ||
    !whole(decidedAt, 8.64e15) ||
    !whole(revision, MAX_REVISION) ||
    !SOURCES.includes(source as ConsentSource)
  ) {
    return null;
  }
  const about = Array.isArray(asked) ? optionalPurposes(asked) : [];
  return {
    v,
    policyVersion: versionKey(policyVersion),
    mode,
    region: regionCode(region),
    grants: grantsWhere((purpose) => (grants as Grants)[purpose] === true),
    decidedAt,
    source: source as ConsentSource,
    revision,
    ...(about.length && { asked: about }),
  };
}
