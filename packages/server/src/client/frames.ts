import type { StreamFrame } from "./types.js";

/** The frames of a stream of server-sent events, one after another; ends where the stream ends. */
export async function* framesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamFrame, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const frame = frameOf(block);
        if (frame) yield frame;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function frameOf(block: string): StreamFrame | null {
  const fields: Record<string, string> = {};
  for (const line of block.split("\n")) {
    const colon = line.indexOf(": ");
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 2);
  }
  if (fields.data === undefined) return null;
  return {
    id: fields.id ?? null,
    event: fields.event ?? "message",
    data: JSON.parse(fields.data) as unknown,
  };
}
