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
        const lastEventId = request.headers.get("last-event-id");
        const body = hub.open({ site, lastEventId, active: () => principal.active() });
        return new Response(body, {
          headers: {
            "content-type": "text/event-stream; charset=utf-8",
            "cache-control": "no-store, no-transform",
            "x-accel-buffering": "no",
          },
        });
      },
    },
  ];
}
