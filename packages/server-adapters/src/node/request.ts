import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { BODILESS } from "../mount/handler.js";
import { SignalledRequest } from "../mount/signalled-request.js";
import { lazyBody, wholeText } from "./body.js";
import type { Departure } from "./departure.js";
import { MessageReader, type PlainRequest } from "./plain-request.js";

/** What a Host header may be made of; anything else could smuggle a path or a user into the URL. */
const HOST = /^(?:[a-z0-9._~-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/** @throws TypeError where host or target are none that a URL can be made of. */
function toUrl(incoming: IncomingMessage, target: string): URL {
  const encrypted = "encrypted" in incoming.socket && incoming.socket.encrypted === true;
  const host = incoming.headers.host ?? "localhost";
  if (!HOST.test(host)) throw new TypeError("Invalid host");
  // An absolute target, as a proxy is asked for, brings its own host.
  const url = new URL(target.startsWith("/") ? `${encrypted ? "https" : "http"}://${host}${target}` : target);
  if (!url.protocol.startsWith("http")) throw new TypeError("Invalid target");
  return url;
}

/** No longer true of a body that something ahead has read and decoded. */
const OF_THE_WIRE = ["content-encoding", "content-length", "transfer-encoding"];

function toHeaders(rawHeaders: readonly string[], decoded: boolean): Headers {
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2)
    headers.append(rawHeaders[i] as string, rawHeaders[i + 1] as string);
  if (decoded) for (const name of OF_THE_WIRE) headers.delete(name);
  return headers;
}

/** What the listener may say instead of what the message itself says. */
export interface RequestOverrides {
  /** Path and query. */
  target?: string;
  /** The body, where something ahead has read it already, or is decoding it. */
  body?: string | Uint8Array | Readable;
}

/**
 * A request whose body, where it is wanted as a whole, comes straight from the message: through the stream, which is there for everyone
 * else, it costs several times as much.
 */
class MessageRequest extends SignalledRequest {
  readonly #incoming: Readable;

  constructor(url: URL, init: RequestInit, departure: Departure, incoming: Readable) {
    super(url, init, departure);
    this.#incoming = incoming;
  }

  override async text(): Promise<string> {
    return this.#isUntouched() ? this.#take() : super.text();
  }

  override async json(): Promise<unknown> {
    return this.#isUntouched() ? (JSON.parse(await this.text()) as unknown) : super.json();
  }

  #isUntouched(): boolean {
    return this.body !== null && !this.bodyUsed && !this.body.locked;
  }

  #take(): Promise<string> {
    // From here on it counts as used, as the standard has it. The stream has not touched the message yet.
    void this.body?.cancel();
    return wholeText(this.#incoming);
  }
}

export interface RequestOptions extends RequestOverrides {
  /** What reads it need get no whole `Request`. */
  plain?: boolean;
}

/**
 * A fetch `Request` for a message of node:http. The body is read from the socket only as it is consumed. `null` where
 * the message makes no valid request.
 */
export function toRequest(
  incoming: IncomingMessage,
  departure: Departure,
  { plain = false, ...overrides }: RequestOptions = {},
): Request | null {
  const method = incoming.method ?? "GET";
  try {
    const url = toUrl(incoming, overrides.target ?? incoming.url ?? "/");
    const headers = toHeaders(incoming.rawHeaders, overrides.body !== undefined);
    const init: RequestInit & { duplex?: "half" } = { method, headers };
    const { body = incoming } = overrides;
    if (plain && (body instanceof Readable || BODILESS.has(method))) {
      const own = BODILESS.has(method) ? null : (body as Readable);
      return new MessageReader({ url, method, headers, body: own }, departure) as PlainRequest as Request;
    }
    if (BODILESS.has(method)) return new SignalledRequest(url, init, departure);
    if (!(body instanceof Readable))
      return new SignalledRequest(url, { ...init, body: body as BodyInit }, departure);
    init.duplex = "half";
    init.body = lazyBody(body);
    return new MessageRequest(url, init, departure, body);
  } catch {
    return null;
  }
}
