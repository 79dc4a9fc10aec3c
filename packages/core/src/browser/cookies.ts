import { COOKIE_NAMES } from "../ports/cookie-names.js";
import type { CookieName, DeviceCookies } from "../ports/environment.js";

export interface CookieOptions {
  /** Cookie names. Defaults `attune-consent` and `attune-visitor`; a server that reads them must use the same. */
  names?: Partial<Record<CookieName, string>>;
  /** Shares the cookies with sub-domains, for instance `.example.com` (default: this host only). */
  domain?: string;
}

/** First-party cookies: `SameSite=Lax`, `Path=/`, `Secure` wherever the page is. Values must be made of cookie-safe characters. */
export function browserCookies({ names, domain }: CookieOptions = {}): DeviceCookies {
  const nameOf = (name: CookieName): string => names?.[name] ?? COOKIE_NAMES[name];
  const writeScoped = (name: CookieName, value: string, seconds: number, scope = ""): void => {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    // The Cookie Store API would be asynchronous, and consent must hold before the next line runs.
    document.cookie = `${nameOf(name)}=${value}; Path=/; Max-Age=${seconds}; SameSite=Lax${scope}${secure}`;
  };
  const writeForDomain: typeof writeScoped = (name, value, seconds) => {
    // One from before there was a domain stands before the new one, and would be read in its place.
    if (domain) writeScoped(name, "", 0);
    writeScoped(name, value, seconds, domain && `; Domain=${domain}`);
  };
  return {
    read(name) {
      // Before each event: without a list of all that the page has.
      const jar = `; ${document.cookie};`;
      const prefix = `; ${nameOf(name)}=`;
      const at = jar.indexOf(prefix);
      return at < 0 ? null : jar.slice(at + prefix.length, jar.indexOf(";", at + prefix.length));
    },
    write: (name, value, maxAgeMs) => writeForDomain(name, value, Math.round(maxAgeMs / 1000)),
    remove: (name) => writeForDomain(name, "", 0),
  };
}
