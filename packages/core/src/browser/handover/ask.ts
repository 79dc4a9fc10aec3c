import type { HandoverEndpoint } from "./types.js";

const PATH = "/api/v1/behavioral/handover";

/**
 * What the server answers to a post about a hand-over; null where it refuses, which it does for reasons that are nobody's fault (no consent,
 * a link that is too old). Rejects where there is no answer, or none in time.
 */
export async function ask(
  { endpoint, writeKey }: HandoverEndpoint,
  { path, body, signal, ms }: { path: "" | "/redeem"; body: object; signal?: AbortSignal; ms: number },
): Promise<Record<string, unknown> | null> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort);
  const timer = setTimeout(abort, ms);
  try {
    const response = await fetch(endpoint.replace(/\/+$/, "") + PATH + path, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { authorization: `Bearer ${writeKey}`, "content-type": "application/json" },
      credentials: "omit",
      referrerPolicy: "origin",
      signal: controller.signal,
    });
    return response.ok ? ((await response.json()) as Record<string, unknown>) : null;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
