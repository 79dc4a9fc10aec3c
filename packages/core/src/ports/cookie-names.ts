import type { CookieName } from "./environment.js";

/** What the cookies are called unless a host names them; page and servers must agree. */
export const COOKIE_NAMES: Readonly<Record<CookieName, string>> = {
  consent: "attune-consent",
  visitor: "attune-visitor",
};
