import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { type ISocketFactory, Kafka, logLevel } from "kafkajs";

/** Of Kafka's protocol: which request it is. */
export const PRODUCE = 0;

/**
 * A TCP proxy between a client and the brokers that understands frames: it counts requests and can lose the answer to
 * one together with its connection, after the broker has done what was asked.
 */
export interface KafkaProxy {
  /** A client that reaches all brokers through the proxy. */
  client(brokers: string[]): Kafka;
  /** Requests seen, by kind. */
  seen(kind: number): number;
  /** Loses the next so many answers to requests of the kind. */
  loseAnswers(kind: number, count: number): void;
  /** Cuts all connections and refuses new ones for so long, ms. */
  away(ms: number): Promise<void>;
  /** Answers lost so far. */
  lost(): number;
  close(): Promise<void>;
}

export async function kafkaProxy(): Promise<KafkaProxy> {
  const seen = new Map<number, number>();
  const toLose = new Map<number, number>();
  const open = new Set<Socket>();
  let lost = 0;
  let isAway = false;

  const isLost = (kind: number | undefined): boolean => {
    const left = kind === undefined ? 0 : (toLose.get(kind) ?? 0);
    if (kind === undefined || left === 0) return false;
    toLose.set(kind, left - 1);
    lost++;
    return true;
  };
  /** The first line names the broker; then frames both ways. */
  const serve = (client: Socket): void => {
    if (isAway) {
      client.destroy();
      return;
    }
    let broker: Socket | null = null;
    const kinds = new Map<number, number>();
    const fromClient = frames((frame) => {
      const kind = frame.readInt16BE(4);
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
      kinds.set(frame.readInt32BE(8), kind);
      broker?.write(frame);
    });
    const fromBroker = frames((frame) => {
      const id = frame.readInt32BE(4);
      if (!isLost(kinds.get(id))) client.write(frame);
      else for (const socket of [client, broker]) socket?.destroy();
    });
    client.on("data", (chunk: Buffer) => {
      if (broker !== null) return fromClient(chunk);
      const end = chunk.indexOf(10);
      const [host = "", port] = chunk.subarray(0, end).toString().split(":");
      broker = connect(Number(port), host);
      open.add(broker);
      broker.on("data", fromBroker);
      broker.on("error", () => client.destroy());
      broker.on("close", () => client.destroy());
      fromClient(chunk.subarray(end + 1));
    });
    open.add(client);
    client.on("error", () => broker?.destroy());
    client.on("close", () => broker?.destroy());
  };

  const server = createServer(serve).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: proxyPort } = server.address() as { port: number };
  const socketFactory: ISocketFactory = ({ host, port, onConnect }) => {
    const socket = connect(proxyPort, "127.0.0.1", onConnect);
    // At once, not when connected: kafkajs may have written before that.
    socket.write(`${host}:${port}\n`);
    return socket;
  };
  return {
    client: (brokers) =>
      new Kafka({ brokers, clientId: "attune-test", logLevel: logLevel.NOTHING, socketFactory }),
    seen: (kind) => seen.get(kind) ?? 0,
    loseAnswers: (kind, count) => void toLose.set(kind, count),
    async away(ms) {
      isAway = true;
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => setTimeout(resolve, ms));
      isAway = false;
    },
    lost: () => lost,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Cuts a stream into frames: four bytes of length, then so many bytes. */
function frames(take: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0);
      take(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  };
}
