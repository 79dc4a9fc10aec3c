import { AttuneError } from "../kernel/errors.js";
import { openChannel, type PageChannel } from "./open-channel.js";
import type { Cancellation, DeviceNetwork, QueueItem, SendOutcome } from "../ports/environment.js";

/** What survives the page shares 65,536 bytes in every browser (Fetch standard, keepalive); a little is left for the host. */
const KEEPALIVE_BYTES = 60 * 1024;
const TIMEOUT_MS = 15_000;
/** A page of the device that is told to wait tells the others so, for an hour at most. */
const WAIT_MAX_MS = 3_600_000;

/** From here on a batch is compressed: events are alike, so that some 80 % are saved, and less is not worth the time. */
const PACK_BYTES = 4096;

interface Call {
  body?: string | ArrayBuffer;
  headers?: Record<string, string>;
  keepalive?: boolean;
  credentials?: RequestCredentials;
}

/** `Retry-After` (RFC 9110 §10.2.3) in ms from now: seconds or a date. */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (!header) return undefined;
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return ms >= 0 ? ms : undefined;
}

/** The front of a list that fits a number of bytes as JSON in UTF-8. */
function fitting(items: readonly QueueItem[], bytes: number): readonly QueueItem[] {
  let used = 200;
  let count = 0;
  for (const item of items) {
    used += new TextEncoder().encode(JSON.stringify(item.body)).length + 1;
    if (used > bytes) break;
    count++;
  }
  return items.slice(0, count);
}

