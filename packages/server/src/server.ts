import { AttuneError, safeReport, secureRandom } from "@attune/core";
import { memoryChannel, memoryStore } from "@attune/core/memory";
import { createPersonalizationService, type PersonalizationService } from "@attune/core/service";
import type { Store } from "@attune/core/ports";
import { checkVisitorOrigin, createAuthenticator, type Vouched } from "./auth/authenticate.js";
import { createKeyRing } from "./auth/keys.js";
import { createSessions } from "./auth/sessions.js";
import { visitorOf } from "./auth/visitor-cookie.js";
import { BODY_LIMITS } from "./http/body.js";
import { createDoor } from "./http/door.js";
import { addressBehind, createLocations, requireHeaders } from "./http/location.js";
import { createOnce, storedAnswers } from "./http/idempotency.js";
import { createPressure, PRESSURE_LIMITS } from "./http/pressure.js";
import { createRateLimit } from "./http/rate.js";
import type { Route } from "./http/route.js";
import { createHub } from "./live/hub.js";
import { createMeters, type Meters } from "./metrics/meters.js";
import { type LagWatch, watchLag } from "./metrics/watch-lag.js";
import { type WatchedLog, watchLog } from "./metrics/watch-log.js";
import { auditRoutes } from "./routes/audit.js";
import { consentRoutes } from "./routes/consent.js";
import type { RouteContext } from "./routes/context.js";
import { dashboardRoutes, signInPath } from "./routes/dashboard.js";
import { dataRoutes } from "./routes/data.js";
import { decisionRoutes } from "./routes/decisions.js";
import { eventRoutes } from "./routes/events.js";
import { figureRoutes } from "./routes/figures.js";
import { healthRoutes } from "./routes/health.js";
import { monitoringRoutes } from "./routes/monitoring.js";
import { openapiRoutes } from "./routes/openapi.js";
import { landingRoutes } from "./routes/pages.js";
import { privacyEventRoutes } from "./routes/privacy-events.js";
import { privacyReportRoutes } from "./routes/privacy-report.js";
import { rulesetRoutes } from "./routes/ruleset.js";
import { segmentRoutes } from "./routes/segment.js";
import { segmentSettingsRoutes } from "./routes/segment-settings.js";
import { seriesRoutes } from "./routes/series.js";
import { simulationRoutes } from "./routes/simulation.js";
import { STREAM_PATH, streamRoutes } from "./routes/stream.js";
import { createSimulation } from "./simulate/simulation.js";
import { requireShop } from "./simulate/validate-shop.js";
import { createSockets, SOCKET_LIMITS } from "./sockets/sockets.js";
import { createTickets } from "./sockets/tickets.js";
import type { AttuneServer, AttuneServerOptions, Limits } from "./types.js";

const RETENTION_MS = 395 * 86_400_000;
const SWEEP_MS = 3_600_000;
const LIMITS: Limits = {
  ...BODY_LIMITS,
  ...PRESSURE_LIMITS,
  ...SOCKET_LIMITS,
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
  const publicOrigin = (): string | null => originOf(options.origin);
  const ring = createKeyRing(options.auth.keys);
  const sessions = createSessions(clock, options.auth.sessionMs);
  const vouched: Vouched = new WeakMap();
  const authenticator = createAuthenticator({ ring, sessions, vouched, publicOrigin });
  const meters = createMeters(clock.now);
  const {
    service,
    watched,
    close: closeService,
  } = options.service ? handedIn(options.service) : openService({ ...options, report }, meters);
  const random = options.random ?? secureRandom;
  const simulation = createSimulation({ service, clock, random, shop: options.simulation?.shop, report });
  const sites = [...new Set(options.auth.keys.map((key) => key.site ?? "default"))];
  const hub = createHub({ service, sites, clock, simulated: (site) => simulation.status(site), report });
  const limits = { ...LIMITS, ...options.limits };
  const pressure = createPressure(limits, watched, meters.refused);
  const passing = passingStore(options, report);
  const tickets = createTickets(passing.store, clock);
  const { proxy, locate, addressOf = addressBehind(proxy) } = options;
  const basePath = basePathOf(options.basePath);
  const context: RouteContext = {
    service,
    clock,
    sites,
    limits,
    hub,
    sessions,
    tickets,
    simulation,
    meters,
    pressure,
    lag: () => watched?.lag()?.runs ?? null,
    basePath,
    authenticate: authenticator.fromRequest,
    publicOrigin,
    consentCategories: options.consentCategories ?? {},
    retentionMs: options.retentionMs ?? RETENTION_MS,
  };
  const routes = routesOf(context, options);
  const judges = {
    authenticator,
    ring,
    keys: createRateLimit({ name: "key", perMinute: limits.requestsPerMinute, clock }),
    addresses: createRateLimit({ name: "address", perMinute: limits.strangersPerMinute, clock }),
    addressOf,
  };
  const fetch = createDoor({
    ...judges,
    routes,
    basePath,
    limits,
    locationOf: createLocations({ proxy, locate, addressOf, clock, report }),
    visitors: (request) => visitorOf(request, (token) => service.readVisitorToken(token, { sites })),
    requireOwnPage: (request, url) =>
      checkVisitorOrigin(request, [url.origin, publicOrigin()], ring.originNamed),
    pressure,
    once: createOnce(options.idempotency ?? storedAnswers(passing.store), clock, report),
    meters,
    report,
  });
  const sockets = createSockets({
    ...{ ...judges, sessions, tickets, publicOrigin, fetch, vouched, basePath, hub, service, limits, report },
    path: STREAM_PATH,
  });
  return {
    fetch,
    upgrade: sockets.upgrade,
    closeSockets: sockets.close,
    service,
    signInUrl: (origin, site = "default") => `${origin}${signInPath(basePath, sessions.createToken(site))}`,
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
      await passing.close();
      await closeService();
    },
  };
}

