import type { IncomingMessage, ServerResponse } from "node:http";
import { safeReport } from "@attune/core";
import { type FetchHandler, type MountOptions, problem } from "../mount/handler.js";
import { Departure } from "./departure.js";
import { type RequestOverrides, toRequest } from "./request.js";
import { sendResponse } from "./response.js";

/** How long a client may go on sending a body that nobody wants before it is cut off, ms. */
const UNREAD_BODY_MS = 500;

/**
 * Mounts a fetch handler on `node:http` or `node:https`: `createServer(toNodeListener(handler))`.
 * Bodies are streamed both ways with back-pressure; `request.signal` aborts when the client goes away before the
 * response is complete. What the handler throws becomes a bare 500 (`application/problem+json`).
 */
export function toNodeListener(handler: FetchHandler, options: MountOptions = {}) {
  return (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    void serve(handler, { incoming, outgoing, ...options });
  };
}

export interface Exchange extends MountOptions {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
  overrides?: RequestOverrides;
}

/** One exchange from request to response. Never rejects. */
export async function serve(handler: FetchHandler, exchange: Exchange): Promise<void> {
  const { incoming, outgoing, overrides } = exchange;
  if (outgoing.socket === null) closeWithConnection(exchange);
  const departure = new Departure(outgoing);
  outgoing.once("finish", () => dismissBody(incoming));
  try {
    const request = toRequest(incoming, departure, { ...overrides, plain: handler.readsPlainly === true });
    const response =
      request === null ? problem(400) : await handler(request, { address: incoming.socket.remoteAddress });
    await sendResponse(response, outgoing, incoming.method === "HEAD");
  } catch (error) {
    // What fails because the client left is no failure.
    if (!departure.happened) safeReport(exchange)(error);
    if (outgoing.headersSent) outgoing.destroy();
    else if (!outgoing.destroyed) {
      await sendResponse(problem(500), outgoing, incoming.method === "HEAD");
    }
  }
}

/** A response that waits behind another one of its connection is told nothing where that ends, and whatever it holds would be held for good. */
function closeWithConnection({ incoming, outgoing }: Exchange): void {
  const { socket } = incoming;
  const gone = (): void => {
    if (outgoing.socket === null) outgoing.destroy().emit("close");
  };
  // As many wait as the client has asked at once.
  socket.setMaxListeners(0).once("close", gone);
  outgoing.once("close", () => socket.off("close", gone));
}

/** The rest of a body that the handler did not want is thrown away, so that the connection can be used again. */
function dismissBody(incoming: IncomingMessage): void {
  if (incoming.readableEnded || incoming.destroyed) return;
  // A reader that was left half-way still listens, and a stream with such a listener does not flow.
  incoming.removeAllListeners("readable").resume();
  if (incoming.complete) return;
  const cut = setTimeout(() => {
    // The last of it may have come just now; the connection is then free for the next request.
    if (!incoming.complete) incoming.socket.destroy();
  }, UNREAD_BODY_MS);
  incoming.once("close", () => clearTimeout(cut));
}
