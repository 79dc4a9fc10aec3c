import { hashKey } from "./keys.js";
import { cookiesOf, type Principal } from "./authenticate.js";

/** Holds a visitor's token. Scripts cannot read it, and other sites cannot send it. */
export const VISITOR_COOKIE = "attune_visitor";

/** Where the cookie goes, and whether over TLS alone. */
export interface CookiePlace {
  basePath: string;
  secure: boolean;
}

/** An empty value takes it away. */
export function visitorCookie(value: string, maxAgeMs: number, { basePath, secure }: CookiePlace): string {
  const age = Math.max(0, Math.floor(maxAgeMs / 1000));
  return `${VISITOR_COOKIE}=${value}; Path=${basePath}/api/v1/behavioral; Max-Age=${age}; HttpOnly; SameSite=Strict${secure ? "; Secure" : ""}`;
}

/** Reads a token; null for one that is not valid here. */
export type ReadToken = (token: string) => Promise<{ site: string; visitorId: string } | null>;

/** The visitor whose token a request carries; null where it carries none that holds. */
export async function visitorOf(request: Request, read: ReadToken): Promise<Principal | null> {
  // Whoever can plant a cookie of this name beside the real one must not keep its owner out.
  for (const token of cookiesOf(request, VISITOR_COOKIE)) {
    const found = await read(token);
    if (found === null) continue;
    const { site, visitorId } = found;
    return { kind: "visitor", id: hashKey(visitorId).slice(0, 16), site, visitorId, active: () => true };
  }
  return null;
}
