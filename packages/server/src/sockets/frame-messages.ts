/** A frame as a WebSocket message: the JSON text of the same frame, with the id by which a reader that returns names it. */
export interface FrameMessage {
  readonly type: string;
  readonly text: string;
}

const decoder = new TextDecoder();
const FRAME = /^(?:id: ([^\n]*)\n)?event: ([^\n]*)\ndata: \{([^\n]*)\}$/;

/** The messages of a piece of an event stream, in their order; what is no frame, such as `retry`, is left out. O(length). */
function messagesIn(chunk: Uint8Array): readonly FrameMessage[] {
  const messages: FrameMessage[] = [];
  for (const part of decoder.decode(chunk).split("\n\n")) {
    const [, id, type, inner] = FRAME.exec(part) ?? [];
    if (type === undefined || inner === undefined) continue;
    messages.push({ type, text: id === undefined ? `{${inner}}` : `{"id":${JSON.stringify(id)},${inner}}` });
  }
  return messages;
}

/**
 * Frames become bytes once, for event streams, and readers that are equally far share the chunk: what a chunk is as messages is worked out once
 * as well, for as long as somebody holds it.
 */
export function createFrameMessages(): (chunk: Uint8Array) => readonly FrameMessage[] {
  const known = new WeakMap<Uint8Array, readonly FrameMessage[]>();
  return (chunk) => {
    const found = known.get(chunk);
    if (found) return found;
    const made = messagesIn(chunk);
    known.set(chunk, made);
    return made;
  };
}
