const encoder = new TextEncoder();

/** How long a browser waits before it comes back, ms. */
export const RETRY = encoder.encode("retry: 2000\n\n");

/** A frame as a server-sent event. Without an id a reader that returns does not name it. */
export function frameBytes(frame: { readonly type: string }, id?: string): Uint8Array {
  return encoder.encode(
    `${id === undefined ? "" : `id: ${id}\n`}event: ${frame.type}\ndata: ${JSON.stringify(frame)}\n\n`,
  );
}

/** One chunk of several; a single piece is given as it is. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0] as Uint8Array;
  const whole = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}
