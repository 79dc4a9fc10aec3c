import { type Authenticator, type Principal, requireScope } from "../auth/authenticate.js";
import type { VisitorPrincipal } from "../auth/visitor-cookie.js";
import { type BodyLimits, declaredLength, isEncoded, lengthAtOnce, readText } from "./body.js";
import type { Location } from "./location.js";
import type { Once } from "./idempotency.js";
import type { Pressure } from "./pressure.js";
import { deeperThan, parseJson } from "./parse-json.js";
import { addressGroup, type RateLimit, type RateVerdict } from "./rate.js";
import { Refusal } from "./refusal.js";
import type { Peer } from "./peer.js";
import type { Admitted } from "./room.js";
import type { BodyShape, Route } from "./route.js";

/** What requests are judged by. */
export interface Judges {
  authenticator: Authenticator;
  limits: BodyLimits;
  /** Counts requests of a key or session. */
  keys: RateLimit;
  /** Counts requests of an address that show no valid credential. */
  addresses: RateLimit;
  /** The address that a request came from, as far as it is known. */
  addressOf(request: Request, peer: Peer): string | null;
  /** Where a request comes from, as far as that is known. */
  locationOf(request: Request, peer: Peer): Promise<Location>;
  /** The visitors whose tokens a request carries, one of each site at most. */
  visitors(request: Request): Promise<VisitorPrincipal[]>;
  /** Whether a request may be a visitor's of that site: no page sent it, or one that the site's keys name. */
  isOwnPage(request: Request, url: URL, site: string): boolean;
  /** A new value for the cookie of a session, as a header, where it is time for one. */
  renewedCookie(request: Request, url: URL): string | null;
  pressure: Pressure;
  once: Once;
}

/** What is known of a request beside itself, and what its answer is told on the way. */
export interface Admission {
  params: Record<string, string>;
  peer: Peer;
  /** For the answer, whatever becomes of the request. */
  headers: Record<string, string>;
}

/** Of who is answered whatever else there is. */
const OUTSIDE: Admitted = {
  resize: () => undefined,
  arriving: () => () => undefined,
  wait: () => () => undefined,
  leave: () => undefined,
};

/** How much larger a compressed body is taken to be until it is known. */
const EXPANSION = 8;

/** Credential, share, scope, room, size, type, JSON; then the route itself. @throws Refusal where one of them is not right. */
export async function answer(
  route: Route,
  request: Request,
  admission: Admission,
  judges: Judges,
): Promise<Response> {
  const { limits, pressure } = judges;
  const room = route.vital ? OUTSIDE : pressure.enter(...estimate(route, request, limits));
  try {
    return await handle(route, request, admission, judges, room);
  } finally {
    room.leave();
  }
}

async function handle(
  route: Route,
  request: Request,
  admission: Admission,
  judges: Judges,
  room: Admitted,
): Promise<Response> {
  const { authenticator, limits, keys, pressure, once } = judges;
  const { params, headers, peer } = admission;
  const location = () => judges.locationOf(request, peer);
  const address = () => judges.addressOf(request, peer);
  const url = new URL(request.url);
  const keyMayBeInBody = route.scope === "ingest" && route.body !== undefined;
  // A key in the body goes before a cookie: whoever is signed in may be a visitor of a page as well.
  const { keyParam } = route;
  const identify =
    keyParam !== undefined
      ? () => authenticator.fromText(params[keyParam] ?? "", request)
      : keyMayBeInBody
        ? authenticator.fromKey
        : authenticator.fromRequest;
  const share = (principal: Principal): void => requireShare(keys.take(principal.id), headers, "key");
  const stranger = <T>(recognise: () => T): T => countFailures(recognise, request, admission, judges);

  let principal: Principal | null = route.scope === null ? null : stranger(() => identify(request, url));
  if (principal === null && route.own && !keyMayBeInBody)
    principal = await ownVisitor(request, url, params.id, judges);
  if (route.scope === null && !route.vital) countStranger(request, admission, judges);
  if (route.scope !== null && (principal || !keyMayBeInBody)) {
    const { scope } = route;
    stranger(() => requireScope(principal, scope));
  }
  if (principal) share(principal);
  const renewed = principal?.kind === "session" ? judges.renewedCookie(request, url) : null;
  if (renewed !== null) headers["set-cookie"] = renewed;
  if (route.ingests) pressure.requireRoom();
  const reading = route.body && readRouteBody(request, route.body, limits, room);
  const body = await reading?.catch((error) => {
    if (principal === null) countStranger(request, admission, judges);
    throw error;
  });
  if (route.scope === null)
    return route.handle({ request, url, params, body, principal, location, address, wait: room.wait });
  const { scope } = route;
  if (!principal) {
    const byBody = stranger(() => authenticator.fromBody(body, request, url));
    const by = byBody ?? (route.own ? await ownVisitor(request, url, undefined, judges) : null);
    const found = stranger(() => {
      requireScope(by, scope);
      return by;
    });
    share(found);
    principal = found;
  }
  const call = { request, url, params, body, principal, location, address, wait: room.wait };
  return route.once ? once(call, () => route.handle(call)) : route.handle(call);
}

