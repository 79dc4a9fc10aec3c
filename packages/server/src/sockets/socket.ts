import type { PersonalizationService } from "@attune/core/service";
import { streamOf } from "@attune/server-adapters/node";
import type { WebSocket } from "ws";
import { Refusal } from "../http/refusal.js";
import { subjectFor } from "../live/asked-subject.js";
import type { Hub } from "../live/hub.js";
import type { FrameMessage } from "./frame-messages.js";
import type { Guest } from "./handshake.js";
import { type ClientMessage, type EventMessage, readMessage, wantedBy } from "./messages.js";

/** Why a socket was closed. Codes from 4000 on are an application's own (RFC 6455 §7.4.2). */
export const CLOSE = {
  /** The server is ending. */
  ending: 1001,
  /** Only text is taken. */
  binary: 1003,
  /** Something went wrong here, of which the host is told. */
  failed: 1011,
  /** What waited for a reader came to more than it may: it comes back with the id of its last frame. */
  slow: 1013,
  message: 4400,
  credential: 4401,
  forbidden: 4403,
  late: 4408,
} as const;

export interface SocketOptions {
  ws: WebSocket;
  guest: Guest;
  hub: Hub;
  service: PersonalizationService;
  messagesOf(chunk: Uint8Array): readonly FrameMessage[];
  take(message: EventMessage, guest: Guest): Promise<object>;
  report(error: unknown): void;
}

/** How long a client may take to say what it wants, ms. */
const HELLO_MS = 10_000;
/** A peer that does not read does not answer a goodbye either, ms. */
const GOODBYE_MS = 1000;
/** Longer texts do not fit into a close frame. */
const REASON_BYTES = 120;

/** Closes in good order, and after a second in any. */
export function goodbye(ws: WebSocket, code: number, reason: string): void {
  if (ws.readyState === ws.CLOSED) return;
  ws.close(code, Buffer.from(reason).subarray(0, REASON_BYTES).toString());
  setTimeout(() => ws.terminate(), GOODBYE_MS).unref();
}

/**
 * One open socket. It holds no frames but those that are being sent: what its reader has not taken waits where all readers share it, and who
 * falls behind by more than that allows is cut off (T12). Messages are taken one after another, and none is read while one is worked at.
 */
export function openSocket(options: SocketOptions): void {
  const { ws, guest, report } = options;
  let reader: ReadableStreamDefaultReader<Uint8Array> | null = null;
  let greeted = false;
  let turn = Promise.resolve();
  let waiting = 0;
  const late = setTimeout(
    () => goodbye(ws, CLOSE.late, "Say first what the connection is for: { type: 'connection' }."),
    HELLO_MS,
  );

  async function greet(message: Extract<ClientMessage, { type: "connection" }>): Promise<void> {
    if (greeted) return goodbye(ws, CLOSE.message, "The connection was described before; open another.");
    greeted = true;
    const { principal } = guest;
    const subject = await subjectFor(message.asked, {
      ...options,
      principal,
      only: isForNobody(message) ? "rulesets" : null,
    });
    const { known, unknown, types } = wantedBy(message.subscriptions);
    const reads = subject === null ? "site" : subject.kind;
    await send(ws, JSON.stringify({ type: "connected", reads, subscriptions: known, unknown }));
    clearTimeout(late);
    if (ws.readyState !== ws.OPEN) return;
    const frames = options.hub.open({
      site: principal.site,
      subject,
      lastEventId: message.lastEventId,
      active: () => principal.active(),
    });
    reader = streamOf(frames).getReader();
    void forward(ws, reader, { ...options, wants: (type) => types === null || types.has(type) });
  }
  /** A page without a visitor still wants to hear of new rulesets, and sends. */
  const isForNobody = ({ asked }: Extract<ClientMessage, { type: "connection" }>): boolean =>
    guest.principal.kind === "write" && Object.values(asked).every((id) => id == null);

  async function handle(data: string): Promise<void> {
    const message = readMessage(data);
    if (typeof message === "string") return goodbye(ws, CLOSE.message, message);
    if (message.type === "connection") return greet(message);
    if (!greeted) return goodbye(ws, CLOSE.message, "The first message must be of type `connection`.");
    await send(ws, JSON.stringify(await options.take(message, guest)));
  }

  ws.on("message", (data: Buffer, isBinary: boolean) => {
    if (isBinary) return goodbye(ws, CLOSE.binary, "Messages are JSON, as text.");
    waiting += 1;
    ws.pause();
    turn = turn
      .then(() => (ws.readyState === ws.OPEN ? handle(data.toString()) : undefined))
      .catch((error: unknown) => {
        if (error instanceof Refusal)
          return goodbye(ws, error.status === 403 ? CLOSE.forbidden : CLOSE.message, error.message);
        report(error);
        goodbye(ws, CLOSE.failed, "The message could not be taken; come back soon.");
      })
      .then(() => {
        waiting -= 1;
        if (waiting === 0) ws.resume();
      });
  });
  ws.once("close", () => {
    clearTimeout(late);
    void reader?.cancel().catch(() => undefined);
  });
  // A connection that breaks is closed right after; a message too large is answered by a close frame of its own.
  ws.on("error", () => undefined);
}

/** Sends frames as fast as they are taken, until there are none or nobody is there. */
async function forward(
  ws: WebSocket,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { messagesOf, wants, guest }: SocketOptions & { wants(type: string): boolean },
): Promise<void> {
  // At once: who takes nothing holds up what is being sent, and would not be cut off before it does.
  reader.closed.then(
    () =>
      guest.principal.active()
        ? goodbye(ws, CLOSE.ending, "The server is ending; come back soon.")
        : goodbye(ws, CLOSE.credential, "The credential no longer holds."),
    () => goodbye(ws, CLOSE.slow, "Too much waited; come back with the id of the last frame."),
  );
  for (;;) {
    const { done, value } = await reader.read().catch(() => OVER);
    if (done) return;
    const wanted = messagesOf(value).filter(({ type }) => wants(type));
    const last = wanted.pop();
    for (const { text } of wanted) ws.send(text, ignored);
    if (last) await send(ws, last.text);
  }
}

const OVER = { done: true, value: undefined } as const;
const ignored = (): void => undefined;

/** Resolves when it has left this process, or cannot: whether the peer is still there shows by its `close`. */
const send = (ws: WebSocket, text: string): Promise<void> =>
  new Promise((resolve) => {
    if (ws.readyState !== ws.OPEN) return resolve();
    ws.send(text, () => resolve());
  });
