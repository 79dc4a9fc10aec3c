import { actorOf } from "../auth/authenticate.js";
import { namesEtag } from "../http/etag.js";
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
      scope: "publish",
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
  return namesEtag(request.headers.get("if-none-match"), etag)
    ? new Response(null, { status: 304, headers })
    : json(compiled.ruleset, { headers });
}

/** What the caller has read may be a condition, beside the revision, which says only that what it sends is newer. */
export function conditionOf(request: Request): (version: string | null) => boolean {
  const [match, noneMatch] = [request.headers.get("if-match"), request.headers.get("if-none-match")];
  return (version) => {
    // Nothing matches what is not there, not even `*`.
    const named = (header: string | null): boolean => version !== null && namesEtag(header, `"${version}"`);
    return (match === null || named(match)) && !named(noneMatch);
  };
}

async function replace(call: Call, context: RouteContext): Promise<Response> {
  const { principal, body, request } = call;
  const result = await context.service.loadRuleset(body, {
    site: principal.site,
    actor: actorOf(principal),
    over: conditionOf(request),
  });
  if (result.ok) return json(result.value, { headers: { etag: `"${result.value.version}"` } });
  if (result.error.some(({ code }) => code === "ATTUNE_SERVICE_RULESET_CHANGED"))
    throw new Refusal(
      412,
      "ATTUNE_SERVER_RULESET_CHANGED",
      "Another ruleset is published than the request's If-Match or If-None-Match names; read it and decide anew.",
    );
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
