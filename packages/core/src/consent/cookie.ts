import { MODES, versionKey } from "./policy.js";
import { parseConsentRecord, SOURCES } from "./record.js";
import { grantedPurposes, grantsOf } from "./grants.js";
import { PURPOSES, type ConsentRecord, type Purpose } from "./types.js";

/** Purposes as bits in the order of `PURPOSES`, one digit in base 36. */
const bits = (purposes: readonly Purpose[]): string =>
  PURPOSES.reduce((sum, purpose, i) => sum + (purposes.includes(purpose) ? 1 << i : 0), 0).toString(36);

const fromBits = (digit: string | undefined): Purpose[] =>
  PURPOSES.filter((_, i) => (parseInt(digit as string, 36) >> i) & 1);

/**
 * The record as cookie text: at most 110 characters, all of them unreserved in URLs (`A–Z a–z 0–9 - . _ ~`), no identifier in it.
 * `1.mode.granted.asked.time.revision.source.region.version`; time and revision in base 36, mode and source by place.
 */
export const encodeConsentCookie = (record: ConsentRecord): string =>
  [
    1,
    MODES.indexOf(record.mode),
    bits(grantedPurposes(record.grants)),
    bits(record.asked ?? []),
    record.decidedAt.toString(36),
    record.revision.toString(36),
    SOURCES.indexOf(record.source),
    record.region ?? "",
    versionKey(record.policyVersion),
  ].join(".");

/** Reads {@link encodeConsentCookie}'s text; null for anything else, however hostile. */
export function decodeConsentCookie(text: unknown): ConsentRecord | null {
  if (typeof text !== "string" || text.length > 200) return null;
  const [v, mode, granted, asked, decidedAt, revision, source, region, ...version] = text.split(".");
  return parseConsentRecord({
    v: +(v as string),
    mode: MODES[mode as unknown as number],
    grants: grantsOf(fromBits(granted)),
    asked: fromBits(asked),
    decidedAt: parseInt(decidedAt as string, 36),
    revision: parseInt(revision as string, 36),
    source: SOURCES[source as unknown as number],
    region,
    policyVersion: version.join("."),
  });
}
