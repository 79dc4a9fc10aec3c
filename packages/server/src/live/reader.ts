import type { ByteSink, ByteSource } from "@attune/server-adapters/node";

/** One open stream. It holds no frames, only how far it has come: what it has not taken waits where all readers share it. */
export interface Reader extends ByteSource {
  /** False once the credential no longer holds. */
  active(): boolean;
  /** Number of the last frame that it was sent. */
  sent: number;
  /** Number of the last aside that it was sent. */
  aside: number;
  /** All bytes there were when it opened: what it catches up on from before does not make it slow. */
  readonly opened: number;
  /** What it must be told before all else. */
  greeting: "new" | "gap" | "resumed" | null;
  /** Whether it has taken everything and waits for more. */
  readonly waits: boolean;
  /** Only to one that waits. */
  offer(chunk: Uint8Array): void;
  /** Ends the stream in good order. */
  end(): void;
  /** Breaks the stream off, so that its reader can tell that something is missing. */
  cut(): void;
}

export type ReaderOptions = Pick<Reader, "active" | "sent" | "aside" | "opened" | "greeting"> & {
  /** What there is for it to take; null for nothing yet. */
  next(reader: Reader): Uint8Array | null;
  onGone(reader: Reader): void;
};

export function createReader({ next, onGone, ...place }: ReaderOptions): Reader {
  return new OpenReader(place, next, onGone);
}

/** A class, as a page may open thousands: an accessor in an object literal would get a hidden class of its own with each. */
class OpenReader implements Reader {
  sent: number;
  aside: number;
  greeting: Reader["greeting"];
  readonly opened: number;
  readonly active: () => boolean;
  readonly #next: ReaderOptions["next"];
  readonly #onGone: ReaderOptions["onGone"];
  #sink: ByteSink | null = null;
  #waits = false;
  /** How it ended, which may be before anybody took anything. */
  #end: ((sink: ByteSink) => void) | null = null;

  constructor(
    place: Omit<ReaderOptions, "next" | "onGone">,
    next: ReaderOptions["next"],
    onGone: ReaderOptions["onGone"],
  ) {
    this.sent = place.sent;
    this.aside = place.aside;
    this.greeting = place.greeting;
    this.opened = place.opened;
    this.active = place.active;
    this.#next = next;
    this.#onGone = onGone;
  }

  get waits(): boolean {
    return this.#waits;
  }
  offer(chunk: Uint8Array): void {
    this.#waits = false;
    this.#sink?.enqueue(chunk);
  }
  end(): void {
    this.#finish((sink) => sink.close());
  }
  cut(): void {
    this.#finish((sink) => sink.error(new Error("the reader did not keep up")));
  }

  start(sink: ByteSink): void {
    this.#sink = sink;
    this.#end?.(sink);
  }
  pull(): void {
    if (this.#end !== null) return;
    const chunk = this.#next(this);
    if (chunk) this.#sink?.enqueue(chunk);
    // Nothing yet, unless it was cut off just now.
    else this.#waits = this.#end === null;
  }
  cancel(): void {
    this.#finish(() => undefined);
  }

  #finish(end: (sink: ByteSink) => void): void {
    if (this.#end !== null) return;
    this.#end = end;
    this.#waits = false;
    if (this.#sink !== null) end(this.#sink);
    this.#onGone(this);
  }
}
