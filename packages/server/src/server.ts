import { AttuneError, type Clock, safeReport, secureRandom } from "@attune/core";
import { countsForSite, createAuthenticator, type MayHoldCookie, type Vouched } from "./auth/authenticate.js";
import { createKeyRing } from "./auth/keys.js";
import { sessionCookie } from "./auth/session-cookie.js";
import { createSessions } from "./auth/sessions.js";
import { visitorsOf } from "./auth/visitor-cookie.js";
import { BODY_LIMITS } from "./http/body.js";
import { createDoor } from "./http/door.js";
import { addressBehind, createLocations, requireHeaders } from "./http/location.js";
import { createOnce, storedAnswers } from "./http/idempotency.js";
import { createPressure, PRESSURE_LIMITS } from "./http/pressure.js";
import { createRateLimit } from "./http/rate.js";
import { createHub } from "./live/hub.js";
import { createPlaces, PLACE_LIMITS } from "./live/places.js";
import { createMeters } from "./metrics/meters.js";
import { openModels } from "./models/open-models.js";
import { allRoutes } from "./routes/all-routes.js";
import { cookiePlace, type RouteContext } from "./routes/context.js";
import { signInPath } from "./routes/dashboard.js";
import { STREAM_PATH } from "./routes/stream.js";
import { passingStore, serve } from "./served.js";
import { createSimulation } from "./simulate/simulation.js";
import { requireShop } from "./simulate/validate-shop.js";
import { createSockets } from "./sockets/sockets.js";
import { createTickets } from "./sockets/tickets.js";
import type { AttuneServer, AttuneServerOptions, Limits } from "./types.js";
import { openWebhooks, requireWebhooks } from "./webhooks/open-webhooks.js";

const RETENTION_MS = 395 * 86_400_000;
const LIMITS: Limits = {
  ...BODY_LIMITS,
  ...PRESSURE_LIMITS,
  ...PLACE_LIMITS,
  batch: 1000,
  requestsPerMinute: Number.POSITIVE_INFINITY,
  strangersPerMinute: 1200,
};

/**
 * The whole service as a `Request → Response` handler, to be mounted wherever requests come from.
 *
 * @throws AttuneError `ATTUNE_SERVER_STORES` without stores or a service, `ATTUNE_SERVER_KEY` for a key that cannot be used,
 *   `ATTUNE_SERVER_PROXY` for a header that is none, `ATTUNE_SERVER_ORIGIN` for an origin that is none, `ATTUNE_SERVER_SIMULATION_SHOP` for a shop that cannot be walked about in.
 */
