import { allowed } from "./allowed.js";
import type { ConsentState, Grants, Purpose } from "./types.js";

export type GoogleConsentType =
  | "ad_storage"
  | "ad_user_data"
  | "ad_personalization"
  | "analytics_storage"
  | "functionality_storage"
  | "personalization_storage"
  | "security_storage";

export type GoogleConsentMode = Record<GoogleConsentType, "granted" | "denied">;

/** The four that version 2 of Consent Mode wants denied before any tag runs are the first four. */
const NEEDS: Readonly<Record<GoogleConsentType, Purpose>> = {
  ad_storage: "advertising",
  ad_user_data: "advertising",
  ad_personalization: "advertising",
  analytics_storage: "analytics",
  functionality_storage: "personalization",
  personalization_storage: "personalization",
  security_storage: "necessary",
};

/**
 * The signals of Google Consent Mode v2 for `gtag("consent", "default" | "update", …)`. All three advertising signals follow
 * `advertising`; functionality (remembered settings) follows `personalization`; security is always granted.
 */
export function toGoogleConsentMode(consent: ConsentState | Grants): GoogleConsentMode {
  const signals = {} as GoogleConsentMode;
  for (const [signal, purpose] of Object.entries(NEEDS) as [GoogleConsentType, Purpose][]) {
    signals[signal] = allowed(consent, purpose) ? "granted" : "denied";
  }
  return signals;
}