function routesOf(context: RouteContext, { metrics, dashboard }: AttuneServerOptions): Route[] {
  const routes: Route[] = [
    ...eventRoutes(context),
    ...privacyEventRoutes(context),
    ...segmentRoutes(context),
    ...segmentSettingsRoutes(context),
    ...streamRoutes(context),
    ...consentRoutes(context),
    ...dataRoutes(context),
    ...auditRoutes(context),
    ...privacyReportRoutes(context),
    ...decisionRoutes(context),
    ...rulesetRoutes(context),
    ...figureRoutes(context),
    ...seriesRoutes(context),
    ...simulationRoutes(context),
    ...healthRoutes(context),
    ...monitoringRoutes(context, metrics?.open === true),
    ...dashboardRoutes(context, dashboard?.directory ?? null),
    ...openapiRoutes(() => routes.filter(({ page }) => page !== true), context.basePath),
    ...landingRoutes(context, dashboard !== undefined),
  ];
  return routes;
}

/** Before anything is opened: what was opened for a server that never came to be would stay open. */
function requireUsable({ origin, proxy, simulation }: AttuneServerOptions): void {
  if (typeof origin === "string") originOf(origin);
  requireHeaders(proxy);
  if (simulation?.shop !== undefined) requireShop(simulation.shop);
}

/** A service, and what is known of its log. */
interface Served {
  service: PersonalizationService;
  watched: (WatchedLog & LagWatch) | null;
  /** Ends what was opened for it here. */
  close(): Promise<void>;
}

/** Where the service was made elsewhere, nobody here knows what its log does. */
const handedIn = (service: PersonalizationService): Served => ({
  service,
  watched: null,
  close: () => Promise.resolve(),
});

function openService(
  options: AttuneServerOptions & { report(error: unknown): void },
  meters: Meters,
): Served {
  const { log, report } = options;
  const watch = log && watchLog(log, meters.log);
  const service = ownService({ ...options, ...(watch && { log: watch.log }) });
  const watched = log && watch ? { ...watch, ...watchLag(log, report) } : null;
  const sweeping = setInterval(() => void service.sweep().catch(report), SWEEP_MS).unref();
  return {
    service,
    watched,
    close() {
      clearInterval(sweeping);
      watched?.close();
      return service.close();
    },
  };
}

/** What is kept for minutes or a day, such as answers and tickets, and the end of what was made for it. */
function passingStore(
  { stores }: AttuneServerOptions,
  report: (error: unknown) => void,
): { store: Store; close(): Promise<void> } {
  if (stores) return { store: stores.hot, close: () => Promise.resolve() };
  const own = memoryStore();
  const sweeping = setInterval(() => void own.sweep().catch(report), SWEEP_MS).unref();
  return {
    store: own,
    async close() {
      clearInterval(sweeping);
      await own.close();
    },
  };
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

function ownService(options: AttuneServerOptions): PersonalizationService {
  const { stores, log, channel, series, keys, clock, rules, consent, retentionMs, report } = options;
  const { sensitive, sampling } = options;
  if (!stores) throw new AttuneError("ATTUNE_SERVER_STORES", "Hand in stores, or a service made from them.");
  return createPersonalizationService({
    stores,
    ...(log && { log }),
    // Live streams need one; in one process memory will do.
    channel: channel ?? memoryChannel(),
    ...(series && { series }),
    ...(keys && { keys }),
    ...(clock && { clock }),
    ...(rules !== undefined && { ruleset: rules }),
    ...(consent && { consent }),
    ...(sensitive && { sensitive }),
    ...(sampling && { sampling }),
    ...(retentionMs !== undefined && { retentionMs }),
    ...(report && { report }),
  });
}
