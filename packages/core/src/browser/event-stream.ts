export interface ServerEvent {
  /** By which a reader that returns names it; null where it has none. */
  id: string | null;
  type: string;
  data: string;
}

/** Of an event that does not end, characters. */
const LONGEST = 1 << 20;

/** One line each, as our own server writes them. */
function eventIn(text: string): ServerEvent {
  const field = (name: string): string | null => new RegExp(`^${name}: ?(.*)$`, "m").exec(text)?.[1] ?? null;
  return { id: field("id"), type: field("event") ?? "message", data: field("data") ?? "" };
}

/** Reads server-sent events until there are no more. Rejects where they break off, or one is longer than a mebibyte. */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  listener: (event: ServerEvent) => void,
): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + decoder.decode(value, { stream: true })).split("\n\n");
    rest = parts.pop() ?? "";
    if (rest.length > LONGEST) throw new RangeError("An event does not end.");
    for (const part of parts) listener(eventIn(part));
  }
}
