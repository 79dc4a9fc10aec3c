"use client";

export { ConsentBanner, type ConsentBannerProps } from "./consent-banner.js";
export { ConsentPreferences } from "./consent-preferences.js";
export { ConsentSettingsButton, type ConsentSettingsButtonProps } from "./consent-settings-button.js";
export { de } from "./messages/de.js";
export { en } from "./messages/en.js";
export { es } from "./messages/es.js";
export { fr } from "./messages/fr.js";
export type { ConsentMessages } from "./messages/types.js";
export { type ConsentPrompt, type PurposeChoice, useConsentPrompt } from "./use-consent-prompt.js";
