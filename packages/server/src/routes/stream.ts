import { Refusal } from "../http/refusal.js";
import { json } from "../http/respond.js";
import type { Call, Route } from "../http/route.js";
import { subjectFor } from "../live/asked-subject.js";
import type { RouteContext } from "./context.js";
import { hasGpc } from "./gpc.js";

export const STREAM_PATH = "/api/v1/behavioral/stream";

/**
 * `GET /stream`: the live frames of the credential's site as server-sent events, or those of one visitor, session or user. `POST
 * /stream/ticket`: what a page opens its WebSocket with.
 */
export function streamRoutes(context: RouteContext): Route[] {
  return [
    { method: "GET", path: STREAM_PATH, scope: "stream", handle: (call) => stream(call, context) },
    {
      method: "POST",
      path: `${STREAM_PATH}/ticket`,
      scope: "stream",
      handle: (call) => ticket(call, context),
    },
  ];
}

async function stream(
  { principal, request, url, address }: Call,
  { hub, places, service }: RouteContext,
): Promise<Response> {
  const query = url.searchParams;
  const asked = {
    visitorId: query.get("visitorId"),
    sessionId: query.get("sessionId"),
    userId: query.get("userId"),
  };
  const subject = await subjectFor(asked, { principal, service, nobody: isForNobody(query) });
  const headers = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
  };
  // Nobody reads the body of a HEAD, and this one would never end.
  if (request.method === "HEAD") return new Response(null, { headers });
  const body = hub.open({
    site: principal.site,
    subject,
    // An EventSource that is made anew cannot set the header.
    lastEventId: request.headers.get("last-event-id") ?? query.get("lastEventId"),
    active: () => principal.active(),
    onGone: places.take(principal, address()),
  });
  return new Response(body, { headers });
}

function isForNobody(query: URLSearchParams): boolean {
  const only = query.get("only");
  if (only === null || only === "rulesets") return only !== null;
  throw new Refusal(400, "ATTUNE_SERVER_QUERY", "`only` may be `rulesets`, or be left out.");
}

async function ticket({ principal, request }: Call, { tickets }: RouteContext): Promise<Response> {
  const { kind, id, site } = principal;
  const origin = request.headers.get("origin");
  return json(await tickets.issue({ kind, id, site, origin, gpc: hasGpc(request) }), { status: 201 });
}
