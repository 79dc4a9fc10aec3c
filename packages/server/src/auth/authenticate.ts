import { Refusal } from "../http/refusal.js";
import { type KeyRing, originAllowed, type StoredKey } from "./keys.js";
import { type Role, type Scope, scopesOf } from "./roles.js";
import { COOKIE, type DashboardSession, type Sessions } from "./sessions.js";

/** Who is asking. */
export interface Principal {
  readonly kind: "write" | "secret" | "session" | "visitor";
  /** Of the key or session; of a visitor, what names it in this process alone. */
  readonly id: string;
  readonly site: string;
  /** Of a session: what its person may do. */
  readonly role?: Role;
  /** The only one that a visitor's token reaches. */
  readonly visitorId?: string;
  /** Turns false when the key or session is revoked or has expired; long answers ask again. */
  active(): boolean;
}

/** As the audit log names who did something: the key or session, never a person of the site. */
export const actorOf = ({ kind, id }: Principal): string =>
  kind === "visitor" ? "visitor" : `${kind}:${id}`;

const WRITE_SCOPES: ReadonlySet<Scope> = new Set(["ingest", "decide", "ruleset", "stream"]);
const CHALLENGE = { "www-authenticate": 'Bearer realm="attune"' };

export interface Authenticator {
  /** By the key in a header or in the query, else by the cookie. Null where the request carries no credential at all. @throws Refusal 401 for one that is not valid. */
  fromRequest(request: Request, url: URL): Principal | null;
  /** By a key in a header or in the query. */
  fromKey(request: Request, url: URL): Principal | null;
  /** A new value for the session's cookie where it is time for one, else null. */
  renewal(request: Request): { value: string; expiresAt: number } | null;
  /** By a write key that stands somewhere else in the request. */
  fromText(key: string, request: Request): Principal;
  /** By the write key inside a body, for beacons, else by the cookie. */
  fromBody(body: unknown, request: Request, url: URL): Principal | null;
}

/** Requests that are made in this process for somebody who was recognised before. No header can say so. */
export type Vouched = WeakMap<Request, Principal>;

export interface AuthenticatorOptions {
  ring: KeyRing;
  sessions: Sessions;
  vouched: Vouched;
  /** Where people reach this server, if the host said so. */
  publicOrigin(): string | null;
}

export function createAuthenticator({
  ring,
  sessions,
  vouched,
  publicOrigin,
}: AuthenticatorOptions): Authenticator {
  const known = (request: Request): Principal | null => {
    const found = vouched.get(request);
    if (found === undefined || found.active()) return found ?? null;
    throw new Refusal(401, "ATTUNE_SERVER_KEY_UNKNOWN", "This key or session no longer holds.", {
      headers: CHALLENGE,
    });
  };
  const byKey = (presented: string, request: Request, header: boolean): Principal => {
    const key = ring.find(presented);
    if (!key)
      throw new Refusal(401, "ATTUNE_SERVER_KEY_UNKNOWN", "This key is not known here.", {
        headers: CHALLENGE,
      });
    if (key.kind === "secret" && !header) {
      throw new Refusal(
        401,
        "ATTUNE_SERVER_KEY_PLACE",
        "Secret keys are taken from the Authorization: Bearer header only.",
        {
          headers: CHALLENGE,
        },
      );
    }
    if (key.kind === "write") checkOrigin(key, request);
    return { kind: key.kind, id: key.id, site: key.site, active: () => ring.active(key.id) };
  };

  const fromKey = (request: Request, url: URL): Principal | null => {
    const vouchedFor = known(request);
    if (vouchedFor) return vouchedFor;
    const [scheme, value] = splitAuthorization(request.headers.get("authorization"));
    if (scheme === "bearer") return byKey(value, request, true);
    if (scheme === "basic") return byKey(basicUser(value), request, false);
    // The other name is that of RudderStack's clients.
    const { searchParams } = url;
    const inQuery = url.search === "" ? null : (searchParams.get("key") ?? searchParams.get("writeKey"));
    return inQuery === null ? null : byKey(inQuery, request, false);
  };
  const fromCookie = (request: Request, url: URL): Principal | null => {
    // Whoever can plant a cookie of this name beside the real one must not sign its owner out.
    const session = cookiesOf(request, COOKIE)
      .map((cookie) => sessions.find(cookie))
      .find((found) => found !== null);
    if (!session || !countsFor(request, [url.origin, publicOrigin()])) return null;
    return sessionPrincipal(session, sessions);
  };

  return {
    fromKey,
    renewal(request) {
      for (const cookie of cookiesOf(request, COOKIE)) {
        const renewed = sessions.renew(cookie);
        if (renewed) return { value: renewed.value, expiresAt: renewed.session.expiresAt };
      }
      return null;
    },
    fromText: (key, request) => byKey(key, request, false),
    fromRequest: (request, url) => fromKey(request, url) ?? fromCookie(request, url),
    fromBody(body, request, url) {
      const key =
        typeof body === "object" && body !== null ? (body as { writeKey?: unknown }).writeKey : undefined;
      return typeof key === "string" ? byKey(key, request, false) : fromCookie(request, url);
    },
  };
}

