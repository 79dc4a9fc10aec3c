import { Hono } from "hono";
import { type Authenticator, type Principal, requireScope } from "../auth/authenticate.js";
import type { KeyRing } from "../auth/keys.js";
import { type BodyLimits, deeperThan, readJson } from "./body.js";
import { corsHeaders, preflight } from "./cors.js";
import { problem, problemOf } from "./problem.js";
import { Refusal } from "./refusal.js";
import { SECURITY_HEADERS } from "./respond.js";
import type { Route } from "./route.js";

export interface DoorOptions {
  routes: readonly Route[];
  basePath: string;
  authenticator: Authenticator;
  ring: KeyRing;
  limits: BodyLimits;
  /** Counts a request; false if the key has had its share. */
  admits(principal: Principal): boolean;
  report(error: unknown): void;
}

const FROM_PAGES: ReadonlySet<unknown> = new Set(["ingest", "decide", "ruleset"]);

/** Everything a request passes before a route sees it: credential, scope, size, type, JSON; and what its answer gets on the way out. */
export function createDoor(options: DoorOptions): (request: Request) => Promise<Response> {
  const { routes, ring, report } = options;
  const app = new Hono().basePath(options.basePath);
  const methods = new Map<string, string[]>();

  for (const route of routes) {
    methods.set(route.path, [...(methods.get(route.path) ?? []), route.method]);
    app.on(route.method, [route.path], async (context) => {
      const request = context.req.raw;
      const response = await answer(route, request, context.req.param(), options).catch((error) =>
        problemOf(error, report),
      );
      return dress(response, FROM_PAGES.has(route.scope) ? corsHeaders(request, ring) : {});
    });
  }
  for (const [path, allowed] of methods) {
    const pages = routes.some((route) => route.path === path && FROM_PAGES.has(route.scope));
    app.all(path, (context) => {
      if (context.req.method === "OPTIONS" && pages) return dress(preflight(context.req.raw, ring));
      const headers = { allow: allowed.join(", ") };
      const detail = "This path does not take this method.";
      return dress(problem({ status: 405, code: "ATTUNE_SERVER_METHOD", detail, headers }));
    });
  }
  app.notFound(() =>
    dress(problem({ status: 404, code: "ATTUNE_SERVER_ROUTE", detail: "There is nothing under this path." })),
  );
  app.onError((error) => dress(problemOf(error, report)));
  return async (request) => app.fetch(request);
}

async function answer(
  route: Route,
  request: Request,
  params: Record<string, string>,
  { authenticator, limits, admits }: DoorOptions,
): Promise<Response> {
  const url = new URL(request.url);
  const keyMayBeInBody = route.scope === "ingest" && route.body !== undefined;
  // A key in the body goes before a cookie: whoever is signed in may be a visitor of a page as well.
  const identify = keyMayBeInBody ? authenticator.fromKey : authenticator.fromRequest;
  let principal: Principal | null = route.scope === null ? null : identify(request, url);
  if (route.scope !== null && (principal || !keyMayBeInBody)) requireScope(principal, route.scope);
  if (principal) requireShare(principal, admits);
  const body = route.body ? await readRouteBody(request, route.body, limits) : undefined;
  if (route.scope === null) return route.handle({ request, url, params, body, principal });
  if (!principal) {
    principal = authenticator.fromBody(body, request, url);
    requireScope(principal, route.scope);
    requireShare(principal, admits);
  }
  return route.handle({ request, url, params, body, principal });
}

function requireShare(principal: Principal, admits: DoorOptions["admits"]): void {
  if (admits(principal)) return;
  throw new Refusal(
    429,
    "ATTUNE_SERVER_RATE",
    "This key has sent too many requests; wait as long as Retry-After says.",
    {
      headers: { "retry-after": "10" },
    },
  );
}

async function readRouteBody(
  request: Request,
  shape: NonNullable<Route["body"]>,
  limits: BodyLimits,
): Promise<unknown> {
  const max = shape.max ?? limits.expanded;
  const sent = Math.min(limits.sent, max);
  const body = await readJson(request, { ...limits, sent, expanded: Math.min(limits.expanded, max) });
  if (shape.nested !== undefined && deeperThan(body, shape.nested)) {
    throw new Refusal(400, "ATTUNE_SERVER_BODY_DEPTH", `The body nests deeper than ${shape.nested} levels.`);
  }
  return body;
}

function dress(response: Response, extra: Readonly<Record<string, string>> = {}): Response {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
    if (!response.headers.has(name)) response.headers.set(name, value);
  }
  for (const name in extra) response.headers.set(name, extra[name] as string);
  return response;
}
