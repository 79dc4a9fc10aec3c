import { randomUUID } from "node:crypto";
import { parsePrivacyEvent } from "@attune/core/wire";
import { Refusal } from "../http/refusal.js";
import { json } from "../http/respond.js";
import { type Call, objectBody, type Route } from "../http/route.js";
import type { RouteContext } from "./context.js";
import { ingest, ingestOptions, waiting } from "./events.js";

/** `POST /events/privacy-compliant`: an event that names nobody. */
export function privacyEventRoutes(context: RouteContext): Route[] {
  return [
    {
      method: "POST",
      path: "/api/v1/behavioral/events/privacy-compliant",
      scope: "ingest",
      body: { max: context.limits.event },
      ingests: true,
      once: true,
      handle: (call) => take(call, context),
    },
  ];
}

async function take(call: Call, context: RouteContext): Promise<Response> {
  const { writeKey: _credential, ...body } = objectBody(call);
  const parsed = parsePrivacyEvent(body, () => `alone-${randomUUID()}`);
  if (!parsed.ok) throw refused(parsed.error);
  const { event, consentLevel, purposes, anonymization, retentionMs, sharing, dropped } = parsed.value;
  // Where the request comes from stays out of the event.
  const result = await ingest(context, [event], {
    ...ingestOptions(call, {}, "events/privacy-compliant"),
    ...waiting(call, 0),
  });
  const rejected = result.rejected[0];
  if (rejected) throw refused(rejected.errors);
  const stored = result.withheld === 0;
  const retention = Math.min(retentionMs ?? context.retentionMs, context.retentionMs);
  return json({
    eventId: result.ids[0] ?? null,
    stored,
    privacyCompliance: {
      consentLevel,
      purposes: stored ? purposes : [],
      anonymization,
      retention: stored ? retention : null,
      sharing,
      dropped,
    },
    notes: {
      ...(!stored && { retention: "Nothing of this event was kept: it is not covered by consent." }),
      ...(stored &&
        retentionMs !== null &&
        retentionMs > retention && { retention: "This server keeps no event for longer than this." }),
    },
  });
}

const refused = (errors: Refusal["errors"]): Refusal =>
  new Refusal(400, "ATTUNE_SERVER_EVENT", "The event is not valid; the errors say where and why.", {
    errors,
  });
