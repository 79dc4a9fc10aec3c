import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { AttuneError } from "@attune/core";
import type { InfluxAnswer } from "./query.js";

/** InfluxDB 1.x. */
export interface InfluxV1 {
  /** Must exist; its default retention policy is written to. */
  database: string;
  username?: string;
  password?: string;
}

/**
 * InfluxDB 2.x. The bucket is queried as the database of its name, which 2.4 and newer map by themselves; in older ones
 * make a DBRP mapping.
 */
export interface InfluxV2 {
  org: string;
  bucket: string;
  token: string;
}

export interface ConnectionOptions {
  /** Of the server, e.g. `http://127.0.0.1:8086`; a path in it is kept. */
  url: string;
  target: InfluxV1 | InfluxV2;
  fetch: typeof fetch;
  /** How often a request is sent again after the server was away or busy. */
  retries: number;
  /** Of one request, ms. */
  timeoutMs: number;
}

export interface InfluxConnection {
  /** Lines with times in ms. A refusal is `ATTUNE_SERIES_REFUSED`. */
  write(lines: string): Promise<void>;
  query(statement: string): Promise<InfluxAnswer>;
  /** Deletes all points up to the time, it included. */
  remove(upToMs: number): Promise<void>;
}

const zip = promisify(gzip);
/** Below this a packet is a packet. */
const ZIP_FROM_BYTES = 1400;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 5000;

interface Request {
  path: string;
  params: Record<string, string>;
  body: string | Buffer;
  headers?: Record<string, string>;
}

/** The four requests that a series needs, with their retries. All of them may be repeated without harm. */
export function influxConnection(options: ConnectionOptions): InfluxConnection {
  const { target } = options;
  const send = (request: Request): Promise<string> => sendPatiently(options, request);
  const ask = async (statement: string): Promise<InfluxAnswer> => {
    const params = { db: "org" in target ? target.bucket : target.database, epoch: "ms" };
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const body = new URLSearchParams({ q: statement }).toString();
    const answer = answerOf(await send({ path: "/query", params, body, headers }));
    const error = answer.error ?? answer.results?.find((result) => result.error !== undefined)?.error;
    if (error !== undefined) throw refused(200, error);
    if (answer.results?.some((result) => result.partial ?? result.series?.some(({ partial }) => partial)))
      throw refused(200, "the answer was cut off: ask for longer windows, or raise max-row-limit");
    return answer;
  };
  return {
    async write(lines) {
      const path = "org" in target ? "/api/v2/write" : "/write";
      const place: Record<string, string> =
        "org" in target ? { org: target.org, bucket: target.bucket } : { db: target.database };
      const isLong = Buffer.byteLength(lines) >= ZIP_FROM_BYTES;
      const headers = {
        "content-type": "text/plain; charset=utf-8",
        ...(isLong && { "content-encoding": "gzip" }),
      };
      const body = isLong ? await zip(lines) : lines;
      await send({ path, params: { ...place, precision: "ms" }, body, headers });
    },
    query: ask,
    async remove(upToMs) {
      if (!("org" in target)) {
        await ask(`DELETE WHERE time <= ${upToMs}ms`);
        return;
      }
      const range = { start: "1677-09-22T00:00:00Z", stop: new Date(upToMs).toISOString() };
      await send({
        path: "/api/v2/delete",
        params: { org: target.org, bucket: target.bucket },
        body: JSON.stringify(range),
        headers: { "content-type": "application/json" },
      });
    },
  };
}

function answerOf(text: string): InfluxAnswer {
  try {
    return JSON.parse(text) as InfluxAnswer;
  } catch {
    // Of a proxy, say, that asks for a login.
    throw refused(200, text);
  }
}

async function sendPatiently(options: ConnectionOptions, request: Request): Promise<string> {
  for (let failures = 0; ; failures++) {
    const outcome = await sendOnce(options, request).catch((cause: unknown) => ({
      cause,
      status: 0,
      retryAfterMs: 0,
    }));
    if ("text" in outcome) {
      if (outcome.status < 400) return outcome.text;
      if (outcome.status < 500 && outcome.status !== 429) throw refused(outcome.status, outcome.text);
    }
    if (failures >= options.retries) {
      throw new AttuneError(
        "ATTUNE_SERIES_UNAVAILABLE",
        `InfluxDB did not answer, or was too busy (status ${outcome.status}), retries included. Do it again later.`,
        { cause: "text" in outcome ? new Error(outcome.text) : outcome.cause },
      );
    }
    const backOff = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures);
    await pause(Math.max(backOff, outcome.retryAfterMs));
  }
}

interface Outcome {
  status: number;
  text: string;
  retryAfterMs: number;
}

async function sendOnce(
  options: ConnectionOptions,
  { path, params, body, headers }: Request,
): Promise<Outcome> {
  const { url, target, timeoutMs, fetch: request } = options;
  const address = `${url.replace(/\/+$/, "")}${path}?${new URLSearchParams(params).toString()}`;
  const answer = await request(address, {
    method: "POST",
    headers: { ...authorization(target), ...headers },
    body: typeof body === "string" ? body : new Uint8Array(body),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const seconds = Number(answer.headers.get("retry-after") ?? 0);
  const retryAfterMs = Number.isFinite(seconds) ? Math.min(30_000, seconds * 1000) : 0;
  return { status: answer.status, text: await answer.text(), retryAfterMs };
}

function authorization(target: InfluxV1 | InfluxV2): Record<string, string> {
  if ("org" in target) return { authorization: `Token ${target.token}` };
  const { username, password } = target;
  if (username === undefined || password === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
}

/** What the server said stands in the cause: it may repeat names and values. */
const refused = (status: number, said: string): AttuneError =>
  new AttuneError(
    "ATTUNE_SERIES_REFUSED",
    `InfluxDB refused the request (status ${status}). The cause holds what it said; mostly the database is missing, the credentials are wrong, a field has another type, or something else answers at its address.`,
    { cause: new Error(said) },
  );
