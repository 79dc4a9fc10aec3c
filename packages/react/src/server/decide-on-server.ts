import { type InitialState, STATE_VERSION } from "@attune/core";
import { type ConsentPolicy, consentRecord } from "@attune/core/consent";
import { type AskOptions, askBackEnd, backEndOf, type Decides } from "./ask-back-end.js";
import { type CookieNames, requestConsent, requestVisitor, type ServerRequest } from "./request-consent.js";

export type DecideOnServerOptions = Decides &
  AskOptions & {
    /** The same as in the page. */
    policy?: ConsentPolicy;
    /** Where the visitor is, as the host's CDN says (ISO 3166, `US-CA` style): selects the consent mode, and is `context.region` to conditions. */
    region?: string | null;
    /** As given to `browser({ cookies: { names } })`. */
    cookieNames?: CookieNames;
    /** Epoch ms (default: the system's clock). */
    now?: () => number;
  };

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
  const { region = null, now = Date.now, cookieNames, policy } = options;
  const at = now();
  const state = requestConsent(request, { policy, region, cookieNames, now: at });
  const id = requestVisitor(request, state, cookieNames);
  const visitor = { id, consent: state.grants };
  const answer = await askBackEnd(backEndOf(options), { visitor, region, withRuleset: true }, options);
  return {
    ...(answer.ruleset !== undefined && { ruleset: answer.ruleset }),
    rulesetVersion: answer.rulesetVersion,
    stateVersion: STATE_VERSION,
    decisions: answer.decisions,
    segments: answer.segments,
    consent: consentRecord(state),
    gpc: state.gpc,
    region,
    now: at,
  };
}
