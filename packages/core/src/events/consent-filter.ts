import type { Grants, Purpose } from "../consent/types.js";
import { purposesOf, type EventPurposeSource } from "./names.js";
import type { Event, EventContext } from "./types.js";

/** Whether an event of this name may be stored or sent: at least one of the purposes it is collected for is granted. */
export const eventAllowed = (event: Pick<Event, "name">, grants: Grants, own?: EventPurposeSource): boolean =>
  purposesOf(event.name, own).some((purpose) => purpose === "necessary" || grants[purpose]);

/**
 * The event as far as consent covers it: its snapshot narrowed to what is granted as well, without campaign data where neither
 * analytics nor marketing is left, or null if nothing it is collected for is left. A later grant never widens a snapshot. The same
 * object if there is nothing to take away.
 */
export function reduceToConsent(event: Event, grants: Grants, own?: EventPurposeSource): Event | null {
  const { purposes } = event.consent;
  const left = purposes.filter((purpose) => purpose === "necessary" || grants[purpose]);
  const covers = (purpose: Purpose): boolean => purpose === "necessary" || left.includes(purpose);
  if (!purposesOf(event.name, own).some(covers)) return null;
  const campaign = event.context.campaign && !covers("analytics") && !covers("marketing");
  if (left.length === purposes.length && !campaign) return event;
  return {
    ...event,
    context: campaign ? withoutCampaign(event.context) : event.context,
    consent: { ...event.consent, purposes: left },
  };
}

function withoutCampaign({ campaign: _, ...rest }: EventContext): EventContext {
  return rest;
}
