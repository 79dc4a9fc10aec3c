import type { Readable } from "node:stream";
import { lazyBody, wholeText } from "./body.js";
import type { Departure } from "./departure.js";

/** What a handler sees of a request that reads plainly ({@link FetchHandler.readsPlainly}). */
export type PlainRequest = Pick<
  Request,
  "url" | "method" | "headers" | "signal" | "body" | "bodyUsed" | "text" | "json" | "arrayBuffer"
>;

interface Message {
  url: URL;
  method: string;
  headers: Headers;
  /** Null: it has none. */
  body: Readable | null;
}

/** Whether it was made for a handler that reads plainly, and a {@link PlainResponse} may answer it. */
export const isPlain = (request: unknown): boolean => request instanceof MessageReader;

/** Reads as a `Request` does, and is none. */
export class MessageReader implements PlainRequest {
  readonly #message: Message;
  readonly #departure: Departure;
  #isTaken = false;
  /** Holds the body as a stream, from when somebody asks for it. */
  #streamed: Response | null = null;

  constructor(message: Message, departure: Departure) {
    this.#message = message;
    this.#departure = departure;
  }

  get url(): string {
    return this.#message.url.href;
  }
  get method(): string {
    return this.#message.method;
  }
  get headers(): Headers {
    return this.#message.headers;
  }
  get signal(): AbortSignal {
    return this.#departure.signal;
  }

  get body(): Request["body"] {
    const { body } = this.#message;
    if (body === null) return null;
    this.#streamed ??= new Response(lazyBody(body));
    return this.#streamed.body;
  }
  get bodyUsed(): boolean {
    return this.#isTaken || this.#streamed?.bodyUsed === true;
  }

  async text(): Promise<string> {
    if (this.#isTaken) throw new TypeError("The body was read already.");
    if (this.#streamed !== null) return this.#streamed.text();
    const { body } = this.#message;
    if (body === null) return "";
    this.#isTaken = true;
    return wholeText(body);
  }
  async arrayBuffer(): Promise<ArrayBuffer> {
    if (this.#isTaken) throw new TypeError("The body was read already.");
    return new Response(this.body).arrayBuffer();
  }
  async json(): Promise<unknown> {
    return JSON.parse(await this.text()) as unknown;
  }
}
