import type { Decision } from "@attune/core";
import type { ConsentState } from "@attune/core/consent";
import { askBackEnd, reporting } from "../server/ask-back-end.js";
import type { BackEnd } from "../server/back-end.js";
import { mayBeKnown, requestConsent, requestVisitor } from "../server/request-consent.js";
import { requestRegion } from "./request-region.js";
import type { WithAttuneOptions } from "./with-attune-options.js";

/** What is known of whoever asks. */
export interface Visit {
  consent: ConsentState;
  /** By the headers that the host has named. */
  region: string | null;
  /** Null as long as consent allows nobody to be known; else as in the cookie, or a new one. */
  visitorId: string | null;
  /** Decides slots for this visit, as a page would; never rejects. */
  decide(slots: readonly string[]): Promise<Readonly<Record<string, Decision>>>;
}

/** Finds out who asks: by the request alone. `isNew`: the id was made here, and goes out with the page. */
export function createVisits(
  options: WithAttuneOptions,
  backEnd: BackEnd,
): (request: Request) => Visit & { isNew: boolean } {
  const { policy, regionHeaders, cookies = {}, now = Date.now } = options;
  /** What the host adds; where that throws, decisions do without. */
  const contextOf = (request: Request): Readonly<Record<string, unknown>> => {
    try {
      return options.context?.(request) ?? {};
    } catch (error) {
      reporting(options)(error);
      return {};
    }
  };
  return (request) => {
    const region = regionHeaders ? requestRegion(request.headers, regionHeaders) : null;
    const consent = requestConsent(request, { policy, region, cookieNames: cookies.names, now: now() });
    const kept = requestVisitor(request, consent, cookies.names);
    const isNew = mayBeKnown(consent) && kept === null && isNavigation(request);
    const visitorId = isNew ? crypto.randomUUID() : kept;
    return {
      ...{ consent, region, visitorId, isNew },
      async decide(slots) {
        const visitor = { id: visitorId, consent: consent.grants };
        const asked = { visitor, region, withRuleset: false };
        return (await askBackEnd(backEnd, asked, { ...options, slots, context: contextOf(request) }))
          .decisions;
      },
    };
  };
}

/** A page that is opened. Only with it an id is given: several requests of one page would be given several. */
function isNavigation({ method, headers }: Request): boolean {
  const destination = headers.get("sec-fetch-dest");
  if (destination !== null) return destination === "document";
  return method === "GET" && (headers.get("accept") ?? "").includes("text/html");
}
