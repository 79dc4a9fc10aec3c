/** What browsers keep a cookie for at most, with room to spare, in seconds; as the page writes it. */
const MAX_AGE = 395 * 86_400;

/** A request's `Cookie` header with one cookie set anew, or taken away; null where nothing is left. */
export function withCookie(header: string, name: string, value: string | null): string | null {
  const others = header
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair !== "" && pair.split("=", 1)[0]?.trim() !== name);
  return [...others, ...(value === null ? [] : [`${name}=${value}`])].join("; ") || null;
}

/** The cookie that the page itself would write: readable by it, for this site alone. */
export const visitorCookie = (
  name: string,
  id: string,
  { domain, secure }: { domain: string | undefined; secure: boolean },
): string =>
  `${name}=${id}; Path=/; Max-Age=${MAX_AGE}; SameSite=Lax${domain === undefined ? "" : `; Domain=${domain}`}${secure ? "; Secure" : ""}`;
