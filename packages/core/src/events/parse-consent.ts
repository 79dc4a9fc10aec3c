import { grantedPurposes } from "../consent/grants.js";
import { PURPOSES, type Purpose } from "../consent/types.js";
import { isFields, report, type Check, type Fields } from "./check.js";
import type { ParseContext } from "./draft.js";
import { sameJson } from "./shared.js";
import type { Event } from "./types.js";

/**
 * The event's own snapshot: a list of purposes, `{ purposes, policyVersion }`, a yes or no by purpose, or those under
 * `granularConsent`, which may also stand in the event itself. Where a `consentStatus` stands beside them, it must be `granted`, else
 * they count for nothing. An event without a snapshot has what is assumed of the request, and where nothing is, only what is necessary.
 * Unknown purposes are left out.
 */
export function readConsent(check: Check, source: Fields, context: ParseContext): Event["consent"] {
  const { shared } = context;
  const { consent, granularConsent, consentStatus } = source;
  const given = consent ?? (granularConsent && { granularConsent, consentStatus });
  if (shared?.consent && sameJson(given, shared.consent.given)) return shared.consent.read;
  const before = check.issues.length;
  const read = snapshotOf(check, given, context);
  if (shared && check.issues.length === before) shared.consent = { given, read };
  return read;
}

function snapshotOf(check: Check, given: unknown, { consent: assumed }: ParseContext): Event["consent"] {
  if (given === undefined || given === null) {
    return { purposes: assumed ? grantedPurposes(assumed) : ["necessary"], policyVersion: null };
  }
  if (Array.isArray(given)) return { purposes: among(given), policyVersion: null };
  if (!isFields(given)) {
    report(check, "TYPE", "Must be a list of purposes, or an object that says yes or no to each.", "consent");
    return { purposes: [], policyVersion: null };
  }
  const { purposes, granularConsent, consentStatus, policyVersion: version } = given;
  const policyVersion = typeof version === "string" && version.length <= 128 ? version : null;
  if (consentStatus !== undefined && consentStatus !== "granted")
    return { purposes: ["necessary"], policyVersion };
  if (Array.isArray(purposes)) return { purposes: among(purposes), policyVersion };
  const answers = isFields(granularConsent) ? granularConsent : given;
  return {
    purposes: PURPOSES.filter((purpose) => purpose === "necessary" || answers[purpose] === true),
    policyVersion,
  };
}

const among = (given: readonly unknown[]): Purpose[] => PURPOSES.filter((purpose) => given.includes(purpose));