/** Compressed; null where this browser cannot. */
async function packed(text: string): Promise<ArrayBuffer | null> {
  if (typeof CompressionStream === "undefined") return null;
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/** Whether an answer may be about how the body came rather than about what was in it. */
const mayMindPacking = ({ status }: Response): boolean => [400, 415, 422, 501].includes(status);

/** Whether the endpoint is the page's own server, where no permission is needed for cookies. */
const isOwnOrigin = (base: string): boolean =>
  typeof location !== "undefined" && new URL(base, location.href).origin === location.origin;

/** Whether the endpoint is one of the site's own subdomains, as the host names their common domain for its cookies. */
function isWithin(base: string, domain: string | undefined): boolean {
  if (!domain || typeof location === "undefined") return false;
  const name = domain.replace(/^\./, "");
  const { hostname } = new URL(base, location.href);
  return hostname === name || hostname.endsWith(`.${name}`);
}

/** What a batch is answered with: by it the page knows that its events were taken. */
interface Receipt {
  accepted?: unknown;
  rejected?: unknown;
}

function rejections(
  { rejected: list }: Receipt,
  items: readonly QueueItem[],
): { id: string; reason: string }[] {
  if (!Array.isArray(list)) return [];
  return (list as { index?: number; errors?: { code?: string; message?: string }[] }[]).flatMap((entry) => {
    const item = items[entry?.index ?? -1];
    return item
      ? [{ id: item.id, reason: String(entry.errors?.[0]?.code ?? entry.errors?.[0]?.message ?? "rejected") }]
      : [];
  });
}

/** What an answer that is no success says: its address without what stands after `?`, status, and the server's own words. */
async function answered(response: Response): Promise<string> {
  const said = (await response.json().catch(() => null)) as { detail?: unknown } | null;
  return `${response.url.split("?")[0]}, status ${response.status}${said?.detail ? `: ${String(said.detail)}` : ""}`;
}

const failed = async (response: Response): Promise<AttuneError> =>
  new AttuneError("ATTUNE_BROWSER_ANSWER", `Not taken: ${await answered(response)}`);

/**
 * Talks to an Attune server by fetch: events and consent by POST, the ruleset by a GET that carries neither cookie nor identifier.
 * A batch counts as delivered where the answer is a JSON object with a number `accepted` or a list `rejected`; after any other it is sent again.
 *
 * @param hint Told why a batch has to wait though nothing is wrong with it: of use to who develops, not to who runs the page.
 * @param domain The site's own, where it has subdomains: an endpoint in it is told of decisions with cookies.
 */
export function browserNetwork(
  endpoint: string,
  writeKey?: string,
  hint: (error: unknown) => void = () => undefined,
  domain?: string,
): DeviceNetwork {
  const base = endpoint.replace(/\/+$/, "");
  const authorization: Record<string, string> = writeKey ? { authorization: `Bearer ${writeKey}` } : {};
  let keptAlive = 0;
  /** What stands before the endpoint, or is it, takes no compressed bodies. */
  let plain = false;
  /** False once the endpoint has answered only without cookies. */
  let mayHoldToken = isWithin(base, domain);
  let channel: PageChannel | null = null;
  /** Until when the endpoint asked another page to wait, epoch ms. */
  let quietUntil = 0;

  async function call(
    path: string,
    signal: Cancellation,
    { body, headers, ...rest }: Call,
  ): Promise<Response> {
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    const timer = setTimeout(abort, TIMEOUT_MS);
    try {
      const response = await fetch(base + path, {
        credentials: "same-origin",
        // Else the browser itself would send the page's address, query and all.
        referrerPolicy: "origin",
        ...rest,
        ...(body === undefined ? {} : { method: "POST", body }),
        headers: {
          ...authorization,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        signal: controller.signal,
      });
      // To its end under the same time-out: an answer that stalls half way must not hold up the queue.
      await response.clone().text().catch(abort);
      return response;
    } catch (cause) {
      throw new AttuneError("ATTUNE_BROWSER_UNREACHABLE", `No answer from ${base + path}.`, { cause });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
  }

  /** What survives the page shares its budget with all else that does. */
  async function callLast(path: string, signal: Cancellation, body: string, more?: Call): Promise<Response> {
    const weight = new TextEncoder().encode(body).length;
    keptAlive += weight;
    try {
      return await call(path, signal, { body, keepalive: true, ...more });
    } finally {
      keptAlive -= weight;
    }
  }

  /**
   * With the cookie by which the server knows whose data it is asked for. Asked of an endpoint of the site's own domain alone: elsewhere the cookie would be none of the site, and each try would be an error in the host's
   * console. Where the endpoint names no such origin, the browser finds that before it posts, and it is told of the decision all the same.
   */
  async function callWithToken(path: string, signal: Cancellation, body: string): Promise<Response> {
    try {
      if (mayHoldToken) return await callLast(path, signal, body, { credentials: "include" });
    } catch (error) {
      if (signal.aborted || isOwnOrigin(base)) throw error;
    }
    const response = await callLast(path, signal, body);
    mayHoldToken = false;
    return response;
  }

  async function callPacked(path: string, signal: Cancellation, body: string): Promise<Response> {
    const small = plain || body.length < PACK_BYTES ? null : await packed(body).catch(() => null);
    if (!small) return call(path, signal, { body });
    const headers = { "content-encoding": "gzip" };
    const response = await call(path, signal, { body: small, headers });
    if (!mayMindPacking(response)) return response;
    const again = await call(path, signal, { body });
    plain = again.ok;
    return again;
  }

  async function outcome(response: Response, items: readonly QueueItem[]): Promise<SendOutcome> {
    const { status } = response;
    if (response.ok) {
      const answer = (await response.json().catch(() => null)) as Receipt | null;
      // A captive portal and a host's fallback page answer 200 as well, and have taken nothing.
      if (typeof answer?.accepted === "number" || Array.isArray(answer?.rejected))
        return { status: "done", taken: items.length, rejected: rejections(answer, items) };
    }
    if (status === 401 || status === 403)
      return { status: "refused", code: status, detail: await answered(response) };
    // What stands between may answer 400 too, and then the events are not to blame.
    const judged = response.headers.get("content-type")?.includes("problem+json");
    if (status === 413 || (judged && (status === 400 || status === 422))) return { status: "too-large" };
    hint(await failed(response));
    const afterMs = retryAfter(response.headers.get("retry-after"), Date.now());
    if (afterMs === undefined) return { status: "retry" };
    channel?.post(Date.now() + Math.min(afterMs, WAIT_MAX_MS));
    return { status: "retry", afterMs };
  }

  return {
    async send(all, { last, signal }) {
      // The device knows of it too, but a page that goes away has no time to read it there, and another may not be allowed to.
      const afterMs = quietUntil - Date.now();
      if (afterMs > 0 && afterMs <= WAIT_MAX_MS) return { status: "retry", afterMs };
      const items = last ? fitting(all, KEEPALIVE_BYTES - keptAlive) : all;
      if (items.length === 0) return { status: "retry" };
      const body = JSON.stringify({ sentAt: Date.now(), events: items.map((item) => item.body) });
      const send = last ? callLast : callPacked;
      try {
        return await outcome(await send("/api/v1/behavioral/batch", signal, body), items);
      } catch (error) {
        // Offline, blocked, timed out or aborted: all the same to the queue.
        if (!signal.aborted) hint(error);
        return { status: "retry" };
      }
    },

    async sendConsent({ visitorId, record }, signal) {
      const { grants, decidedAt, source, policyVersion, region } = record as {
        grants: Record<string, boolean>;
        decidedAt: number;
        source: string;
        policyVersion: string;
        region: string | null;
      };
      const any = Object.keys(grants).some((purpose) => purpose !== "necessary" && grants[purpose]);
      const body = JSON.stringify({
        visitorId,
        consentType: "granular",
        consentStatus: any ? "granted" : "withdrawn",
        consentDate: decidedAt,
        consentSource: source,
        granularConsent: grants,
        policyVersion,
        region,
      });
      const response = await callWithToken("/api/v1/behavioral/consent", signal, body);
      if (!response.ok) throw await failed(response);
    },

    async fetchRuleset(known, signal) {
      const response = await call("/api/v1/ruleset", signal, {
        credentials: "omit",
        ...(known === null ? {} : { headers: { "if-none-match": `"${known}"` } }),
      });
      if (response.status === 304) return null;
      if (!response.ok) throw await failed(response);
      return (await response.json()) as unknown;
    },

    onHide(listener) {
      const hidden = (): void => {
        if (document.visibilityState === "hidden") listener(false);
      };
      const leaves = (): void => listener(true);
      document.addEventListener("visibilitychange", hidden);
      addEventListener("pagehide", leaves);
      // Without one a page learns of a wait by its own requests.
      channel = openChannel(`attune-wait ${base}`, (until) => {
        quietUntil = Number(until);
      });
      return () => {
        channel?.close();
        channel = null;
        document.removeEventListener("visibilitychange", hidden);
        removeEventListener("pagehide", leaves);
      };
    },
  };
}
