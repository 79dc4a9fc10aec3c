import type { Vouched } from "../auth/authenticate.js";
import type { Peer } from "../http/peer.js";
import type { Guest } from "./handshake.js";
import type { EventMessage } from "./messages.js";

export interface EventDoorOptions {
  /** The door of all requests. */
  fetch(request: Request, peer: Peer): Promise<Response>;
  vouched: Vouched;
  basePath: string;
}

/** Of the connection, or of a message that is none of the handshake's. */
const OF_THE_HANDSHAKE =
  /^(?:sec-websocket-.*|connection|upgrade|authorization|cookie|content-.*|transfer-encoding|expect|accept.*|idempotency-key)$/;

/**
 * Takes events through the one door of events: what holds of a `POST` (limits, consent, rates, congestion, figures) holds of a socket, and what
 * is answered is what a `POST` is answered.
 *
 * @returns The answer as a message: `ack`, or `error` with the problem.
 */
export function createEventDoor({ fetch, vouched, basePath }: EventDoorOptions) {
  return async (
    { type, ids, body, ref }: EventMessage,
    { principal, request, peer, gpc }: Guest,
  ): Promise<object> => {
    const one = type === "event";
    const headers = new Headers();
    for (const [name, value] of request.headers) if (!OF_THE_HANDSHAKE.test(name)) headers.set(name, value);
    headers.set("content-type", "application/json");
    if (gpc) headers.set("sec-gpc", "1");
    const path = `${basePath}/api/v1/behavioral/${one ? "events" : "batch"}?wait=0`;
    const posted = new Request(new URL(path, request.url), { method: "POST", headers, body });
    vouched.set(posted, principal);
    const response = await fetch(posted, peer);
    const answer = (await response.json()) as Record<string, unknown>;
    const named = {
      ...(ref !== null && { ref }),
      ...(one ? { eventId: answer.eventId ?? ids[0] } : { eventIds: ids }),
    };
    if (response.ok) return { type: "ack", ...named, ...answer };
    const { type: code, status, detail, errors } = answer;
    const retryAfter = Number(response.headers.get("retry-after")) || null;
    return { type: "error", ...named, code, status, detail, errors, retryAfter };
  };
}
