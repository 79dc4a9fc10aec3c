import type { CookieOptions } from "@attune/core/browser";
import {
  type ConsentPolicy,
  type ConsentState,
  createConsentState,
  decodeConsentCookie,
} from "@attune/core/consent";
import { COOKIE_NAMES } from "@attune/core/ports";
import { readCookie } from "./read-cookie.js";

/** What is read of a request: a `Request`, or Next's `{ headers: await headers() }`. */
export interface ServerRequest {
  headers: { get(name: string): string | null };
}

export type CookieNames = NonNullable<CookieOptions["names"]>;

/** The engine's, where the page states none. */
const DEFAULT_POLICY: ConsentPolicy = { version: "1" };

const cookieOf = (
  request: ServerRequest,
  name: keyof typeof COOKIE_NAMES,
  names: CookieNames | undefined,
): string | null => readCookie(request.headers.get("cookie") ?? "", names?.[name] ?? COOKIE_NAMES[name]);

export interface RequestConsentOptions {
  policy?: ConsentPolicy | undefined;
  region: string | null;
  cookieNames?: CookieNames | undefined;
  now: number;
}

/** What holds for a request: by its consent cookie, `Sec-GPC`, and where it comes from. */
export function requestConsent(
  request: ServerRequest,
  { policy = DEFAULT_POLICY, region, cookieNames, now }: RequestConsentOptions,
): ConsentState {
  const stored = cookieOf(request, "consent", cookieNames);
  return createConsentState(policy, {
    now,
    region,
    gpc: request.headers.get("sec-gpc")?.trim() === "1",
    stored: stored === null ? null : decodeConsentCookie(stored),
  });
}

/** As in the page: whoever may be counted or personalised has an id, so that both assign alike. */
export const mayBeKnown = ({ grants }: ConsentState): boolean => grants.analytics || grants.personalization;

/** The visitor's id as the page takes it; null for anything else, and where consent allows nobody to be known: then it is not even read. */
export function requestVisitor(
  request: ServerRequest,
  consent: ConsentState,
  names: CookieNames | undefined,
): string | null {
  const id = mayBeKnown(consent) ? cookieOf(request, "visitor", names) : null;
  return id !== null && /^[\w.~-]{1,128}$/.test(id) ? id : null;
}
