/** One open stream. What it has not taken is bounded; over that it is cut off and may resume. */
export interface Reader {
  readonly site: string;
  push(bytes: Uint8Array): void;
  /** Ends the stream in good order. */
  end(): void;
}

/** Bytes that may wait for one reader (T12). */
export const READER_BUFFER = 1 << 20;

export interface OpenReader {
  reader: Reader;
  body: ReadableStream<Uint8Array>;
}

export function createReader(site: string, onGone: (reader: Reader) => void): OpenReader {
  let control: ReadableStreamDefaultController<Uint8Array> | null = null;
  const gone = (): void => {
    if (control) onGone(reader);
    control = null;
  };
  const reader: Reader = {
    site,
    push(bytes) {
      if (!control) return;
      if ((control.desiredSize ?? 0) >= bytes.byteLength) return control.enqueue(bytes);
      control.error(new Error("the reader did not keep up"));
      gone();
    },
    end() {
      control?.close();
      gone();
    },
  };
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        control = controller;
      },
      cancel: gone,
    },
    { highWaterMark: READER_BUFFER, size: (chunk) => chunk.byteLength },
  );
  return { reader, body };
}
