import type { Route } from "../http/route.js";
import type { RouteContext } from "./context.js";

/** `GET /stream`: the live frames of the credential's site as server-sent events. */
export function streamRoutes({ hub }: RouteContext): Route[] {
  return [
    {
      method: "GET",
      path: "/api/v1/behavioral/stream",
      scope: "read",
      handle({ principal, request }) {
        const { site } = principal;
        const headers = {
          "content-type": "text/event-stream; charset=utf-8",
          "cache-control": "no-store, no-transform",
          "x-accel-buffering": "no",
        };
        // Nobody reads the body of a HEAD, and this one would never end.
        if (request.method === "HEAD") return new Response(null, { headers });
        const lastEventId = request.headers.get("last-event-id");
        const body = hub.open({ site, lastEventId, active: () => principal.active() });
        return new Response(body, { headers });
      },
    },
  ];
}
