import { AttuneError, compileRuleset, type Decision, type Ruleset, type RulesetDocument } from "@attune/core";
import type { CookieOptions } from "@attune/core/browser";
import type { ConsentPolicy, ConsentState } from "@attune/core/consent";
import { COOKIE_NAMES } from "@attune/core/ports";
import { type AskOptions, askBackEnd, backEndOf, type Decides } from "../server/ask-back-end.js";
import { mayBeKnown, requestConsent } from "../server/request-consent.js";
import { rulesetBackEnd } from "../server/ruleset-back-end.js";
import { goOn, passedOn, takeOver } from "./next-answer.js";
import { visitorCookie, visitorIn, withCookie } from "./page-cookies.js";
import { type RegionHeaders, requestRegion } from "./request-region.js";
import { codedPath, type VariantPages, variantPages } from "./variant-pages.js";
import { encodeVariants } from "./variants-code.js";

/** A `NextRequest`, or any other `Request`. */
export type MiddlewareRequest = Request & { nextUrl?: { basePath: string } };

export type WithAttuneOptions = (
  | Decides
  | {
      /** Decides by itself, where neither a service nor an endpoint is given: by the visitor's id and `context` alone. */
      ruleset: Ruleset | RulesetDocument;
    }
) &
  Omit<AskOptions, "slots" | "context"> & {
    /** The same as in the page. */
    policy?: ConsentPolicy;
    /** Headers in which the host's CDN says where a request comes from. */
    regionHeaders?: RegionHeaders;
    /** What conditions may read as `context.*`, besides `context.region`. */
    context?(request: Request): Readonly<Record<string, unknown>>;
    /** As given to `browser({ cookies })`. */
    cookies?: CookieOptions;
    /** Pages that are made once per variant. */
    variants?: VariantPages;
    /** Epoch ms (default: the system's clock). */
    now?(): number;
  };

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

type Answer = Response | null | undefined | void;

/** The host's own part: answers, or leaves it to the page. */
export type Middleware = (request: MiddlewareRequest, visit: Visit) => Answer | Promise<Answer>;

/**
 * The middleware of a Next application (`middleware.ts`; in Next 16 `proxy.ts`). Needs nothing but Web APIs, so it runs at the edge.
 *
 * - Who may be known (consent cookie, policy, region, `Sec-GPC`) and has no id yet gets one with the page; who may not be known has none, and
 *   an id that is still in a cookie is neither read nor passed on.
 * - Pages named in `variants` are decided here and answered from an address that names what was decided: one page per variant, which can
 *   be static or cached; see {@link precomputed} for the page's part.
 *
 * @param own Asked first. What it answers holds; where it answers nothing, or `NextResponse.next(…)`, all goes on.
 * @throws AttuneError where a ruleset is handed in that cannot be compiled.
 */
export function withAttune(
  options: WithAttuneOptions,
  own?: Middleware,
): (request: MiddlewareRequest) => Promise<Response> {
  const { policy, regionHeaders, cookies = {}, now = Date.now, variants } = options;
  const visitorName = cookies.names?.visitor ?? COOKIE_NAMES.visitor;
  const backEnd = backEndFor(options);
  const pages = variants && variantPages(variants);
  // Where nobody answers, fallbacks are those of the host's own ruleset.
  const ownVersion = pages && options.ruleset ? compileRuleset(options.ruleset).version : null;

  const visitOf = (request: MiddlewareRequest): Visit & { isNew: boolean } => {
    const region = regionHeaders ? requestRegion(request.headers, regionHeaders) : null;
    const consent = requestConsent(request, { policy, region, cookieNames: cookies.names, now: now() });
    const known = mayBeKnown(consent);
    const kept = known ? visitorIn(request.headers.get("cookie") ?? "", visitorName) : null;
    const isNew = known && kept === null && isNavigation(request);
    const visitorId = isNew ? crypto.randomUUID() : kept;
    return {
      ...{ consent, region, visitorId, isNew },
      async decide(slots) {
        const context = { ...(region !== null && { region }), ...options.context?.(request) };
        const visitor = { id: visitorId, consent: consent.grants };
        return (await askBackEnd(backEnd, visitor, { ...options, slots, context })).decisions;
      },
    };
  };

  /** Where the page comes from instead; undefined where it is no page of variants. */
  const targetOf = async (url: URL, base: string, visit: Visit): Promise<URL | undefined> => {
    const path = url.pathname.slice(base.length) || "/";
    const slots = pages?.slotsOf(path);
    if (!pages || !slots) return undefined;
    const decisions = await visit.decide(slots);
    const shown = slots.map((slot) => {
      const decision = decisions[slot];
      return [slot, decision && !decision.isFallback ? decision.variant : null] as const;
    });
    const code = await encodeVariants(
      {
        rulesetVersion: slots.map((slot) => decisions[slot]?.rulesetVersion).find(Boolean) ?? ownVersion,
        region: regionRule(policy, visit.region),
        variants: Object.fromEntries(shown),
      },
      pages.secret,
    );
    const target = new URL(url);
    target.pathname = base + codedPath(pages.prefix, code, path);
    return target;
  };

  return async (request) => {
    const url = new URL(request.url);
    const base = request.nextUrl?.basePath ?? "";
    const publicPath = pages?.publicPath(url.pathname.slice(base.length));
    if (publicPath !== undefined) {
      url.pathname = base + publicPath;
      return new Response(null, { status: 307, headers: { location: url.toString() } });
    }
    const visit = visitOf(request);
    const answer = (await own?.(request, visit)) ?? undefined;
    if (answer && !answer.headers.has("x-middleware-next")) return answer;

    const headers = passedOn(request.headers, answer);
    const cookie = withCookie(headers.get("cookie") ?? "", visitorName, visit.visitorId);
    if (cookie === null) headers.delete("cookie");
    else headers.set("cookie", cookie);
    const target =
      request.method === "GET" || request.method === "HEAD" ? await targetOf(url, base, visit) : undefined;
    const next = goOn(headers, target);
    if (answer) takeOver(next.headers, answer);
    // The address stays the same for everybody, the answer does not: only what lies under the other address may be shared.
    if (target !== undefined || visit.isNew) next.headers.set("cache-control", "private, no-cache");
    if (visit.isNew && visit.visitorId !== null) {
      const { domain } = cookies;
      const secure = url.protocol === "https:" || request.headers.get("x-forwarded-proto") === "https";
      next.headers.append("set-cookie", visitorCookie(visitorName, visit.visitorId, { domain, secure }));
    }
    return next;
  };
}

function backEndFor(options: WithAttuneOptions) {
  if ("service" in options || "endpoint" in options) return backEndOf(options);
  if (options.ruleset !== undefined) return rulesetBackEnd(options.ruleset);
  throw new AttuneError(
    "ATTUNE_REACT_BACK_END",
    "withAttune needs somebody who decides: give it a service, an endpoint with its writeKey, or a ruleset.",
  );
}

/** A page that is opened. Only with it an id is given: several requests of one page would be given several. */
function isNavigation({ method, headers }: Request): boolean {
  const destination = headers.get("sec-fetch-dest");
  if (destination !== null) return destination === "document";
  return method === "GET" && (headers.get("accept") ?? "").includes("text/html");
}

/** The entry of the policy's regions that a region falls under, most specific first: as many as the policy names, and no more. */
function regionRule({ regions = {} }: Partial<ConsentPolicy> = {}, region: string | null): string | null {
  let code = region ?? "";
  while (code && !Object.hasOwn(regions, code)) code = code.replace(/-?[^-]*$/, "");
  return code || null;
}
