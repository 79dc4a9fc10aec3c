/** What a fault proxy needs of `node:net`: hand in the module itself. Described here, since core knows no platform. */
export interface NetModule {
  createServer(options: { allowHalfOpen: boolean }, listener: (socket: NetSocket) => void): NetServer;
  connect(options: { host: string; port: number; allowHalfOpen: boolean }): NetSocket;
}

export interface NetServer {
  listen(options: { host: string; port: number }, listening: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  address(): { port: number } | string | null;
  close(): unknown;
}

export interface NetSocket {
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "end" | "close" | "drain" | "error", listener: () => void): unknown;
  write(chunk: Uint8Array): boolean;
  end(): unknown;
  destroy(): unknown;
  /** Closes with RST: the other side reads ECONNRESET. */
  resetAndDestroy(): unknown;
  pause(): unknown;
  resume(): unknown;
  setNoDelay(noDelay: boolean): unknown;
}

/** `request`: from client to server. `answer`: from server to client. */
export type FaultDirection = "request" | "answer";

/** A fault of a stream of bytes. `times`: after striking so often it is cleared by itself (default: never). */
export type Fault =
  /** Bytes arrive later by `ms` and up to `jitterMs` more, each piece by its own, in order. */
  | { type: "latency"; ms: number; jitterMs?: number }
  /** So many bytes a second and no more. */
  | { type: "throttle"; bytesPerSecond: number }
  /** Nothing arrives and nobody is told, as in a partitioned network; what was held arrives when the fault is cleared. */
  | { type: "black-hole" }
  /** After so many more bytes both sides are reset. */
  | { type: "reset"; afterBytes: number; times?: number }
  /** After so many more bytes the stream ends as if that were all; the rest is lost and the other side is closed. */
  | { type: "truncate"; afterBytes: number; times?: number }
  /** New connections are refused (ECONNREFUSED); those that are there stay. */
  | { type: "refuse" }
  /**
   * A request reaches the server, its answer is thrown away and the client's connection reset: done, and nobody knows. Strikes at the
   * next request, or at the next whose bytes `request` finds, which is asked piece by piece as they come.
   */
  | { type: "commit-then-drop"; request?(bytes: Uint8Array): boolean; times?: number };

export interface FaultPlace {
  /** Default: both, where the fault can be in both. */
  direction?: FaultDirection;
  /** The id of one connection (default: all, those to come too). */
  connection?: number;
}

export interface ActiveFault<F extends Fault = Fault> {
  readonly fault: F;
  readonly place: FaultPlace;
  /** How often it has struck. */
  strikes: number;
  /** What passed since it was set, by connection and direction; for those that count. */
  readonly passed: Map<string, number>;
}
