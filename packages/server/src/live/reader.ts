/** One open stream. It holds no frames, only how far it has come: what it has not taken waits where all readers share it. */
export interface Reader {
  readonly body: ReadableStream<Uint8Array>;
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
  let control: ReadableStreamDefaultController<Uint8Array> | null = null;
  let waits = false;
  const gone = (): void => {
    if (control) onGone(reader);
    control = null;
    waits = false;
  };
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        control = controller;
      },
      // Tells that it wants more; a promise for each chunk would cost more than the chunk.
      pull(controller) {
        const chunk = next(reader);
        if (chunk) controller.enqueue(chunk);
        else waits = control !== null;
      },
      cancel: gone,
    },
    // Nothing is taken before somebody reads it.
    { highWaterMark: 0 },
  );
  const reader: Reader = {
    ...place,
    body,
    get waits() {
      return waits;
    },
    offer(chunk) {
      waits = false;
      control?.enqueue(chunk);
    },
    end() {
      control?.close();
      gone();
    },
    cut() {
      control?.error(new Error("the reader did not keep up"));
      gone();
    },
  };
  return reader;
}
