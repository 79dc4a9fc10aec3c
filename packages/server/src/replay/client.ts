import { setMaxListeners } from "node:events";
import http from "node:http";
import https from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { AttuneError } from "@attune/core";
import { PURPOSES } from "@attune/core/consent";
import type { SiteSummary } from "@attune/core/service";

export interface BatchAnswer {
  accepted: number;
  duplicates: number | null;
  withheld: number;
  rejected: readonly {
    index: number;
    eventId?: string;
    errors: readonly { path: string; code: string; message: string }[];
  }[];
}

/** The calls that a replay makes, over HTTP with connections kept open. */
export interface ReplayClient {
  batch(events: readonly unknown[]): Promise<BatchAnswer>;
  /** All slots, as a page asks for them. */
  decide(visitor: { id: string; purposes: readonly string[] }): Promise<void>;
  /** Null where the key may not read. */
  summary(): Promise<SiteSummary | null>;
  /** Ends what is under way; nothing is sent again from then on. */
  close(): void;
}

export interface ClientOptions {
  url: string;
  key: string;
  connections: number;
  /** How long the server may wait for the fold of a batch before it answers, ms. */
  waitMs: number;
  /** How long it may be silent beyond that before it is asked again, ms (default 30,000). */
  answerMs?: number;
}

interface Answer {
  status: number;
  retryAfter: string | undefined;
  body: string;
}

const ATTEMPTS = 6;
const MAX_PAUSE_MS = 30_000;

export function createClient(options: ClientOptions): ReplayClient {
  const { url, key, connections, waitMs, answerMs = 30_000 } = options;
  const base = url.replace(/\/+$/, "");
  const { Agent, request } = base.startsWith("https:") ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const batchUrl = new URL(`${base}/api/v1/behavioral/batch?wait=${waitMs}`);
  const decisionsUrl = new URL(`${base}/api/v1/decisions`);
  const summaryUrl = new URL(`${base}/api/sessions/metrics`);

  const ended = new AbortController();
  // Each connection may be waiting for its next attempt.
  setMaxListeners(connections, ended.signal);

  const call = (target: URL, method: string, body?: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${key}`,
        ...(body === undefined
          ? {}
          : { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) }),
      };
      const timeout = waitMs + answerMs;
      const outgoing = request(target, { method, agent, headers, timeout }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            retryAfter: response.headers["retry-after"],
            body: Buffer.concat(chunks).toString("utf8"),
          }),
        );
      });
      outgoing.on("error", reject);
      outgoing.on("timeout", () => outgoing.destroy(new Error("The server is silent.")));
      outgoing.end(body);
    });

  const unreachable = (cause: unknown): AttuneError =>
    new AttuneError("ATTUNE_REPLAY_UNREACHABLE", "The server cannot be reached; check --url.", { cause });

  /** An address that nobody has ever answered at is more likely wrong than busy. */
  let hasAnswered = false;

  /** Events carry their ids, so a batch may be sent again whatever became of it; and what only asks may be anyway. */
  async function persist(target: URL, method: "GET" | "POST", body?: string): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const answer = await call(target, method, body).catch((cause: unknown) => {
        if (hasAnswered && attempt < ATTEMPTS && !ended.signal.aborted) return null;
        throw unreachable(cause);
      });
      hasAnswered = true;
      if (answer && answer.status !== 429 && answer.status !== 503) return answer;
      if (attempt >= ATTEMPTS)
        throw new AttuneError("ATTUNE_REPLAY_BUSY", "The server keeps refusing for now; replay again later.");
      const asked = Number(answer?.retryAfter) * 1000;
      const pause = Math.min(Number.isFinite(asked) ? asked : 250 * 2 ** attempt, MAX_PAUSE_MS);
      await sleep(pause, undefined, { signal: ended.signal });
    }
  }

  const refused = (what: string, { status, body }: Answer): AttuneError => {
    const cure = status === 413 ? " Send fewer events in one request: --batch." : "";
    return new AttuneError(
      "ATTUNE_REPLAY_REFUSED",
      `The server answered ${what} with ${status} (${codeIn(body)}).${cure}`,
    );
  };

  return {
    async batch(events) {
      const answer = await persist(batchUrl, "POST", JSON.stringify(events));
      if (answer.status >= 200 && answer.status < 300) return read(answer.body, isBatchAnswer);
      throw refused("a batch", answer);
    },
    async decide({ id, purposes }) {
      const consent = Object.fromEntries(
        PURPOSES.map((purpose) => [purpose, purpose === "necessary" || purposes.includes(purpose)]),
      );
      const answer = await persist(decisionsUrl, "POST", JSON.stringify({ visitor: { id, consent } }));
      if (answer.status !== 200) throw refused("a request for decisions", answer);
    },
    async summary() {
      const answer = await persist(summaryUrl, "GET");
      if (answer.status === 200) return read(answer.body, isSummary);
      if (answer.status === 403) return null;
      throw refused("a request for the totals", answer);
    },
    close() {
      ended.abort();
      agent.destroy();
    },
  };
}

const isBatchAnswer = (value: Partial<BatchAnswer> | null): value is BatchAnswer =>
  typeof value?.accepted === "number" && Array.isArray(value.rejected);
const isSummary = (value: Partial<SiteSummary> | null): value is SiteSummary =>
  typeof value?.events === "number";

/** Whatever is not Attune may answer 200 as well, with a page or with JSON of its own. */
function read<T>(body: string, isRight: (value: Partial<T> | null) => value is T & Partial<T>): T {
  let cause: unknown;
  try {
    const value = JSON.parse(body) as Partial<T> | null;
    if (isRight(value)) return value;
  } catch (error) {
    cause = error;
  }
  const message = "The server does not answer as Attune does; check --url.";
  throw new AttuneError("ATTUNE_REPLAY_REFUSED", message, { cause });
}

function codeIn(body: string): string {
  try {
    return String((JSON.parse(body) as { type?: unknown }).type);
  } catch {
    return "no problem document";
  }
}
