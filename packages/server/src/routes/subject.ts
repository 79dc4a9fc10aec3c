import type { SubjectId } from "@attune/core/service";
import type { Principal } from "../auth/authenticate.js";

type Fields = Readonly<Record<string, unknown>>;

const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

/** Whom an event as sent is about, in either wire shape; null where only a session is named. */
export function subjectOf(event: unknown): SubjectId | null {
  if (typeof event !== "object" || event === null) return null;
  const { visitorId, anonymousId, userId } = event as Fields;
  const visitor = text(visitorId) ?? text(anonymousId);
  if (visitor !== null) return { visitorId: visitor };
  const user = text(userId);
  return user === null ? null : { userId: user };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
const LONG = /^[\w.~-]{21,128}$/;
/** Chance draws fewer different characters than this into 21 of base64url less than once in 10^7 times. */
const MIN_DISTINCT = 10;

/**
 * Whether nobody could come upon this id by trying: a UUID, or at least 21 characters (126 bits of base64url, as nanoid makes them)
 * with at least 10 different ones among them. The shape is all that can be judged; that chance made the id is the host's to see to.
 * What a visitor is shown may be asked for under a public key only with such an id.
 */
export const isUnguessable = (id: string): boolean =>
  UUID.test(id) || (LONG.test(id) && new Set(id).size >= MIN_DISTINCT);

/** Whether this principal may act on the subject: read what is known of it in answer to an event, or decide on its consent. */
export function mayRead({ kind, visitorId }: Principal, subject: SubjectId): boolean {
  if (kind !== "write" && kind !== "visitor") return true;
  if (typeof subject !== "object" || !("visitorId" in subject)) return false;
  return kind === "visitor" ? subject.visitorId === visitorId : isUnguessable(subject.visitorId);
}
