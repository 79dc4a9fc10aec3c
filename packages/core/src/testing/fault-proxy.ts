import { AttuneError } from "../kernel/errors.js";
import { type RandomSource, seededRandom } from "../kernel/random.js";
import { startPipe } from "./fault-pipe.js";
import { type FaultSet, faultSet } from "./fault-set.js";
import type { Fault, FaultDirection, FaultPlace, NetModule, NetServer, NetSocket } from "./fault-types.js";

export interface FaultProxyOptions {
  /** The module `node:net`. */
  net: NetModule;
  /** The real server. */
  target: { host: string; port: number };
  /** Where the proxy listens (default: 127.0.0.1, a free port). */
  host?: string;
  port?: number;
  /** Of the jitter (default 1). */
  seed?: number;
}

export interface ProxyConnection {
  /** 1 for the first that was accepted, and so on. */
  readonly id: number;
  /** Bytes that were passed on so far. */
  readonly bytes: Readonly<Record<FaultDirection, number>>;
}

export interface FaultProxy {
  readonly host: string;
  readonly port: number;
  /** Sets a fault, beside those that are set; one of the same type and place is replaced. Holds for what arrives from now on. */
  set(fault: Fault, place?: FaultPlace): Promise<void>;
  /** Takes the faults of a type (default: all) away; what they held arrives. */
  clear(type?: Fault["type"], place?: FaultPlace): Promise<void>;
  /** Those that are open, oldest first. */
  connections(): readonly ProxyConnection[];
  /** How often a fault of the type has struck: connections that were reset, truncated, or lost their answer. */
  strikes(type: "reset" | "truncate" | "commit-then-drop"): number;
  /** Ends all connections and listens no more. */
  close(): Promise<void>;
}

/**
 * A TCP proxy between a client and the real server, whose faults are switched on and off while both run: late, slow, held, cut, reset and
 * refused, and the answer that is lost after the server has done what was asked. Bytes are never changed or reordered.
 *
 * ```ts
 * const proxy = await createFaultProxy({ net: await import("node:net"), target: { host: "127.0.0.1", port: 6379 } });
 * await proxy.set({ type: "commit-then-drop", times: 1 });
 * ```
 *
 * @throws AttuneError `ATTUNE_TESTING_PROXY` where it cannot listen.
 */
export async function createFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { net, target, host = "127.0.0.1", seed = 1 } = options;
  const faults = faultSet();
  const random = seededRandom(seed);
  const open = new Map<number, Connection>();
  const strikes = { reset: 0, truncate: 0, "commit-then-drop": 0 };
  let accepted = 0;

  const accept = (client: NetSocket): void => {
    const id = ++accepted;
    const server = net.connect({ ...target, allowHalfOpen: true });
    const connection = connect({ id, client, server, faults, random }, (type) => strikes[type]++);
    open.set(id, connection);
    void connection.closed.then(() => open.delete(id));
  };
  const listen = (port: number): Promise<NetServer> => listening(net, accept, { host, port });

  let server: NetServer | null = await listen(options.port ?? 0);
  const port = (server.address() as { port: number }).port;
  /** Listens, or does not, as the faults say. */
  const settle = async (): Promise<void> => {
    if (faults.has("refuse")) {
      server?.close();
      server = null;
    } else server ??= await listen(port);
  };

  return {
    host,
    port,
    async set(fault, place = {}) {
      faults.set(fault, place);
      await settle();
    },
    async clear(type, place) {
      faults.clear(type, place);
      await settle();
    },
    connections: () => [...open.values()].map(({ id, bytes }) => ({ id, bytes: { ...bytes } })),
    strikes: (type) => strikes[type],
    async close() {
      server?.close();
      server = null;
      const all = [...open.values()];
      for (const connection of all) connection.destroy();
      faults.wake();
      await Promise.all(all.map(({ closed }) => closed));
    },
  };
}

/** The server under the proxy is told of connections that the proxy's client has made; rejects where the port is taken. */
function listening(
  net: NetModule,
  accept: (socket: NetSocket) => void,
  at: { host: string; port: number },
): Promise<NetServer> {
  return new Promise((resolve, reject) => {
    const server = net.createServer({ allowHalfOpen: true }, accept);
    server.on("error", (cause) => {
      const message = `The proxy cannot listen on ${at.host}:${at.port}. Give it another port, or none.`;
      reject(new AttuneError("ATTUNE_TESTING_PROXY", message, { cause }));
    });
    server.listen(at, () => resolve(server));
  });
}

interface Connection {
  id: number;
  bytes: Record<FaultDirection, number>;
  destroy(): void;
  /** Resolves when both sockets are gone. */
  closed: Promise<unknown>;
}

interface Ends {
  id: number;
  client: NetSocket;
  server: NetSocket;
  faults: FaultSet;
  random: RandomSource;
}

type Struck = (type: "reset" | "truncate" | "commit-then-drop") => void;

function connect({ id, client, server, faults, random }: Ends, struck: Struck): Connection {
  const bytes = { request: 0, answer: 0 };
  let isOver = false;
  /** The fault that met a request which has gone through: its answer is to be lost. */
  let doomedBy: unknown;

  const finish = (end: () => void): void => {
    isOver = true;
    end();
    faults.wake();
  };
  const reset = (): void =>
    finish(() => {
      client.resetAndDestroy();
      server.resetAndDestroy();
    });

  /** Whether bytes may pass: not the answer to a request that is to be done and never heard of. */
  const admit = (direction: FaultDirection, chunk: Uint8Array): boolean => {
    // It concerns both directions, whichever it was set for.
    const loss =
      faults.find("commit-then-drop", { connection: id, direction }) ??
      faults.find("commit-then-drop", {
        connection: id,
        direction: direction === "request" ? "answer" : "request",
      });
    if (loss === undefined) return true;
    if (direction === "request") {
      if (loss.fault.request?.(chunk) ?? true) doomedBy = loss;
    } else if (doomedBy === loss) {
      faults.strike(loss);
      struck("commit-then-drop");
      finish(() => {
        client.resetAndDestroy();
        server.destroy();
      });
      return false;
    }
    return true;
  };

  const gone = [client, server].map(
    (socket) =>
      new Promise<void>((resolve) => {
        socket.setNoDelay(true);
        // What ends one side without a word ends the other; "close" follows.
        socket.on("error", () => isOver || reset());
        socket.on("close", resolve);
      }),
  );
  for (const [direction, from, to] of [
    ["request", client, server],
    ["answer", server, client],
  ] as const) {
    startPipe({
      from,
      to,
      connection: id,
      direction,
      faults,
      random,
      admit: (chunk) => admit(direction, chunk),
      passed: (count) => {
        bytes[direction] += count;
      },
      end(how) {
        struck(how);
        if (how === "reset") reset();
        else
          finish(() => {
            to.end();
            from.destroy();
          });
      },
      isOver: () => isOver,
    });
  }
  return {
    id,
    bytes,
    destroy: () =>
      finish(() => {
        client.destroy();
        server.destroy();
      }),
    closed: Promise.all(gone),
  };
}
