import { actorOf } from "../auth/authenticate.js";
import { Refusal } from "../http/refusal.js";
import { json } from "../http/respond.js";
import { type Call, DEFINITION_BODY, type Route } from "../http/route.js";
import type { RouteContext } from "./context.js";

/** The document that clients evaluate locally: read with any credential, replaced with a secret one. */
export function rulesetRoutes(context: RouteContext): Route[] {
  const path = "/api/v1/ruleset";
  return [
    { method: "GET", path, scope: "ruleset", handle: (call) => read(call, context) },
    {
      method: "PUT",
      path,
      scope: "manage",
      body: DEFINITION_BODY,
      once: true,
      handle: (call) => replace(call, context),
    },
  ];
}

async function read({ principal, request }: Call, { service }: RouteContext): Promise<Response> {
  const compiled = await service.ruleset(principal.site);
  if (!compiled)
    throw new Refusal(404, "ATTUNE_SERVER_RULESET_NONE", "No ruleset is published for this site.");
  const etag = `"${compiled.version}"`;
  const headers = { etag, "cache-control": "private, no-cache" };
  return matches(request.headers.get("if-none-match"), etag)
    ? new Response(null, { status: 304, headers })
    : json(compiled.ruleset, { headers });
}

/** `If-None-Match` (RFC 9110 §13.1.2): a list, compared weakly, or `*`. */
const matches = (header: string | null, etag: string): boolean =>
  header?.split(",").some((part) => ["*", etag].includes(part.trim().replace(/^W\//, ""))) ?? false;

async function replace({ principal, body }: Call, { service }: RouteContext): Promise<Response> {
  const result = await service.loadRuleset(body, { site: principal.site, actor: actorOf(principal) });
  if (result.ok) return json(result.value, { headers: { etag: `"${result.value.version}"` } });
  const stale = result.error.some(({ code }) => code === "ATTUNE_SERVICE_RULESET_NOT_NEWER");
  throw new Refusal(
    stale ? 409 : 400,
    "ATTUNE_SERVER_RULESET",
    "The ruleset was not published; the errors say where and why.",
    {
      errors: result.error,
    },
  );
}
