import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Authenticator, type Principal, sessionPrincipal } from "../auth/authenticate.js";
import type { KeyRing } from "../auth/keys.js";
import type { Sessions } from "../auth/sessions.js";
import { addressGroup, type RateLimit } from "../http/rate.js";
import type { Peer } from "../http/peer.js";
import { Refusal } from "../http/refusal.js";
import { hasGpc } from "../routes/gpc.js";
import type { TicketHolder, Tickets } from "./tickets.js";

/** Somebody who may open a socket. */
export interface Guest {
  principal: Principal;
  /** The handshake. */
  request: Request;
  peer: Peer;
  gpc: boolean;
  /** Null where it is not known. */
  address: string | null;
}

export interface HandshakeOptions {
  authenticator: Authenticator;
  ring: KeyRing;
  sessions: Sessions;
  tickets: Tickets;
  keys: RateLimit;
  addresses: RateLimit;
  addressOf(request: Request, peer: Peer): string | null;
  publicOrigin(): string | null;
}

/** A fetch request of the handshake, for those who judge requests; null where it makes none. */
export function requestOf({ url, headers, rawHeaders }: IncomingMessage): Request | null {
  try {
    const given = new Headers();
    for (let i = 0; i < rawHeaders.length; i += 2)
      given.append(rawHeaders[i] as string, rawHeaders[i + 1] as string);
    return new Request(new URL(url ?? "/", `http://${headers.host ?? "localhost"}`), { headers: given });
  } catch {
    return null;
  }
}

export const peerOf = (socket: Duplex): Peer => ({ address: (socket as Socket).remoteAddress });

/**
 * Lets in whoever shows a ticket, from the page that it was issued to, or a secret key in the header. Cookies and keys in the address count for
 * nothing here: a browser opens sockets to anywhere for any page, and sends its cookies along.
 *
 * @throws Refusal 401 without either, 403 from a page that may not, 429 for who comes too often.
 */
export async function judge(request: Request, peer: Peer, options: HandshakeOptions): Promise<Guest> {
  const address = options.addressOf(request, peer);
  try {
    const { principal, gpc } = await recognise(request, options);
    requireShare(options.keys, principal.id);
    return { principal, request, peer, gpc: gpc || hasGpc(request), address };
  } catch (error) {
    if (error instanceof Refusal && error.status === 401 && address !== null)
      requireShare(options.addresses, addressGroup(address));
    throw error;
  }
}

async function recognise(
  request: Request,
  options: HandshakeOptions,
): Promise<{ principal: Principal; gpc: boolean }> {
  const url = new URL(request.url);
  const origin = request.headers.get("origin");
  // Of sandboxed frames and files: anybody's.
  if (origin === "null") throw notFromHere();
  const ticket = url.searchParams.get("ticket");
  if (ticket !== null) {
    const holder = await options.tickets.redeem(ticket);
    const principal = holder && principalOf(holder, options);
    if (holder === null || principal === null || !principal.active())
      throw new Refusal(
        401,
        "ATTUNE_SERVER_TICKET",
        "This ticket is unknown, used or more than half a minute old; ask for a new one before each socket.",
      );
    if (holder.origin !== origin) throw notFromHere();
    return { principal, gpc: holder.gpc };
  }
  const principal = request.headers.has("authorization") ? options.authenticator.fromKey(request, url) : null;
  if (principal?.kind !== "secret")
    throw new Refusal(
      401,
      "ATTUNE_SERVER_CREDENTIAL",
      "A socket needs a ticket (POST …/stream/ticket), or a secret key in the Authorization header.",
    );
  if (origin !== null && origin !== options.publicOrigin() && !options.ring.originKnown(origin))
    throw notFromHere();
  return { principal, gpc: false };
}

function principalOf(
  { kind, id, site }: TicketHolder,
  { ring, sessions }: HandshakeOptions,
): Principal | null {
  if (kind !== "session") return { kind, id, site, active: () => ring.active(id) };
  const session = sessions.get(id);
  return session && sessionPrincipal(session, sessions);
}

function requireShare(limit: RateLimit, id: string): void {
  const verdict = limit.take(id);
  if (verdict === null || verdict.admitted) return;
  throw new Refusal(
    429,
    "ATTUNE_SERVER_RATE",
    "Too many requests came from there; wait as long as Retry-After says.",
    { headers: { ...verdict.headers, "retry-after": String(verdict.retryAfter) } },
  );
}

const notFromHere = (): Refusal =>
  new Refusal(
    403,
    "ATTUNE_SERVER_ORIGIN",
    "No socket may be opened from this origin with this credential; a ticket holds for the page that asked for it.",
  );