export function createAttuneServer(options: AttuneServerOptions): AttuneServer {
  requireUsable(options);
  const clock = options.clock ?? { now: () => Date.now() };
  const report = safeReport(options.report ? options : { report: console.error });
  const ground = { ...options, clock, report };
  const limits = { ...LIMITS, ...options.limits };
  const basePath = basePathOf(options.basePath);
  const sites = [...new Set(options.auth.keys.map((key) => key.site ?? "default"))];
  const access = accessOf(ground, { limits, basePath });
  const { ring, sessions, publicOrigin } = access;
  const meters = createMeters(() => clock.now());
  const opened = openModels(ground, sites, () => served.service);
  const scorers = options.scorers ?? opened?.models.source;
  const served = serve({ ...ground, ...(scorers && { scorers }) }, meters);
  const { service, watched } = served;
  opened?.start();
  const random = options.random ?? secureRandom;
  const simulation = createSimulation({ service, clock, random, shop: options.simulation?.shop, report });
  const hub = createHub({
    ...{ service, sites, clock, report },
    simulated: (site) => simulation.status(site),
    ...(opened && { listen: opened.models.listen }),
  });
  const webhooks = opened && openWebhooks(ground, opened.models);
  const pressure = createPressure(limits, watched, meters.refused);
  const passing = passingStore(ground);
  const tickets = createTickets(passing.store, clock);
  const places = createPlaces(limits);
  const context: RouteContext = {
    ...{ service, clock, sites, limits, hub, places, sessions, tickets, simulation, meters, pressure },
    ...{ basePath, publicOrigin, authenticate: access.authenticator.fromRequest },
    ...{ mayHoldCookie: access.mayHoldCookie, originNamed: ring.originNamed },
    report,
    models: opened?.models ?? null,
    trainer: opened?.trainer ?? null,
    lag: () => watched?.lag()?.runs ?? null,
    consentCategories: options.consentCategories ?? {},
    ofrepPurposes: options.ofrep?.purposes ?? [],
    retentionMs: options.retentionMs ?? RETENTION_MS,
  };
  const { addressOf } = access;
  const fetch = createDoor({
    ...{ ...access, basePath, limits, pressure, meters, report },
    routes: allRoutes(context, options),
    locationOf: createLocations({ ...ground, addressOf }),
    visitors: (request) =>
      visitorsOf(request, sites, (token, site) => service.readVisitorToken(token, { sites: [site] })),
    isOwnPage: (request, url, site) => countsForSite(request, url, site, access.mayHoldCookie),
    once: createOnce(options.idempotency ?? storedAnswers(passing.store), clock, report),
  });
  const sockets = createSockets({
    ...{ ...access, tickets, fetch, basePath, hub, places, service, limits, report },
    path: STREAM_PATH,
  });
  return {
    fetch,
    upgrade: sockets.upgrade,
    closeSockets: sockets.close,
    service,
    models: opened?.models ?? null,
    signInUrl: (origin, site = "default", role = "admin") =>
      `${origin}${signInPath(basePath, sessions.createToken(site, role))}`,
    revokeKey(id) {
      const site = options.auth.keys.find((key) => key.id === id)?.site ?? "default";
      const revoked = ring.revoke(id);
      if (revoked) service.audit.append({ type: "key-revoked", detail: { key: id } }, { site }).catch(report);
      return revoked;
    },
    simulate(visitorsPerMinute, site = "default") {
      simulation.set(site, visitorsPerMinute);
      return simulation.status(site);
    },
    async close() {
      simulation.close();
      sockets.close();
      await hub.close();
      await webhooks?.close();
      await opened?.close();
      await passing.close();
      await served.close();
    },
  };
}

/** Who may do what, and how often. */
function accessOf(
  { auth, origin, proxy, addressOf = addressBehind(proxy), clock }: AttuneServerOptions & { clock: Clock },
  { limits: { requestsPerMinute, strangersPerMinute }, basePath }: { limits: Limits; basePath: string },
) {
  const publicOrigin = (): string | null => originOf(origin);
  const ring = createKeyRing(auth.keys);
  const vouched: Vouched = new WeakMap();
  const sessions = createSessions(clock, {
    maxAgeMs: auth.sessionMs,
    rotateMs: auth.rotateMs,
  });
  const authenticator = createAuthenticator({ ring, sessions, vouched, publicOrigin });
  const mayHoldCookie: MayHoldCookie = (origin, url, site) =>
    origin === url.origin || origin === publicOrigin() || ring.originNamed(origin, site);
  return {
    ...{ publicOrigin, ring, sessions, vouched, addressOf, mayHoldCookie },
    authenticator,
    renewedCookie(request: Request, url: URL): string | null {
      const renewed = authenticator.renewal(request);
      if (renewed === null) return null;
      const place = cookiePlace({ url }, { basePath, publicOrigin });
      return sessionCookie(renewed.value, renewed.expiresAt - clock.now(), place);
    },
    keys: createRateLimit({ name: "key", perMinute: requestsPerMinute, clock }),
    addresses: createRateLimit({ name: "address", perMinute: strangersPerMinute, clock }),
  };
}

/** Before anything is opened: what was opened for a server that never came to be would stay open. */
function requireUsable(options: AttuneServerOptions): void {
  const { origin, proxy, simulation } = options;
  requireWebhooks(options);
  if (typeof origin === "string") originOf(origin);
  requireHeaders(proxy);
  if (simulation?.shop !== undefined) requireShop(simulation.shop);
}

/** With a slash before it and none behind it; empty for the root. */
function basePathOf(given = ""): string {
  const inner = given.replace(/^\/+|\/+$/g, "");
  return inner === "" ? "" : `/${inner}`;
}

/** As browsers write it: scheme, host and port, nothing else. */
function originOf(given: AttuneServerOptions["origin"]): string | null {
  const text = typeof given === "function" ? given() : given;
  if (text === undefined || text === null) return null;
  const origin = URL.canParse(text) ? new URL(text).origin : "null";
  if (/^https?:/.test(origin)) return origin;
  throw new AttuneError("ATTUNE_SERVER_ORIGIN", "Give `origin` as in https://attune.example.", {
    path: "/origin",
  });
}
