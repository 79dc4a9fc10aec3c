import * as v from "valibot";
import { grantedPurposes, grantsOf } from "../consent/grants.js";
import { type Purpose, PURPOSES } from "../consent/types.js";
import { isFields } from "../events/check.js";
import { type Issue, ok, type Result } from "../kernel/result.js";
import { parseWith } from "./parse.js";
import { allowedFields } from "./privacy-fields.js";
import { idSchema, meaning, noList } from "./schemas.js";

const CODE = "ATTUNE_WIRE_PRIVACY_EVENT";

/** Each level covers what those before it cover, and one thing more. */
export const CONSENT_LEVELS = ["none", "analytics", "personalization", "marketing", "full"] as const;
export type ConsentLevel = (typeof CONSENT_LEVELS)[number];

const HOUR_MS = 3_600_000;
const UNITS: Readonly<Record<string, number>> = { h: HOUR_MS, d: 24 * HOUR_MS };
const MAX_RETENTION_MS = 36_525 * 24 * HOUR_MS;
const DURATION = /^([1-9]\d{0,5})([hd])$/;

function durationOf(given: number | string): number {
  if (typeof given === "number") return given;
  const [, count, unit] = DURATION.exec(given) ?? [];
  return Number(count) * (UNITS[unit ?? ""] ?? Number.NaN);
}

const retention = () =>
  v.pipe(
    v.union([v.number(), v.string()], "This must be milliseconds, or hours or days as in `12h` or `30d`."),
    v.transform(durationOf),
    v.check(
      (ms) => Number.isInteger(ms) && ms >= HOUR_MS && ms <= MAX_RETENTION_MS,
      "This must be an hour to 100 years: whole milliseconds, or hours or days as in `12h` or `30d`.",
    ),
    meaning<number>({ minimum: HOUR_MS, maximum: MAX_RETENTION_MS }),
  );

/** As long as a name of anything in an event may be. */
const short = () =>
  v.pipe(
    idSchema(),
    v.check((id) => id.length <= 128, "This must have at most 128 characters."),
    meaning<string>({ maxLength: 128 }),
  );

const body = () =>
  noList(
    v.strictObject({
      anonymizedSessionId: short(),
      consentLevel: v.picklist(CONSENT_LEVELS),
      eventType: short(),
      eventData: v.optional(
        v.pipe(
          v.custom<Readonly<Record<string, unknown>>>(isFields, "This must be an object."),
          meaning<Readonly<Record<string, unknown>>>({ type: "object" }),
        ),
        {},
      ),
      privacySettings: v.optional(
        noList(
          v.strictObject({
            anonymization: v.optional(v.picklist(["session", "full"]), "session"),
            retention: v.optional(retention()),
            sharing: v.optional(v.picklist(["none", "internal", "partners"]), "none"),
          }),
        ),
        {},
      ),
    }),
  );

/** For documents; what is taken is said by {@link parsePrivacyEvent}. */
export const privacyEventSchema = body;

/** An event that names nobody, ready for the door. */
export interface PrivacyEvent {
  /** In the behavioural shape. */
  event: Readonly<Record<string, unknown>>;
  consentLevel: ConsentLevel;
  purposes: readonly Purpose[];
  anonymization: "session" | "full";
  /** As asked for, ms; null: as long as events are kept. */
  retentionMs: number | null;
  sharing: "none" | "internal" | "partners";
  /** JSON pointers of what was left out of the data. */
  dropped: readonly string[];
}

const ORDER: readonly Purpose[] = ["analytics", "personalization", "marketing"];

function purposesOf(level: ConsentLevel): readonly Purpose[] {
  if (level === "full") return PURPOSES;
  return grantedPurposes(grantsOf(ORDER.slice(0, ORDER.findIndex((purpose) => purpose === level) + 1)));
}

/**
 * An event of which nothing is to be kept but what its consent level allows, under no name but that of an anonymised session.
 *
 * - `analytics`: numbers, yes and no, and texts that name things of the shop or a place of the site (without a query).
 * - `personalization`: other texts too, as ever masked. `marketing`: also the campaign in an address. `full`: the same, for every purpose.
 * - `none`: nothing; the door withholds the event.
 * - At no level: what names a person, a device or a purchase.
 *
 * Under `anonymization: "full"` each event has a session of its own, so that no two of them can be put together, and no measures of the
 * device.
 *
 * @param ownSession A session's name that nobody else has, for such an event.
 */
export function parsePrivacyEvent(input: unknown, ownSession: () => string): Result<PrivacyEvent, Issue[]> {
  const parsed = parseWith(body(), input, CODE);
  if (!parsed.ok) return parsed;
  const { anonymizedSessionId, consentLevel, eventType, eventData, privacySettings } = parsed.value;
  const { anonymization, sharing, retention: retentionMs = null } = privacySettings;
  const rank = CONSENT_LEVELS.indexOf(consentLevel);
  const { data, dropped } = allowedFields(eventData, {
    texts: rank >= CONSENT_LEVELS.indexOf("personalization"),
    campaign: rank >= CONSENT_LEVELS.indexOf("marketing"),
    measures: anonymization !== "full",
  });
  const purposes = purposesOf(consentLevel);
  const event = {
    sessionId: anonymization === "full" ? ownSession() : anonymizedSessionId,
    eventType,
    eventData: { ...data, sharing },
    consent: purposes,
    ...(retentionMs !== null && { retentionMs }),
  };
  return ok({ event, consentLevel, purposes, anonymization, retentionMs, sharing, dropped });
}
