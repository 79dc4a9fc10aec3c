import type { KeyRing } from "../auth/keys.js";

const METHODS = "GET, POST, DELETE, OPTIONS";
/** The second line is what clients of Segment and RudderStack add to theirs. */
const REQUEST_HEADERS =
  "authorization, content-type, content-encoding, if-none-match, idempotency-key, last-event-id, " +
  "x-retry-count, anonymousid, sentat, rsa-recovered, rsa-retry-attempt, rsa-since-last-attempt, rsa-since-first-attempt, rsa-retry-reason";

/**
 * What pages of other origins may read. Only routes that a write key or a visitor's token reaches answer at all, and only to origins that some
 * write key lets in. Cookies go along on the latter routes alone (`own`), and from origins that a key names one by one.
 */
export function corsHeaders(request: Request, ring: KeyRing, own = false): Record<string, string> {
  const origin = request.headers.get("origin");
  if (origin === null || !ring.originKnown(origin)) return { vary: "origin" };
  return {
    vary: "origin",
    "access-control-allow-origin": origin,
    ...(own && ring.originNamed(origin) && { "access-control-allow-credentials": "true" }),
    "access-control-expose-headers": "etag, retry-after, ratelimit, ratelimit-policy, idempotency-replayed",
  };
}

/** The answer to a preflight; the request that follows is judged by its own key. */
export function preflight(request: Request, ring: KeyRing, own: boolean): Response {
  const headers = corsHeaders(request, ring, own);
  if ("access-control-allow-origin" in headers) {
    headers["access-control-allow-methods"] = METHODS;
    headers["access-control-allow-headers"] = REQUEST_HEADERS;
    headers["access-control-max-age"] = "7200";
  }
  return new Response(null, { status: 204, headers });
}
