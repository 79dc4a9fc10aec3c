/** Takes the bytes of a {@link ByteSource}. A `ReadableStreamDefaultController` is one. */
export interface ByteSink {
  enqueue(chunk: Uint8Array): void;
  /** That was all. */
  close(): void;
  /** Something is missing: whoever reads must be able to tell. */
  error(reason: unknown): void;
}

/** Bytes that come over time, no faster than they are taken. */
export interface ByteSource {
  /** Called once, before `pull`. */
  start(sink: ByteSink): void;
  /** There is room: one chunk is to be given, now or when there is one. Not called again before it came. */
  pull(): void;
  /** Nobody takes them any more. May come without a `start`. */
  cancel(): void;
}

/** The same as a stream of the web's. Nothing is taken before somebody reads it. */
export function streamOf(source: ByteSource): ReadableStream<Uint8Array> {
  /** Several may read at once, each of whom the stream asks for. */
  let isAsked = false;
  return new ReadableStream(
    {
      start: (controller) =>
        source.start({
          enqueue(chunk) {
            isAsked = false;
            controller.enqueue(chunk);
          },
          close: () => controller.close(),
          error: (reason) => controller.error(reason),
        }),
      pull() {
        if (isAsked) return;
        isAsked = true;
        source.pull();
      },
      cancel: () => source.cancel(),
    },
    { highWaterMark: 0 },
  );
}

export type PlainContent = string | Uint8Array<ArrayBuffer> | ByteSource | null;

export interface PlainInit {
  status?: number;
  headers?: HeadersInit;
}

export const isSource = (content: object | string | null): content is ByteSource =>
  content !== null && typeof content === "object" && "pull" in content;

/**
 * Reads as a `Response` does, and is made into one only where somebody asks for more than its status and headers. Mounts on node:http write what it holds, with no
 * stream of the web's in between, which would cost something with each answer and each chunk
 * (docs/benchmarks.md).
 */
export class PlainResponse implements Response {
  readonly status: number;
  readonly redirected = false;
  readonly statusText = "";
  readonly type = "default";
  readonly url = "";
  readonly #headers: Headers;
  readonly #content: PlainContent;
  #isTaken = false;
  #whole: Response | null = null;

  constructor(content: PlainContent, { status = 200, headers }: PlainInit = {}) {
    this.status = status;
    this.#headers = new Headers(headers);
    if (typeof content === "string" && !this.#headers.has("content-type"))
      this.#headers.set("content-type", "text/plain;charset=UTF-8");
    this.#content = content;
  }

  /** Whether it has no body, which `body` could tell only by making one. */
  get isEmpty(): boolean {
    return this.#content === null;
  }

  /** What it holds, for whoever writes it: once, and only while it is no `Response`. Undefined: read its `body`. */
  take(): PlainContent | undefined {
    if (this.#isTaken || this.#whole !== null) return undefined;
    this.#isTaken = true;
    return this.#content;
  }

  /** The same, which from now on is the one that is read and whose headers count. */
  whole(): Response {
    if (this.#isTaken) throw new TypeError("The body was read already.");
    const content = this.#content;
    this.#whole ??= new Response(isSource(content) ? streamOf(content) : content, {
      status: this.status,
      headers: this.#headers,
    });
    return this.#whole;
  }

  get headers(): Headers {
    return this.#whole?.headers ?? this.#headers;
  }
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }
  get body(): Response["body"] {
    return this.isEmpty ? null : this.whole().body;
  }
  get bodyUsed(): boolean {
    return this.#isTaken ? !this.isEmpty : this.#whole?.bodyUsed === true;
  }
  clone(): Response {
    return this.whole().clone();
  }
  text(): Promise<string> {
    return this.#read((whole) => whole.text());
  }
  json(): Promise<unknown> {
    return this.#read((whole) => whole.json());
  }
  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#read((whole) => whole.arrayBuffer());
  }
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#read(async (whole) => new Uint8Array(await whole.arrayBuffer()));
  }
  blob(): Promise<Blob> {
    return this.#read((whole) => whole.blob());
  }
  formData(): Promise<FormData> {
    return this.#read((whole) => whole.formData());
  }

  async #read<T>(how: (whole: Response) => Promise<T>): Promise<T> {
    return how(this.whole());
  }
}
