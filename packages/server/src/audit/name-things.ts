import type { EgressEntry } from "@attune/core/testing";

/** An address of the page's host at which none of its scripts run: what is on the device is looked at from there. No doing of the page. */
export const EMPTY_PAGE = "/attune-audit-empty-page";

/** Whether a host is the page's own: the same, or named as such by the site. */
export const isOwnHost = (host: string, pageHost: string, own: readonly string[]): boolean =>
  host === pageHost || own.includes(host);

/** A thing on the device, with its host where that is another's. */
export const onDevice = (kind: string, name: string, host: string, pageHost: string): string =>
  `${kind}:${name}${host === pageHost ? "" : `@${host}`}`;

/** A request without its query and fragment, which may hold anything. `data:` and `blob:` stay on the machine. */
export function sentTo(method: string, address: string, base: string): string | null {
  let url: URL;
  try {
    url = new URL(address, base);
  } catch {
    return null;
  }
  if (!/^(https?|wss?):$/.test(url.protocol) || url.pathname === EMPTY_PAGE) return null;
  return `${method} ${url.origin}${url.pathname}`;
}

const KINDS: Readonly<Record<string, string>> = {
  "document.cookie": "cookie",
  cookieStore: "cookie",
};

/**
 * What an entry of the recorder was about, as it stands in reports; null for what the browser itself tells better (most requests) or what
 * belongs to something that is told of already (what is put into an opened cache).
 */
export function thingOf(entry: EgressEntry, host: string, pageHost: string): string | null {
  const { kind, api, target, detail } = entry;
  if (kind === "network") return null;
  if (api === "caches" && (kind === "read" || detail !== "open"))
    return kind === "read" ? onDevice("caches", "*", host, pageHost) : null;
  const name = api === "serviceWorker" ? pathOf(target) : target;
  return onDevice(KINDS[api] ?? api, name, host, pageHost);
}

/** Of a script or a scope: its path alone; a relative one stays as it is given. */
export const pathOf = (address: string): string =>
  /^\w+:\/\//.test(address) ? new URL(address).pathname : address;

/** What was kept under the name: of a cookie what stands behind the sign, up to its attributes. */
export const valueOf = ({ api, detail }: Pick<EgressEntry, "api" | "detail">): string =>
  api === "document.cookie" ? (/=([^;]*)/.exec(detail)?.[1] ?? "") : detail;
