import {
  createDevelopmentReport,
  safeReport,
  type InitialState,
  type Ruleset,
  type RulesetDocument,
  STATE_VERSION,
} from "@attune/core";
import { COOKIE_NAMES, type CookieOptions } from "@attune/core/browser";
import {
  type ConsentPolicy,
  type ConsentState,
  consentRecord,
  createConsentState,
  decodeConsentCookie,
} from "@attune/core/consent";
import type { PersonalizationService } from "@attune/core/service";
import { type BackEndAnswer, type HttpBackEndOptions, httpBackEnd, serviceBackEnd } from "./back-end.js";
import { fallbackDecisions } from "./fallback-decisions.js";
import { inTime } from "./in-time.js";
import { readCookie } from "./read-cookie.js";

/** What is read of a request: a `Request`, or Next's `{ headers: await headers() }`. */
export interface ServerRequest {
  headers: { get(name: string): string | null };
}

export type DecideOnServerOptions = (
  | {
      /** A service in this process. */
      service: Pick<PersonalizationService, "decide" | "ruleset">;
    }
  | HttpBackEndOptions
) & {
  /** The slots this page shows (default: all of them). */
  slots?: readonly string[];
  /** What conditions may read besides what is known of the visitor. */
  context?: Readonly<Record<string, unknown>>;
  /** The same as in the page. */
  policy?: ConsentPolicy;
  /** Where the visitor is, as the host's CDN says (ISO 3166, `US-CA` style): selects the consent mode. */
  region?: string | null;
  site?: string;
  /** For decisions that come too late or not at all: its fallback variants are shown then. */
  ruleset?: Ruleset | RulesetDocument;
  /** As given to `browser({ cookies: { names } })`. */
  cookieNames?: NonNullable<CookieOptions["names"]>;
  /** How long the page may wait for decisions, ms (default 150). */
  timeoutMs?: number;
  /** Epoch ms (default: the system's clock). */
  now?: () => number;
  /** Told why the page had to do without decisions (default: in development the console). */
  report?(error: unknown): void;
};

/** The engine's, where the page states none. */
const DEFAULT_POLICY: ConsentPolicy = { version: "1" };

/**
 * Decides for a page while a server renders it. The result is plain JSON for `PersonalizationProvider initial={…}` and makes the first
 * client render equal the server's. Consent is read from the request (consent cookie, `Sec-GPC`); without analytics or personalization the
 * visitor's id is not even read. Never rejects, and never holds the page longer than `timeoutMs`: then it shows fallbacks, with reason
 * `error`, until the page decides for itself.
 *
 * A page made with it belongs to one visitor: send it with `Cache-Control: private`.
 */
export async function decideOnServer(
  request: ServerRequest,
  options: DecideOnServerOptions,
): Promise<InitialState> {
  const { region = null, now = Date.now, cookieNames } = options;
  const cookie = (name: keyof typeof COOKIE_NAMES): string | null =>
    readCookie(request.headers.get("cookie") ?? "", cookieNames?.[name] ?? COOKIE_NAMES[name]);
  const gpc = request.headers.get("sec-gpc")?.trim() === "1";
  const at = now();
  const stored = cookie("consent");
  const state = createConsentState(options.policy ?? DEFAULT_POLICY, {
    now: at,
    region,
    gpc,
    stored: stored === null ? null : decodeConsentCookie(stored),
  });
  const answer = await ask(options, state, knows(state) ? cookie("visitor") : null);
  return {
    ...(answer.ruleset !== undefined && { ruleset: answer.ruleset }),
    rulesetVersion: answer.rulesetVersion,
    stateVersion: STATE_VERSION,
    decisions: answer.decisions,
    segments: answer.segments,
    consent: consentRecord(state),
    gpc,
    region,
    now: at,
  };
}

/** As in the page: whoever may be counted or personalised has an id, so that both assign alike. */
const knows = ({ grants }: ConsentState): boolean => grants.analytics || grants.personalization;

async function ask(
  options: DecideOnServerOptions,
  state: ConsentState,
  id: string | null,
): Promise<BackEndAnswer> {
  const { slots, context = {}, site, timeoutMs = 150, ruleset } = options;
  try {
    const backEnd = "service" in options ? serviceBackEnd(options.service, site) : httpBackEnd(options);
    return await inTime(timeoutMs, (signal) =>
      backEnd({ visitor: { id, consent: state.grants }, slots, context, signal }),
    );
  } catch (error) {
    safeReport({ report: options.report ?? createDevelopmentReport() })(error);
    // Compiled in the page, where what it is not is found out.
    const own = ruleset as Ruleset | undefined;
    return { decisions: fallbackDecisions(slots, own), segments: {}, rulesetVersion: null, ruleset: own };
  }
}
