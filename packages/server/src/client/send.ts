import { ClientError, errorOf } from "./error.js";
import type { ClientOptions, OnceOptions } from "./types.js";

export interface Sent {
  query?: Readonly<Record<string, string | number | undefined>>;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** Must not be sent twice. */
  never?: true;
  /** May be sent twice under one Idempotency-Key. */
  once?: true;
}

export type Send = (method: string, path: string, sent?: Sent, options?: OnceOptions) => Promise<Response>;

const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const FIRST_WAIT_MS = 250;

/** Sends a request, again where that can do no harm, and gives the answer if it is a good one. @throws ClientError, or the signal's reason. */
export function createSend({ url, key, retries = 2, maxWaitMs = 30_000, ...given }: ClientOptions): Send {
  const base = url.replace(/\/+$/, "");
  return async (method, path, { query = {}, body, headers = {}, never, once } = {}, options = {}) => {
    const { signal, idempotencyKey } = options;
    const search = new URLSearchParams();
    for (const name in query) if (query[name] !== undefined) search.set(name, String(query[name]));
    const target = `${base}${path}${search.size > 0 ? `?${search}` : ""}`;
    const init: RequestInit = {
      method,
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(once && { "idempotency-key": idempotencyKey ?? crypto.randomUUID() }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    };
    for (let left = never ? 0 : retries; ; left--) {
      let wait = FIRST_WAIT_MS * 2 ** (retries - left) * (0.5 + chance());
      let failure: ClientError;
      try {
        const response = await (given.fetch ?? fetch)(target, init);
        if (response.ok) return response;
        const asked = Number(response.headers.get("retry-after") ?? Number.NaN);
        if (asked >= 0) wait = asked * 1000;
        failure = await errorOf(response);
        const passing = PASSING.has(response.status) || failure.code === "ATTUNE_SERVER_IDEMPOTENCY_PENDING";
        if (!passing || wait > maxWaitMs) throw failure;
      } catch (cause) {
        if (signal?.aborted || cause instanceof ClientError) throw cause;
        const message = "The server cannot be reached; check the URL and the network.";
        failure = new ClientError(0, { code: "ATTUNE_CLIENT_NETWORK", message, cause });
      }
      if (left <= 0) throw failure;
      await pause(wait, signal);
    }
  };
}

/** In [0, 1): clients that were refused together do not come back together. */
const chance = (): number => (crypto.getRandomValues(new Uint8Array(1))[0] as number) / 256;

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const ended = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", ended);
      resolve();
    }, ms);
    signal?.addEventListener("abort", ended, { once: true });
  });
}
