import type { IngestOptions, IngestResult, SubjectId } from "@attune/core/service";
import type { Grants } from "@attune/core/consent";
import { Refusal } from "../http/refusal.js";
import type { Location } from "../http/location.js";
import { json } from "../http/respond.js";
import { type Call, objectBody, type Route } from "../http/route.js";
import { insightsOf } from "../live/insights.js";
import type { RouteContext } from "./context.js";
import { hasGpc } from "./gpc.js";
import { mayRead, subjectOf } from "./subject.js";

const MAX_WAIT_MS = 30_000;
const MAX_SLOTS = 50;
/** Nobody waits longer than this for the log, ms. */
const INGEST_MS = 10_000;

/** `POST /events` and `POST /batch`. */
export function eventRoutes(context: RouteContext): Route[] {
  const path = "/api/v1/behavioral";
  return [
    {
      method: "POST",
      path: `${path}/events`,
      scope: "ingest",
      body: { max: context.limits.event },
      ingests: true,
      handle: (call) => oneEvent(call, context),
    },
    {
      method: "POST",
      path: `${path}/batch`,
      scope: "ingest",
      body: {},
      ingests: true,
      handle: (call) => batch(call, context),
    },
  ];
}

async function batch(call: Call, context: RouteContext): Promise<Response> {
  const { events, sentAt } = batchOf(call.body, context.limits.batch);
  const options = {
    ...ingestOptions(call, await call.location(), "batch"),
    ...(sentAt === null ? {} : { sentAt }),
    ...waiting(call, 0),
  };
  // Not awaited here: the body, which is far larger than its text, must not live until the log has answered.
  return ingest(context, events, options).then(batchAnswer);
}

const batchAnswer = ({ accepted, duplicates, withheld, sampled, rejected }: IngestResult): Response =>
  json({ accepted, duplicates, withheld, sampled, rejected });

function batchOf(body: unknown, max: number): { events: readonly unknown[]; sentAt: number | null } {
  const list = Array.isArray(body) ? (body as unknown[]) : (body as { events?: unknown } | null)?.events;
  if (!Array.isArray(list) || list.length === 0 || list.length > max) {
    throw new Refusal(
      400,
      "ATTUNE_SERVER_BATCH",
      `Send 1 to ${max} events, as an array or as { "events": [ … ] }.`,
    );
  }
  const sentAt = Array.isArray(body) ? null : timeOf((body as { sentAt?: unknown }).sentAt);
  return { events: list as unknown[], sentAt };
}

async function oneEvent(call: Call, context: RouteContext): Promise<Response> {
  const { principal, url } = call;
  const event = objectBody(call);
  const started = context.clock.now();
  const sentAt = timeOf(event.sentAt);
  const result = await ingest(context, [event], {
    ...ingestOptions(call, await call.location(), "events"),
    ...(sentAt === null ? {} : { sentAt }),
    ...waiting(call, 50),
  });
  const refused = result.rejected[0];
  if (refused) {
    const errors = refused.errors;
    throw new Refusal(400, "ATTUNE_SERVER_EVENT", "The event is not valid; the errors say where and why.", {
      errors,
    });
  }
  const subject = subjectOf(event);
  const readable = subject !== null && mayRead(principal, subject) ? subject : null;
  const notes: Record<string, string> = {};
  const processed = processedOf(result);
  const profile =
    processed && readable ? await context.service.profile(readable, { site: principal.site }) : null;
  const insights = profile?.scores ? insightsOf(profile.features, profile.scores) : null;
  const decisions = await slotDecisions(call, context, event, readable);
  if (result.withheld > 0) notes.insights = "Nothing of this event was kept: it is not covered by consent.";
  else if (result.sampled > 0)
    notes.insights = "The server is under load: others of its name stand for this event.";
  else if (!processed) notes.insights = "The event was not folded within the wait; ask again later.";
  else if (!readable) notes.insights = "This credential may not read what is known of this subject.";
  else if (profile?.notes.scores) notes.insights = profile.notes.scores;
  if (url.searchParams.has("slots") && !decisions)
    notes.decisions = "This credential may not ask for this subject's decisions.";
  return json({
    eventId: result.ids[0] ?? textOf(event.id) ?? textOf(event.eventId),
    processed,
    duplicate: duplicateOf(result),
    sampled: result.sampled,
    processingTime: Math.max(0, context.clock.now() - started),
    triggers: [],
    decisions,
    insights,
    privacyCompliance: {
      dataProcessing: result.withheld > 0 ? "none" : "permitted-purposes",
      consentStatus: result.withheld > 0 ? "withheld" : "granted",
      anonymization: "pseudonymised",
      retention: context.retentionMs,
    },
    notes,
  });
}

