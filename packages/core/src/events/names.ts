import type { Purpose } from "../consent/types.js";
import type { KnownEventName } from "./types.js";

/** What an event is collected for unless it says otherwise. */
export const DEFAULT_EVENT_PURPOSES: readonly Purpose[] = ["analytics", "personalization"];

/**
 * The known events that are collected for something else than the default. An event may be stored or sent if at least one of its
 * purposes is granted, and is then used for those granted only. That a choice was made is itself evidence that has to be kept, so it
 * needs no permission.
 */
export const EVENT_PURPOSES: Readonly<Partial<Record<KnownEventName, readonly Purpose[]>>> = {
  "Consent Changed": ["necessary"],
  // How well the page works is nothing to personalize by.
  "Page Vitals Reported": ["analytics"],
  "Page Error Reported": ["analytics"],
};

/** A host's own events, as `defineEvents` makes them, as far as consent is concerned. */
export interface EventPurposeSource {
  purposesOf(name: string): readonly Purpose[] | undefined;
}

/** What an event of this name is collected for: as the host defined it, else as the library knows it, else the default. */
export function purposesOf(name: string, own?: EventPurposeSource): readonly Purpose[] {
  const known = Object.hasOwn(EVENT_PURPOSES, name) ? EVENT_PURPOSES[name as KnownEventName] : undefined;
  return own?.purposesOf(name) ?? known ?? DEFAULT_EVENT_PURPOSES;
}
