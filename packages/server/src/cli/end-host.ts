import type { Server } from "node:http";
import { AttuneError } from "@attune/core";
import type { FetchHandler, Peer } from "@attune/server-adapters/node";
import { problem } from "../http/problem.js";
import type { AttuneServer } from "../types.js";
import type { OpenedPorts } from "./ports/open-ports.js";

/** Lets requests through to a handler until it is closed. */
interface Gate {
  fetch: FetchHandler;
  /** New requests are answered with 503 from now on; resolves when those that had begun have their answers. */
  close(): Promise<void>;
}

export function createGate(handler: FetchHandler): Gate {
  let underWay = 0;
  let closed = false;
  let emptied = (): void => undefined;
  const empty = new Promise<void>((resolve) => {
    emptied = resolve;
  });
  const gated = async (request: Request, peer?: Peer): Promise<Response> => {
    if (closed) return endingAnswer();
    underWay += 1;
    try {
      return await handler(request, peer);
    } finally {
      underWay -= 1;
      if (closed && underWay === 0) emptied();
    }
  };
  return {
    fetch: Object.assign(gated, { readsPlainly: handler.readsPlainly }),
    close() {
      closed = true;
      if (underWay === 0) emptied();
      return empty;
    },
  };
}

interface Running {
  gate: Gate;
  /** Whether events are folded here. What others fold is not waited for. */
  folds: boolean;
  listener: Server;
  server: AttuneServer;
  ports: OpenedPorts;
  report(error: unknown): void;
}

/** Of the time to settle: a body that never comes must not take all of it. */
const REQUESTS_SHARE = 0.5;
/** Whoever has not taken an answer by then does not read it, ms. */
const SENDING_MS = 1000;
/** How long the batch at hand may take, and whatever else has to be asked for a last time, ms. */
const CLOSING_MS = 5000;
/** How long systems may take to let go; together with all of the above this stays below the 30 s after which processes are killed. */
const PORTS_MS = 10_000;

/**
 * Closes everything, whatever becomes of it on the way: neither a log nor a system that does not answer may keep the process from ending.
 *
 * @param settleMs How long requests that had begun (half of it at most) and the fold are waited for.
 * @returns Whether all that was acknowledged was folded by then.
 */
export async function endAll(running: Running, settleMs: number): Promise<boolean> {
  const { gate, folds, listener, server, ports, report } = running;
  const until = performance.now() + settleMs;
  server.closeSockets();
  await inTime(gate.close(), settleMs * REQUESTS_SHARE);
  const folded = folds ? server.service.settled() : Promise.resolve();
  const settled = await inTime(folded, until - performance.now()).catch((error: unknown) => {
    report(error);
    return false;
  });
  const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
  try {
    if (!(await inTime(server.close(), CLOSING_MS))) report(cutOff(CLOSING_MS));
    await inTime(sent(listener, closed), SENDING_MS);
  } finally {
    listener.closeAllConnections();
    await closed;
    if (!(await inTime(ports.close(), PORTS_MS))) report(cutOff(PORTS_MS));
  }
  return settled;
}

const IDLE_EVERY_MS = 20;

/** When the last answer has gone out: connections that are kept open for further requests are closed as they become free. */
async function sent(listener: Server, closed: Promise<void>): Promise<void> {
  const closing = setInterval(() => listener.closeIdleConnections(), IDLE_EVERY_MS);
  await closed;
  clearInterval(closing);
}

const cutOff = (ms: number): AttuneError =>
  new AttuneError(
    "ATTUNE_SERVER_CUT_OFF",
    `Not everything ended within ${ms / 1000} s, so its connections are cut. What was acknowledged is in the log. See that the systems of the configuration answer: attune doctor.`,
  );

const endingAnswer = (): Response =>
  problem({
    status: 503,
    code: "ATTUNE_SERVER_ENDING",
    detail: "This server is ending; send the same again later.",
    headers: { connection: "close", "retry-after": "5" },
  });

/** Whether the work was done before the time was up. */
async function inTime(work: Promise<void>, ms: number): Promise<boolean> {
  if (ms === Number.POSITIVE_INFINITY) return work.then(() => true);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
