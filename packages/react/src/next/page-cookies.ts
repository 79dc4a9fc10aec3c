import { readCookie } from "../server/read-cookie.js";

/** What browsers keep a cookie for at most, with room to spare, in seconds; as the page writes it. */
const MAX_AGE = 395 * 86_400;

/** A request's `Cookie` header with one cookie set anew, or taken away; null where nothing is left. */
export function withCookie(header: string, name: string, value: string | null): string | null {
  const others = header
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair !== "" && pair.slice(0, pair.indexOf("=")).trim() !== name);
  return [...others, ...(value === null ? [] : [`${name}=${value}`])].join("; ") || null;
}

/** A visitor's id as the page takes it; null for anything else. */
export function visitorIn(header: string, name: string): string | null {
  const id = readCookie(header, name);
  return id !== null && /^[\w.~-]{1,128}$/.test(id) ? id : null;
}

/** The cookie that the page itself would write: readable by it, for this site alone. */
export const visitorCookie = (
  name: string,
  id: string,
  { domain, secure }: { domain: string | undefined; secure: boolean },
): string =>
  `${name}=${id}; Path=/; Max-Age=${MAX_AGE}; SameSite=Lax${domain === undefined ? "" : `; Domain=${domain}`}${secure ? "; Secure" : ""}`;
