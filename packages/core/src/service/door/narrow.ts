import { createConsentState, grantsOf, resolvePolicy } from "../../consent/index.js";
import {
  type ConsentPolicy,
  type ConsentRecord,
  type Grants,
  type OptionalPurpose,
  PURPOSES,
} from "../../consent/types.js";
import { reduceToConsent } from "../../events/index.js";
import type { Event } from "../../events/types.js";

/** What both allow: neither adds to the other. */
export const bothGrant = (a: Grants, b: Grants): Grants =>
  grantsOf(PURPOSES.filter((purpose) => a[purpose] && b[purpose]));

/** What Global Privacy Control switches off under a policy where a request carries it: it holds whatever anybody has stated. */
export const deniedByGpc = (
  policy: ConsentPolicy | null,
  gpc: boolean | undefined,
): readonly OptionalPurpose[] =>
  gpc === true ? resolvePolicy(policy ?? { version: "unstated" }).gpcDenies : [];

/** The grants without these purposes. */
export const without = (grants: Grants, denied: readonly OptionalPurpose[]): Grants =>
  denied.length === 0
    ? grants
    : grantsOf(
        PURPOSES.filter((purpose) => grants[purpose] && !(denied as readonly string[]).includes(purpose)),
      );

/** Where and when consent is asked about. */
export interface ConsentPlace {
  now: number;
  region?: string | null | undefined;
  gpc?: boolean | undefined;
}

/**
 * What a stored decision allows now, by the rules of the page: it lapses with time and with a new version of the policy. Without a
 * policy it lapses with time only.
 */
export function storedGrants(
  policy: ConsentPolicy | null,
  stored: ConsentRecord,
  place: ConsentPlace,
): Grants {
  const { now, region, gpc } = place;
  return createConsentState(policy ?? { version: stored.policyVersion }, {
    now,
    region: region ?? stored.region,
    gpc: gpc === true,
    stored,
  }).grants;
}

/**
 * What covers an event that has a snapshot of its own. A stored decision can only narrow it, whatever time the event or the device
 * claims: a refusal holds until the server has heard of a later decision. A lapsed one gives nothing, but still refuses.
 */
export const grantsFor = ({ consent }: Event, stored: ConsentRecord): Grants =>
  bothGrant(grantsOf(consent.purposes), stored.grants);

/**
 * What a visitor's decision becomes once it turns out to be this user's: what the user has refused is refused here too, until a later
 * decision. The same object where that changes nothing.
 */
export function inherited(own: ConsentRecord | null, users: ConsentRecord): ConsentRecord | null {
  if (PURPOSES.every((purpose) => users.grants[purpose] || own?.grants[purpose] === false)) return own;
  if (own === null) return { ...users, revision: 1 };
  return {
    ...own,
    grants: bothGrant(own.grants, users.grants),
    // A grant that was made before the refusal and comes late must not win.
    decidedAt: Math.max(own.decidedAt, users.decidedAt),
    revision: own.revision + 1,
  };
}

/** What may be kept of an event that was reduced before; null: nothing. */
export function narrowToConsent(event: Event, stored: ConsentRecord | null): Event | null {
  if (stored === null) return event;
  const still = event.consent.purposes.every((purpose) => purpose === "necessary" || stored.grants[purpose]);
  return still ? event : reduceToConsent(event, grantsFor(event, stored));
}
