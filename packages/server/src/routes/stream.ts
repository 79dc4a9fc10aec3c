import { Refusal } from "../http/refusal.js";
import type { Route } from "../http/route.js";
import type { LiveSubject } from "../live/site-feeds.js";
import type { NamedId } from "@attune/core/service";
import type { RouteContext } from "./context.js";

const MAX_ID = 128;
const SUBJECTS = { visitorId: "visitor", sessionId: "session", userId: "user" } as const;

/** `GET /stream`: the live frames of the credential's site as server-sent events, or those of one visitor, session or user. */
export function streamRoutes({ hub, service }: RouteContext): Route[] {
  async function subjectOf(query: URLSearchParams, site: string): Promise<LiveSubject | null> {
    const named = Object.entries(SUBJECTS).filter(([field]) => query.has(field));
    const [[field, kind] = [], another] = named;
    if (field === undefined || kind === undefined) return null;
    const id = query.get(field) ?? "";
    if (another !== undefined || id === "" || id.length > MAX_ID)
      throw new Refusal(
        400,
        "ATTUNE_SERVER_QUERY",
        `Name one of visitorId, sessionId and userId, of 1 to ${MAX_ID} characters, or none for the whole site.`,
      );
    return { kind, name: await service.pseudonymOf({ [field]: id } as NamedId, { site }) };
  }

  return [
    {
      method: "GET",
      path: "/api/v1/behavioral/stream",
      scope: "read",
      async handle({ principal, request, url }) {
        const { site } = principal;
        const subject = await subjectOf(url.searchParams, site);
        const headers = {
          "content-type": "text/event-stream; charset=utf-8",
          "cache-control": "no-store, no-transform",
          "x-accel-buffering": "no",
        };
        // Nobody reads the body of a HEAD, and this one would never end.
        if (request.method === "HEAD") return new Response(null, { headers });
        const lastEventId = request.headers.get("last-event-id");
        const body = hub.open({ site, subject, lastEventId, active: () => principal.active() });
        return new Response(body, { headers });
      },
    },
  ];
}
