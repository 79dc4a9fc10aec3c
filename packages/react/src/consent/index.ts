"use client";

export { ConsentBanner, type ConsentBannerProps } from "./consent-banner.js";
export { ConsentGate, type ConsentGateProps } from "./consent-gate.js";
export { ConsentPreferences } from "./consent-preferences.js";
export { ConsentSettingsButton, type ConsentSettingsButtonProps } from "./consent-settings-button.js";
export { de } from "./messages/de.js";
export { en } from "./messages/en.js";
export { es } from "./messages/es.js";
export { fr } from "./messages/fr.js";
export type { ConsentMessages } from "./messages/types.js";
export { privacyDe } from "./privacy/messages/de.js";
export { privacyEn } from "./privacy/messages/en.js";
export { privacyEs } from "./privacy/messages/es.js";
export { privacyFr } from "./privacy/messages/fr.js";
export type { PrivacyMessages } from "./privacy/messages/types.js";
export { PrivacyCenter, type PrivacyCenterProps } from "./privacy/privacy-center.js";
export { PrivacyErase } from "./privacy/privacy-erase.js";
export { PrivacyHeld } from "./privacy/privacy-held.js";
export { PrivacyPolicy, type PrivacyPolicyProps } from "./privacy/privacy-policy.js";
export { PrivacyTake } from "./privacy/privacy-take.js";
export {
  type PrivacyBackEnd,
  type PrivacyCenter as PrivacyCenterState,
  type PrivacyProgress,
  usePrivacyCenter,
} from "./privacy/use-privacy-center.js";
export { type ConsentPrompt, type PurposeChoice, useConsentPrompt } from "./use-consent-prompt.js";
