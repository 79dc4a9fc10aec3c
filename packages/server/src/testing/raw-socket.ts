import net from "node:net";

/** A WebSocket client that does no more than it is told: it answers no ping, reads when asked to, and breaks off as it likes. */
export interface RawSocket {
  socket: net.Socket;
  /** Resolves when the server has ended it. A paused socket notices only a reset. */
  gone: Promise<void>;
  /** What was read, as it came. */
  bytes(): Buffer;
  say(message: object): void;
}

const TEXT = 0x1;

/** A text of a client as a frame (RFC 6455 §5.2), masked by zeros. */
function frame(payload: Buffer): Buffer {
  const { length } = payload;
  const size = length < 126 ? 0 : length < 1 << 16 ? 2 : 8;
  const head = Buffer.alloc(2 + size + 4);
  head[0] = 0x80 | TEXT;
  head[1] = 0x80 | (size === 0 ? length : size === 2 ? 126 : 127);
  if (size === 2) head.writeUInt16BE(length, 2);
  if (size === 8) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

export const handshake = (target: string, headers: Record<string, string>): string =>
  `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n${Object.entries(
    headers,
  )
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n`;

/** Resolves when the handshake is answered. */
export async function openRaw(
  url: string,
  target: string,
  headers: Record<string, string>,
): Promise<RawSocket> {
  const { port, hostname } = new URL(url);
  const socket = net.connect(Number(port), hostname);
  socket.on("error", () => undefined);
  const read: Buffer[] = [];
  const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("data", (data) => read.push(data));
  socket.write(handshake(target, headers));
  await new Promise((resolve) => socket.once("data", resolve));
  return {
    socket,
    gone,
    bytes: () => Buffer.concat(read),
    say: (message) => void socket.write(frame(Buffer.from(JSON.stringify(message)))),
  };
}
