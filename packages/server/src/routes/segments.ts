import type { Issue, Result } from "@attune/core";
import type { LoadedRuleset } from "@attune/core/service";
import { actorOf } from "../auth/authenticate.js";
import { Refusal } from "../http/refusal.js";
import { json } from "../http/respond.js";
import { type Call, DEFINITION_BODY, idParam, objectBody, type Route } from "../http/route.js";
import type { RouteContext } from "./context.js";
import { conditionOf } from "./ruleset.js";

const PATH = "/api/v1/segments";
const ONE = `${PATH}/:id`;

/** The segments of the site's ruleset, one by one; each change publishes the ruleset that it makes. */
export function segmentDefinitionRoutes(context: RouteContext): Route[] {
  const define = { scope: "publish", body: DEFINITION_BODY, once: true } as const;
  const routes: Route[] = [
    { method: "GET", path: PATH, scope: "read", handle: (call: Call) => list(call, context) },
    { method: "POST", path: PATH, ...define, handle: (call: Call) => create(call, context) },
    { method: "GET", path: ONE, scope: "read", handle: (call: Call) => get(call, context) },
    { method: "PUT", path: ONE, ...define, handle: (call: Call) => put(call, context) },
    {
      method: "DELETE",
      path: ONE,
      scope: "publish",
      once: true,
      handle: (call: Call) => remove(call, context),
    },
    { method: "GET", path: `${ONE}/size`, scope: "read", handle: (call: Call) => size(call, context) },
  ];
  return routes;
}

const unknown = (): Refusal => new Refusal(404, "ATTUNE_SERVER_SEGMENT", "No segment of this name is known.");

/** The ruleset that a segment stands in, as a condition of the next change names it. */
async function etagOf({ principal }: Call, { service }: RouteContext): Promise<Record<string, string>> {
  const compiled = await service.ruleset(principal.site);
  return {
    "cache-control": "private, no-cache",
    ...(compiled && { etag: `"${compiled.version}"` }),
  };
}

async function list(call: Call, context: RouteContext): Promise<Response> {
  const headers = await etagOf(call, context);
  return json({ segments: await context.service.segments.list({ site: call.principal.site }) }, { headers });
}

async function get(call: Call, context: RouteContext): Promise<Response> {
  const headers = await etagOf(call, context);
  const found = await context.service.segments.get(idParam(call, "id"), { site: call.principal.site });
  if (found === null) throw unknown();
  return json(found, { headers });
}

const changeOf = ({ principal, request }: Call) => ({
  site: principal.site,
  actor: actorOf(principal),
  over: conditionOf(request),
});

async function create(call: Call, { service }: RouteContext): Promise<Response> {
  const body = objectBody(call);
  const { site } = call.principal;
  const { name } = body;
  if (typeof name === "string" && (await service.segments.get(name, { site })) !== null)
    throw new Refusal(
      409,
      "ATTUNE_SERVER_SEGMENT_TAKEN",
      "A segment of this name is there already; change it by PUT, or choose another name.",
    );
  return answer(await service.segments.define(body, changeOf(call)), 201);
}

async function put(call: Call, { service }: RouteContext): Promise<Response> {
  const name = idParam(call, "id");
  const body = objectBody(call);
  if (body["name"] !== undefined && body["name"] !== name)
    throw new Refusal(
      400,
      "ATTUNE_SERVER_SEGMENT_NAME",
      "The name in the body is not the one in the path. A segment is renamed by making another one and removing this one.",
    );
  const known = await service.segments.get(name, { site: call.principal.site });
  const done = await service.segments.define({ ...body, name }, changeOf(call));
  return answer(done, known === null ? 201 : 200);
}

async function remove(call: Call, { service }: RouteContext): Promise<Response> {
  return answer(await service.segments.remove(idParam(call, "id"), changeOf(call)));
}

async function size(call: Call, { service }: RouteContext): Promise<Response> {
  const found = await service.segments.size(idParam(call, "id"), { site: call.principal.site });
  if (found === null) throw unknown();
  return json(found);
}

function answer(result: Result<LoadedRuleset, Issue[]>, status = 200): Response {
  if (result.ok) return json(result.value, { status, headers: { etag: `"${result.value.version}"` } });
  const has = (code: string): boolean => result.error.some((one) => one.code === code);
  if (has("ATTUNE_SEGMENT_UNKNOWN")) throw unknown();
  if (has("ATTUNE_SERVICE_RULESET_CHANGED"))
    throw new Refusal(
      412,
      "ATTUNE_SERVER_RULESET_CHANGED",
      "Another ruleset is published than the request's If-Match or If-None-Match names; read it and decide anew.",
    );
  throw new Refusal(
    has("ATTUNE_SEGMENT_IN_USE") ? 409 : 400,
    "ATTUNE_SERVER_SEGMENT_DEFINITION",
    "The segment was not changed; the errors say where and why.",
    { errors: result.error },
  );
}