/**
 * The visitor whose token the request carries; null where it carries none.
 *
 * @param id Whom the path names.
 * @throws Refusal 403 for somebody else, and for a request of a page that may not send it.
 */
async function ownVisitor(
  request: Request,
  url: URL,
  id: string | undefined,
  { visitors, isOwnPage }: Judges,
): Promise<Principal | null> {
  const carried = await visitors(request);
  if (carried.length === 0) return null;
  const own = carried.filter(({ site }) => isOwnPage(request, url, site));
  if (own.length === 0)
    throw new Refusal(
      403,
      "ATTUNE_SERVER_ORIGIN",
      "A visitor's token counts for pages of the site alone; add their origin to the write key's origins.",
    );
  const found = id === undefined || id === "me" ? own[0] : own.find(({ visitorId }) => visitorId === id);
  if (found !== undefined) return found;
  throw new Refusal(
    403,
    "ATTUNE_SERVER_VISITOR",
    "A visitor's token reaches that visitor alone; ask for `me`.",
  );
}

/** Where nobody can be recognised, the address is counted: whoever tries out keys is slowed down. */
function countFailures<T>(recognise: () => T, request: Request, admission: Admission, judges: Judges): T {
  try {
    return recognise();
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) countStranger(request, admission, judges);
    throw error;
  }
}

function countStranger(request: Request, { peer, headers }: Admission, judges: Judges): void {
  const address = judges.addressOf(request, peer);
  if (address !== null) requireShare(judges.addresses.take(addressGroup(address)), headers, "address");
}

function requireShare(
  verdict: RateVerdict | null,
  headers: Record<string, string>,
  whose: "key" | "address",
): void {
  if (verdict === null) return;
  Object.assign(headers, verdict.headers);
  if (verdict.admitted) return;
  throw new Refusal(
    429,
    "ATTUNE_SERVER_RATE",
    `This ${whose} has sent too many requests; wait as long as Retry-After says.`,
    { headers: { "retry-after": String(verdict.retryAfter) } },
  );
}

/** Of one route: a body may not be larger than it takes, as sent or as decompressed. */
const limitsOf = ({ max }: BodyShape, limits: BodyLimits): BodyLimits =>
  max === undefined
    ? limits
    : { ...limits, sent: Math.min(limits.sent, max), expanded: Math.min(limits.expanded, max) };

/**
 * Bytes that a request's body may come to, as far as its headers tell, and those for which room is taken at once. The rest takes room as it
 * arrives, so that whoever announces a body and sends none keeps nobody else out.
 */
function estimate(
  { body: shape }: Route,
  request: Request,
  given: BodyLimits,
): [expected: number, now: number] {
  if (!shape) return [0, 0];
  const limits = limitsOf(shape, given);
  const atOnce = lengthAtOnce(request, limits);
  if (atOnce !== null) return [atOnce, atOnce];
  const sent = declaredLength(request) ?? limits.sent;
  return [isEncoded(request) ? Math.min(limits.expanded, sent * EXPANSION) : Math.min(limits.sent, sent), 0];
}

async function readRouteBody(
  request: Request,
  shape: BodyShape,
  limits: BodyLimits,
  room: Admitted,
): Promise<unknown> {
  const text = await readText(request, limitsOf(shape, limits), room);
  if (text === "" && shape.optional) return undefined;
  room.resize(text.length);
  const body = parseJson(text);
  if (shape.nested !== undefined && deeperThan(body, shape.nested)) {
    throw new Refusal(400, "ATTUNE_SERVER_BODY_DEPTH", `The body nests deeper than ${shape.nested} levels.`);
  }
  return body;
}
