import { isPlain, PlainResponse } from "@attune/server-adapters/node";
import { Hono } from "hono";
import type { KeyRing } from "../auth/keys.js";
import type { Meters } from "../metrics/meters.js";
import { type Admission, answer, type Judges } from "./admission.js";
import { compressed } from "./compress.js";
import { corsHeaders, preflight } from "./cors.js";
import type { Peer } from "./peer.js";
import { problem, problemOf } from "./problem.js";
import { SECURITY_HEADERS } from "./respond.js";
import type { Route } from "./route.js";

export interface DoorOptions extends Judges {
  routes: readonly Route[];
  basePath: string;
  ring: KeyRing;
  meters: Meters;
  report(error: unknown): void;
}

type Bindings = { Bindings: { peer: Peer } };

const FROM_PAGES: ReadonlySet<unknown> = new Set(["ingest", "decide", "ruleset", "stream"]);
const isFromPages = ({ scope, own }: Route): boolean => own === true || FROM_PAGES.has(scope);

/** `readsPlainly`: see there at `FetchHandler` of the mounts. No route asks more of a request. */
export type Door = ((request: Request, peer?: Peer) => Promise<Response>) & { readonly readsPlainly: true };

/** What every request passes on its way to a route, and every answer on its way out: headers, compression, and being counted. */
export function createDoor(options: DoorOptions): Door {
  const { routes, ring, report, meters } = options;
  const app = new Hono<Bindings>().basePath(options.basePath);
  const methods = new Map<string, string[]>();

  for (const route of routes) {
    methods.set(route.path, [...(methods.get(route.path) ?? []), route.method]);
    const counted = {
      method: route.method,
      route: route.path,
      surface: route.ingests ? "ingest" : "api",
    } as const;
    app.on(route.method, [route.path], async (context) => {
      const started = performance.now();
      const request = context.req.raw;
      const admission: Admission = { params: context.req.param(), peer: context.env.peer, headers: {} };
      const response = await answer(route, request, admission, options).catch((error) =>
        problemOf(error, report, (refusal) => route.members?.(refusal, admission.params)),
      );
      const extra = {
        ...admission.headers,
        ...(isFromPages(route) ? corsHeaders(request, ring, route.own) : {}),
      };
      const whole = await compressed(request, dress(response, extra));
      meters.answered({ ...counted, status: whole.status, ms: performance.now() - started });
      return whole;
    });
  }
  /** Counted under one name, whatever was asked for. */
  const nowhere = (response: Response): Response => {
    meters.unanswered(response.status);
    return dress(response);
  };
  for (const [path, allowed] of methods) {
    const forPages = routes.filter((route) => route.path === path && isFromPages(route));
    const own = forPages.some((route) => route.own === true);
    app.all(path, (context) => {
      if (context.req.method === "OPTIONS" && forPages.length > 0)
        return dress(preflight(context.req.raw, ring, own));
      const headers = { allow: allowed.join(", ") };
      const detail = "This path does not take this method.";
      return nowhere(problem({ status: 405, code: "ATTUNE_SERVER_METHOD", detail, headers }));
    });
  }
  app.notFound(() =>
    nowhere(
      problem({ status: 404, code: "ATTUNE_SERVER_ROUTE", detail: "There is nothing under this path." }),
    ),
  );
  app.onError((error) => dress(problemOf(error, report)));
  const door = async (request: Request, peer: Peer = {}): Promise<Response> => {
    const response = await app.fetch(request, { peer });
    // Whoever asks with a `Request` gets a `Response`.
    return response instanceof PlainResponse && !isPlain(request) ? response.whole() : response;
  };
  return Object.assign(door, { readsPlainly: true as const });
}

function dress(response: Response, extra: Readonly<Record<string, string>> = {}): Response {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
    if (!response.headers.has(name)) response.headers.set(name, value);
  }
  for (const name in extra) {
    // A cookie that the route itself sets or takes away goes before one that is only made anew.
    if (name === "set-cookie" && response.headers.has(name)) continue;
    response.headers.set(name, extra[name] as string);
  }
  return response;
}