/** @throws Refusal 503 where events or dead letters cannot be written, or not in time; then the whole can be sent again. */
export function ingest(
  { service, meters }: RouteContext,
  events: readonly unknown[],
  options: IngestOptions,
): Promise<IngestResult> {
  return taken(service.ingest(events, options), INGEST_MS + (options.waitMs ?? 0), meters);
}

async function taken(
  taking: Promise<IngestResult>,
  withinMs: number,
  meters: RouteContext["meters"],
): Promise<IngestResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const give = (): void => reject(new Error(`Events were not taken within ${INGEST_MS} ms.`));
    timer = setTimeout(give, withinMs);
  });
  try {
    const result = await Promise.race([taking, late]);
    meters.ingested(result);
    return result;
  } catch (cause) {
    const detail = "Events cannot be taken right now; send the same again later.";
    throw new Refusal(503, "ATTUNE_SERVER_INGEST", detail, { cause, headers: { "retry-after": "5" } });
  } finally {
    clearTimeout(timer);
  }
}

const processedOf = ({ outcomes }: IngestResult): boolean =>
  outcomes[0] !== undefined && outcomes[0] !== "pending";

function duplicateOf({ outcomes, duplicates }: IngestResult): boolean | null {
  const outcome = outcomes[0];
  if (outcome !== undefined && outcome !== "pending")
    return outcome === "duplicate" || outcome === "conflict";
  return duplicates === null ? null : duplicates > 0;
}

async function slotDecisions(
  { url, principal, request, location }: Call,
  { service }: RouteContext,
  event: Readonly<Record<string, unknown>>,
  subject: SubjectId | null,
) {
  const slots = url.searchParams.get("slots")?.split(",").filter(Boolean).slice(0, MAX_SLOTS) ?? [];
  if (slots.length === 0) return url.searchParams.has("slots") ? {} : null;
  if (subject === null || typeof subject === "string" || !("visitorId" in subject)) return null;
  const visitor = { id: subject.visitorId, consent: grantsOfEvent(event.consent) };
  const { country, region = country } = await location();
  const facts = { gpc: hasGpc(request), site: principal.site, ...(region !== undefined && { region }) };
  return (await service.decide(visitor, slots, facts)).decisions;
}

/** The grants that an event's snapshot states; null where it states none. */
function grantsOfEvent(consent: unknown): Grants | null {
  const purposes = (consent as { purposes?: unknown } | null | undefined)?.purposes;
  if (!Array.isArray(purposes)) return null;
  const has = (purpose: string): boolean => purposes.includes(purpose);
  return {
    necessary: true,
    analytics: has("analytics"),
    personalization: has("personalization"),
    marketing: has("marketing"),
    advertising: has("advertising"),
  };
}

export const ingestOptions = ({ principal, request }: Call, location: Location, route: string) => ({
  site: principal.site,
  route,
  gpc: hasGpc(request),
  ...location,
});

/** How long the fold is waited for: not at all where too many wait already. */
export function waiting({ url, wait }: Call, fallback: number): Pick<IngestOptions, "waitMs" | "onStored"> {
  const waitMs = waitOf(url, fallback);
  const onStored = waitMs > 0 ? wait() : null;
  return onStored === null ? {} : { waitMs, onStored };
}

function waitOf(url: URL, fallback: number): number {
  const given = url.search === "" ? null : url.searchParams.get("wait");
  const wait = given === null ? fallback : Number(given);
  return Number.isFinite(wait) ? Math.min(Math.max(0, wait), MAX_WAIT_MS) : fallback;
}

/** Epoch ms or ISO 8601; anything else is as good as not given. */
export function timeOf(value: unknown): number | null {
  const ms = typeof value === "string" ? Date.parse(value) : value;
  return typeof ms === "number" && Number.isFinite(ms) ? ms : null;
}

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);
