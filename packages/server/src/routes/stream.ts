import { PlainResponse } from "@attune/server-adapters/node";
import { Refusal } from "../http/refusal.js";
import { json } from "../http/respond.js";
import { type Call, objectBody, type Route, SMALL_BODY } from "../http/route.js";
import { ONLY, type Only, subjectFor } from "../live/asked-subject.js";
import type { RouteContext } from "./context.js";
import { hasGpc } from "./gpc.js";

export const STREAM_PATH = "/api/v1/behavioral/stream";

/**
 * `GET /stream`: the live frames of the credential's site as server-sent events, or those of one visitor, session or user. `POST /stream`: the same
 * for who names whom it is about in the body rather than in an address, which ends up in logs. `POST /stream/ticket`: what a page opens its
 * WebSocket with.
 */
export function streamRoutes(context: RouteContext): Route[] {
  return [
    {
      method: "GET",
      path: STREAM_PATH,
      scope: "stream",
      handle: (call) => stream(call, context, Object.fromEntries(call.url.searchParams)),
    },
    {
      method: "POST",
      path: STREAM_PATH,
      scope: "stream",
      body: SMALL_BODY,
      handle: (call) => stream(call, context, objectBody(call)),
    },
    {
      method: "POST",
      path: `${STREAM_PATH}/ticket`,
      scope: "stream",
      handle: (call) => ticket(call, context),
    },
  ];
}

async function stream(
  { principal, request, address }: Call,
  { hub, places, service }: RouteContext,
  asked: Readonly<Record<string, unknown>>,
): Promise<Response> {
  const subject = await subjectFor(asked, { principal, service, only: onlyOf(asked) });
  const headers = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
  };
  // Nobody reads the body of a HEAD, and this one would never end.
  if (request.method === "HEAD") return new Response(null, { headers });
  // An EventSource that is made anew cannot set the header.
  const lastEventId = request.headers.get("last-event-id") ?? asked.lastEventId;
  const frames = hub.open({
    site: principal.site,
    subject,
    lastEventId: typeof lastEventId === "string" ? lastEventId : null,
    active: () => principal.active(),
    onGone: places.take(principal, address()),
  });
  return new PlainResponse(frames, { headers });
}

function onlyOf({ only }: Readonly<Record<string, unknown>>): Only | null {
  if (only === undefined) return null;
  const found = ONLY.find((name) => name === only);
  if (found !== undefined) return found;
  throw new Refusal(400, "ATTUNE_SERVER_QUERY", "`only` may be `rulesets` or `segments`, or be left out.");
}

async function ticket({ principal, request }: Call, { tickets }: RouteContext): Promise<Response> {
  const { kind, id, site } = principal;
  const origin = request.headers.get("origin");
  return json(await tickets.issue({ kind, id, site, origin, gpc: hasGpc(request) }), { status: 201 });
}
