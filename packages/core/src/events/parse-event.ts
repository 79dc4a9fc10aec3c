import { contentHash } from "../kernel/hash.js";
import { canonicalJson } from "../kernel/json.js";
import { fail, ok, type Issue, type Result } from "../kernel/result.js";
import { readBehavioural } from "./behavioural-event.js";
import { isFields, newCheck, report, type Check, type Fields } from "./check.js";
import type { Draft, ParseContext } from "./draft.js";
import { readNumber } from "./fields.js";
import { readNative } from "./native-event.js";
import type { SharedParts } from "./shared.js";
import { clockCorrection } from "./skew.js";
import { SCHEMA_VERSION, type Event, type EventContext } from "./types.js";

/** 2000-01-01: earlier times are clocks that were never set, or seconds taken for milliseconds. */
const EARLIEST = 946_684_800_000;
const LATEST_AHEAD_MS = 366 * 86_400_000;
/** What an event may ask to be kept for, ms: an hour to 100 years. */
const RETENTION_MS = [3_600_000, 36_525 * 86_400_000] as const;

/**
 * The one way from the wire to an {@link Event}. Two shapes are read: the library's own envelope (`name`, `id`, …) and the behavioural
 * one (`eventType`, `eventData`, …); unknown fields at the top are ignored. All issues are returned, each with a JSON pointer into the
 * input and a cure, never with a value. The input is taken over where it is clean, so it must not be changed afterwards.
 *
 * What is missing is filled in:
 * - the id: a hash of site, visitor, session, name, time and content, so that a retry is a duplicate (without a time of its own an
 *   event's time is that of its receipt, and a retry counts as another event);
 * - the visitor: the anonymous id, else `u:` and the user id, else `s:` and the session id; none of the three is an issue;
 * - the time: when it was received; otherwise it is corrected by {@link clockCorrection} and must then lie between 2000 and 366 days
 *   from now;
 * - the consent: what the request is assumed to have, else only what is necessary.
 */
export function parseEvent(input: unknown, context: ParseContext): Result<Event, Issue[]> {
  const check = newCheck();
  if (context.shared) context.shared.wasOrdinary = false;
  if (!isFields(input)) {
    report(check, "TYPE", "An event must be a JSON object.");
    return fail(check.issues);
  }
  const native =
    input["eventType"] === undefined || (input["name"] !== undefined && input["id"] !== undefined);
  const draft = native ? readNative(check, input, context) : readBehavioural(check, input, context);
  const event = complete(check, draft, context);
  if (input["retentionMs"] !== undefined) readRetention(check, input, draft, event);
  return check.issues.length ? fail(check.issues) : ok(event);
}

/** Only of events that name nobody: what is kept of a person goes together, when it is erased or when the last of it is gone. */
function readRetention(check: Check, input: Fields, { visitorId, userId }: Draft, event: Event): void {
  const retentionMs = readNumber(check, input, "retentionMs", RETENTION_MS);
  if (retentionMs === null) return;
  event.retentionMs = retentionMs;
  if (visitorId === null && userId === null) return;
  const message =
    "Leave it out, or name a session alone: what visitors and users do is kept as long as the site keeps events.";
  report(check, "RANGE", message, "retentionMs");
}

function complete(check: Check, draft: Draft, context: ParseContext): Event {
  const { site, receivedAt, sentAt: batchSentAt, country, shared, named } = context;
  const { name, sessionId, userId, properties, consent } = draft;
  const sentAt = Number.isFinite(batchSentAt) ? (batchSentAt as number) : draft.sentAt;
  const occurredAt =
    draft.occurredAt === null ? receivedAt : corrected(draft, draft.occurredAt, sentAt, context);
  if (!(occurredAt >= EARLIEST && occurredAt <= receivedAt + LATEST_AHEAD_MS)) {
    check.stack.push(...draft.timeKeys);
    report(
      check,
      "TIME",
      "Must lie between the year 2000 and a year from now, in milliseconds, not seconds; where `sentAt` is given, both are by the same clock.",
    );
    check.stack.length = 0;
  }
  const visitorId =
    draft.visitorId ?? (userId !== null ? `u:${userId}` : sessionId !== null ? `s:${sessionId}` : null);
  if (visitorId === null) {
    report(
      check,
      "MISSING",
      "Say whose event it is: a visitorId (anonymousId), a userId or a sessionId.",
      "visitorId",
    );
  }
  return {
    id:
      draft.id ??
      derivedId([
        site,
        visitorId,
        sessionId,
        name,
        draft.occurredAt ?? receivedAt,
        named === undefined ? properties : named(properties),
        draft.context,
      ]),
    schemaVersion: SCHEMA_VERSION,
    site,
    visitorId: visitorId ?? "",
    sessionId,
    deviceId: draft.deviceId,
    userId,
    seq: draft.seq,
    occurredAt,
    sentAt,
    receivedAt,
    tzOffset: draft.tzOffset,
    name,
    properties,
    context: country === undefined ? draft.context : located(draft.context, country, shared),
    consent,
  };
}

function corrected(
  { deviceId, seq }: Draft,
  occurredAt: number,
  sentAt: number | null,
  { receivedAt, clockOf }: ParseContext,
): number {
  if (clockOf === undefined || deviceId === null) return occurredAt + clockCorrection(sentAt, receivedAt);
  return clockOf(deviceId, { seq, occurredAt, sentAt, receivedAt });
}

/** A country is the request's: the same for all events of a batch. */
function located(context: EventContext, country: string, shared: SharedParts | undefined): EventContext {
  const known = shared?.located;
  if (known?.given === context && known.read.country === country) return known.read;
  const read = { ...context, country };
  if (shared) shared.located = { given: context, read };
  return read;
}

const derivedId = (parts: readonly unknown[]): string => `h-${contentHash(canonicalJson(parts))}`;
