import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { PersonalizationService } from "@attune/core/service";
import { problemOf } from "../http/problem.js";
import { Refusal } from "../http/refusal.js";
import type { Hub } from "../live/hub.js";
import type { Places } from "../live/places.js";
import { createEventDoor, type EventDoorOptions } from "./event-door.js";
import { createFrameMessages } from "./frame-messages.js";
import { type Guest, type HandshakeOptions, judge, peerOf, requestOf } from "./handshake.js";
import { CLOSE, goodbye, openSocket } from "./socket.js";

export interface SocketsOptions extends HandshakeOptions, EventDoorOptions {
  /** Of the stream, below the base path. */
  path: string;
  hub: Hub;
  service: PersonalizationService;
  places: Places;
  /** `sent`: bytes of a message. */
  limits: { sent: number };
  report(error: unknown): void;
}

/** WebSockets of the live stream, both ways. */
export interface Sockets {
  /** False for an upgrade that is not for these: nothing of it was touched. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Says goodbye to all, and refuses new ones. */
  close(): void;
}

/** A peer that has said nothing for so long, not even in answer to a ping, is gone, ms. */
const BEAT_MS = 30_000;

export function createSockets(options: SocketsOptions): Sockets {
  const { limits, report, basePath, path, places } = options;
  // Compression costs each socket some 300 KB of memory, and frames are small.
  const server = new WebSocketServer({ noServer: true, maxPayload: limits.sent, perMessageDeflate: false });
  const take = createEventDoor(options);
  const messagesOf = createFrameMessages();
  const alive = new Set<WebSocket>();
  let closed = false;
  const beat = setInterval(() => {
    for (const ws of server.clients) {
      if (!alive.delete(ws)) ws.terminate();
      else ws.ping();
    }
  }, BEAT_MS);
  beat.unref();

  function open(ws: WebSocket, guest: Guest): void {
    const heard = (): void => void alive.add(ws);
    heard();
    ws.on("pong", heard);
    ws.on("message", heard);
    ws.once("close", () => alive.delete(ws));
    openSocket({ ...options, ws, guest, messagesOf, take });
  }

  async function admit(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Without a listener a peer that goes away meanwhile would end the process.
    socket.on("error", ignored);
    try {
      if (closed) throw ending();
      const request = requestOf(incoming);
      if (request === null) throw new Refusal(400, "ATTUNE_SERVER_QUERY", "This is no valid request.");
      const guest = await judge(request, peerOf(socket), options);
      if (closed) throw ending();
      // Its `close` has been and gone: nobody would give the place back.
      if (socket.destroyed) return;
      socket.once("close", places.take(guest.principal, guest.address));
      socket.off("error", ignored);
      server.handleUpgrade(incoming, socket, head, (ws) => open(ws, guest));
    } catch (error) {
      await refuse(socket, problemOf(error, report));
    }
  }

  return {
    upgrade(incoming, socket, head) {
      const asked = (incoming.url ?? "/").split("?", 1)[0];
      if (asked !== basePath + path || incoming.headers.upgrade?.toLowerCase() !== "websocket") return false;
      void admit(incoming, socket, head).catch(report);
      return true;
    },
    close() {
      closed = true;
      clearInterval(beat);
      for (const ws of server.clients) goodbye(ws, CLOSE.ending, "The server is ending; come back soon.");
    },
  };
}

const ignored = (): void => undefined;

const ending = (): Refusal =>
  new Refusal(503, "ATTUNE_SERVER_ENDING", "This server is ending; come back soon.", {
    headers: { "retry-after": "5" },
  });

/** An answer to a handshake that was not taken. */
async function refuse(socket: Duplex, response: Response): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = `HTTP/1.1 ${response.status} Refused\r\nconnection: close\r\ncontent-length: ${body.length}\r\n${headers}\r\n`;
  socket.end(Buffer.concat([Buffer.from(head), body]));
  // Who does not close its side is cut off.
  setTimeout(() => socket.destroy(), 1000).unref();
}
