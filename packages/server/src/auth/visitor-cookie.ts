import { tokenCookie } from "@attune/core/policy";
import { hashKey } from "./keys.js";
import { cookiesOf, type Principal } from "./authenticate.js";

export type VisitorPrincipal = Principal & { kind: "visitor" };

/** Where the cookie goes, and whether over TLS alone. */
export interface CookiePlace {
  basePath: string;
  secure: boolean;
}

/** Sets a visitor's token. Scripts cannot read it, and other sites of the web cannot send it. An empty value takes it away. */
export function visitorCookie(
  site: string,
  value: string,
  maxAgeMs: number,
  { basePath, secure }: CookiePlace,
): string {
  const age = Math.max(0, Math.floor(maxAgeMs / 1000));
  return `${tokenCookie(site)}=${value}; Path=${basePath}/api/v1/behavioral; Max-Age=${age}; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}`;
}

/** Reads a site's token; null for one that is not valid there. */
export type ReadToken = (token: string, site: string) => Promise<{ visitorId: string } | null>;

/** The visitors whose tokens a request carries, one of each site at most: pages of several sites may share a registrable domain. */
export async function visitorsOf(
  request: Request,
  sites: readonly string[],
  read: ReadToken,
): Promise<VisitorPrincipal[]> {
  if (!request.headers.has("cookie")) return [];
  const found: VisitorPrincipal[] = [];
  for (const site of sites) {
    // Whoever can plant a cookie of this name beside the real one must not keep its owner out.
    for (const token of cookiesOf(request, tokenCookie(site))) {
      const visitorId = (await read(token, site))?.visitorId;
      if (visitorId === undefined) continue;
      const id = hashKey(visitorId).slice(0, 16);
      found.push({ kind: "visitor", id, site, visitorId, active: () => true });
      break;
    }
  }
  return found;
}