export const sessionPrincipal = ({ id, site, role }: DashboardSession, sessions: Sessions): Principal => ({
  ...{ kind: "session", id, site, role },
  active: () => sessions.active(id),
});

/** @throws Refusal 401 without a credential, 403 where it does not reach this far. */
export function requireScope(principal: Principal | null, scope: Scope): asserts principal is Principal {
  if (!principal) {
    throw new Refusal(
      401,
      "ATTUNE_SERVER_CREDENTIAL",
      "This route needs a credential: an API key or a signed-in session.",
      {
        headers: CHALLENGE,
      },
    );
  }
  if (principal.kind === "write" && !WRITE_SCOPES.has(scope)) {
    throw new Refusal(
      403,
      "ATTUNE_SERVER_SCOPE",
      "A write key may only send events and consent and ask for decisions.",
    );
  }
  if (principal.role !== undefined && !scopesOf(principal.role).includes(scope)) {
    throw new Refusal(
      403,
      "ATTUNE_SERVER_SCOPE",
      `Whoever is signed in as ${principal.role} may not do this; ask for a sign-in link with another role.`,
    );
  }
}

/** Whether a site's visitor's cookie counts for pages of this origin: the server's own, and those that a write key of the site names. */
export type MayHoldCookie = (origin: string, url: URL, site: string) => boolean;

/**
 * A visitor's cookie travels by itself too: it counts for requests of pages that may hold it, and for what no page sent.
 *
 * @returns Whether that of a visitor of this site does.
 */
export function countsForSite(request: Request, url: URL, site: string, mayHold: MayHoldCookie): boolean {
  const origin = request.headers.get("origin");
  if (origin !== null) return mayHold(origin, url, site);
  const isSafe = request.method === "GET" || request.method === "HEAD";
  return isSafe && request.headers.get("sec-fetch-site") !== "cross-site";
}

function checkOrigin(key: StoredKey, request: Request): void {
  const origin = request.headers.get("origin");
  if (origin !== null && !originAllowed(key, origin)) {
    throw new Refusal(
      403,
      "ATTUNE_SERVER_ORIGIN",
      "This key may not be used from this origin; add it to the key's origins.",
    );
  }
}

/**
 * A cookie travels by itself, with requests of other pages of the same registrable domain too. What changes something must come from a page of
 * this very origin, as browsers write it; what another page reads is read as if nobody was signed in.
 *
 * @throws Refusal 403 where another page would change something.
 */
function countsFor(request: Request, own: readonly (string | null)[]): boolean {
  const origin = request.headers.get("origin");
  const isOwn = own.includes(origin);
  if (request.method === "GET" || request.method === "HEAD") return origin === null || isOwn;
  if (origin === null || !isOwn) {
    throw new Refusal(
      403,
      "ATTUNE_SERVER_ORIGIN",
      "A signed-in session may change things from its own pages only; behind a proxy, tell the server its `origin`.",
    );
  }
  return true;
}

function splitAuthorization(header: string | null): [scheme: string, value: string] {
  const space = header?.indexOf(" ") ?? -1;
  if (header === null || space < 0) return ["", ""];
  return [header.slice(0, space).toLowerCase(), header.slice(space + 1).trim()];
}

function basicUser(value: string): string {
  const text = Buffer.from(value, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? text : text.slice(0, colon);
}

/** The values of all cookies of that name. */
export function cookiesOf(request: Request, wanted: string): string[] {
  const pairs =
    request.headers
      .get("cookie")
      ?.split(";")
      .map((part) => part.trim().split("=")) ?? [];
  return pairs.flatMap(([name, value]) => (name === wanted && value ? [value] : []));
}
