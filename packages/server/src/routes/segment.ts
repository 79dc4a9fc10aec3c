import { fromSegment, type SegmentCall } from "@attune/core/wire";
import { Refusal } from "../http/refusal.js";
import { json } from "../http/respond.js";
import { type Call, objectBody, type Route } from "../http/route.js";
import type { RouteContext } from "./context.js";
import { ingest, ingestOptions, timeOf, waiting } from "./events.js";

/** Each call under its name and under the letter that the clients in pages use. */
const CALLS: readonly (readonly [name: string, call: SegmentCall])[] = [
  ["track", "track"],
  ["t", "track"],
  ["page", "page"],
  ["p", "page"],
  ["screen", "screen"],
  ["s", "screen"],
  ["identify", "identify"],
  ["i", "identify"],
  ["group", "group"],
  ["g", "group"],
  ["alias", "alias"],
  ["a", "alias"],
];
/** The last is where RudderStack's client sends its beacons. */
const BATCHES = ["/v1/batch", "/v1/b", "/beacon/v1/batch"] as const;

/** The Segment HTTP tracking API, so that its clients and RudderStack's can be pointed here. */
export function segmentRoutes(context: RouteContext): Route[] {
  const shape = { method: "POST", scope: "ingest", ingests: true } as const;
  return [
    ...CALLS.map(
      ([name, call]): Route => ({
        ...shape,
        path: `/v1/${name}`,
        body: { max: context.limits.event },
        handle: (request: Call) => one(request, context, call),
      }),
    ),
    ...BATCHES.map(
      (path): Route => ({ ...shape, path, body: {}, handle: (request: Call) => batch(request, context) }),
    ),
  ];
}

async function one(call: Call, context: RouteContext, type: SegmentCall): Promise<Response> {
  const message = objectBody(call);
  const event = fromSegment(message, { call: type, categories: context.consentCategories });
  const { rejected, withheld } = await take(call, context, {
    events: [event],
    sentAt: message.sentAt,
    route: type,
  });
  const refused = rejected[0];
  if (refused) {
    throw new Refusal(400, "ATTUNE_SERVER_EVENT", "The event is not valid; the errors say where and why.", {
      errors: refused.errors,
    });
  }
  return json({ success: true, ...(withheld > 0 && { withheld }) });
}

async function batch(call: Call, context: RouteContext): Promise<Response> {
  const body = objectBody(call);
  const { batch: messages, sentAt } = body;
  const most = context.limits.batch;
  if (!Array.isArray(messages) || messages.length === 0 || messages.length > most) {
    const detail = `Send 1 to ${most} messages as { "batch": [ … ] }.`;
    throw new Refusal(400, "ATTUNE_SERVER_BATCH", detail);
  }
  const reading = { batch: body, categories: context.consentCategories };
  const events = messages.map((message: unknown) => fromSegment(message, reading));
  const { rejected, withheld } = await take(call, context, { events, sentAt, route: "batch" });
  return json({
    success: true,
    ...(withheld > 0 && { withheld }),
    ...(rejected.length > 0 && { rejected }),
  });
}

async function take(
  call: Call,
  context: RouteContext,
  { events, sentAt, route }: { events: readonly unknown[]; sentAt: unknown; route: string },
) {
  const sent = timeOf(sentAt);
  return ingest(context, events, {
    ...ingestOptions(call, await call.location(), `v1/${route}`),
    ...(sent === null ? {} : { sentAt: sent }),
    ...waiting(call, 0),
  });
}
