import { grantsOf } from "../../consent/index.js";
import type { ConsentRecord, Grants, OptionalPurpose } from "../../consent/types.js";
import { isFields, newCheck } from "../../events/check.js";
import type { ParseContext } from "../../events/index.js";
import { readConsent } from "../../events/parse-consent.js";
import type { DeadLetter } from "../../ports/log.js";
import { standInOf } from "../layout/stand-in.js";
import { bothGrant, without } from "../door/narrow.js";
import type { IdKind, Pseudonymise } from "../layout/pseudonyms.js";
import { mentions } from "./letter-mentions.js";

/** No event with a longer identifier is ever taken, so nobody can be known by one. */
const MAX_ID = 128;

const NAMES: readonly (readonly [key: string, kind: IdKind])[] = [
  ["visitorId", "v"],
  ["anonymousId", "v"],
  ["userId", "u"],
  ["sessionId", "s"],
  ["deviceId", "d"],
];

/** An identifier as the door would read it. */
function idIn(input: unknown, key: string): string | null {
  const value = isFields(input) ? input[key] : undefined;
  const id = typeof value === "number" ? String(value) : value;
  return typeof id === "string" && id !== "" && id.length <= MAX_ID ? id : null;
}

/** Whom an unreadable event seems to be about, by the same order of names in which a readable one is. */
export function subjectIn(input: unknown, pseudonym: Pseudonymise): string | null {
  const id =
    idIn(input, "visitorId") ??
    idIn(input, "anonymousId") ??
    standInOf(idIn(input, "userId"), idIn(input, "sessionId"));
  return id === null ? null : pseudonym("v", id);
}

/** Every pseudonym that can be read from an input, each with its kind in front: `v:`, `u:`, `s:`, `d:`. */
export const subjectsIn = (input: unknown, pseudonym: Pseudonymise): string[] =>
  NAMES.flatMap(([key, kind]) => {
    const id = idIn(input, key);
    return id === null ? [] : [`${kind}:${pseudonym(kind, id)}`];
  });

/** Whether an event says itself what it is covered by. */
export function carries(input: unknown): boolean {
  const { consent, granularConsent } = input as { consent?: unknown; granularConsent?: unknown };
  return (consent ?? granularConsent ?? null) !== null;
}

/**
 * Whether the content of an unreadable event may be kept: like that of a readable one, where its own snapshot, what is stored of its
 * visitor or else the default of the request covers analytics or personalization.
 *
 * @param under `holds`: what a stored decision allows now; `denied`: what is not allowed whatever an event says.
 */
export function mayKeep(
  input: unknown,
  context: ParseContext,
  stored: ConsentRecord | null,
  under: { holds: (record: ConsentRecord) => Grants; denied: readonly OptionalPurpose[] },
): boolean {
  if (!isFields(input)) return false;
  const { shared: _ofReadable, ...alone } = context;
  const own = without(grantsOf(readConsent(newCheck(), input, alone).purposes), under.denied);
  const said = stored !== null && carries(input) ? bothGrant(own, stored.grants) : null;
  const { analytics, personalization } = said ?? (stored === null ? own : under.holds(stored));
  return analytics || personalization;
}

/** What an erasure looks for in letters. */
export interface Sought {
  /** Pseudonyms of the visitors that are erased. */
  visitors: ReadonlySet<string>;
  /** The user that is erased. */
  user: string | null;
  /** Sessions, devices and users that the visitors' events named, as in {@link subjectsIn}. */
  named: ReadonlySet<string>;
  /** The identifier as it was given. */
  id: string;
  /** Whether it may be anything: then it counts only where visitors are named. */
  own: boolean;
}

/**
 * Whether a letter is about the subject: it names one of its visitors or its user, or mentions the identifier given where people are named.
 * A session or device counts only where the letter names no visitor, since others may share it.
 */
export function isAbout({ subject, subjects = [], body }: DeadLetter, sought: Sought): boolean {
  if (subject !== undefined && sought.visitors.has(subject)) return true;
  if (sought.user !== null && subjects.includes(`u:${sought.user}`)) return true;
  const visitors = subjects.filter((name) => name.startsWith("v:"));
  if (visitors.some((name) => sought.visitors.has(name.slice(2)))) return true;
  if (visitors.length === 0 && subjects.some((name) => sought.named.has(name))) return true;
  return mentions(body, { id: sought.id, isUser: sought.user !== null, anywhere: !sought.own });
}
