import { AttuneError, compileRuleset } from "@attune/core";
import type { ConsentPolicy } from "@attune/core/consent";
import { COOKIE_NAMES } from "@attune/core/ports";
import { backEndOf } from "../server/ask-back-end.js";
import { rulesetBackEnd } from "../server/ruleset-back-end.js";
import { goesOn, goOn, passedOn, rewrittenTo, takeOver } from "./next-answer.js";
import { visitorCookie, withCookie } from "./page-cookies.js";
import { codedPath, variantPages } from "./variant-pages.js";
import { encodeVariants } from "./variants-code.js";
import { createVisits, type Visit } from "./visit.js";
import type { WithAttuneOptions } from "./with-attune-options.js";

/** A `NextRequest`, or any other `Request`. */
export type MiddlewareRequest = Request & { nextUrl?: { basePath: string } };

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
 * @param own Asked first. What it answers holds; where it answers nothing, `NextResponse.next(…)` or `NextResponse.rewrite(…)`, all goes on, and
 *   `variants` are looked up under the address that it has chosen.
 * @throws AttuneError where a ruleset is handed in that cannot be compiled.
 */
export function withAttune(
  options: WithAttuneOptions,
  own?: Middleware,
): (request: MiddlewareRequest) => Promise<Response> {
  const { policy, cookies = {}, variants } = options;
  const visitorName = cookies.names?.visitor ?? COOKIE_NAMES.visitor;
  const visitOf = createVisits(options, backEndFor(options));
  const pages = variants && variantPages(variants);
  // Where nobody answers, fallbacks are those of the host's own ruleset.
  const ownVersion = pages && options.ruleset ? compileRuleset(options.ruleset).version : null;

  /** Where the page comes from instead; undefined where it is no page of variants. */
  const targetOf = async (url: URL, base: string, visit: Visit): Promise<URL | undefined> => {
    const path = url.pathname.slice(base.length) || "/";
    const slots = url.pathname.startsWith(base) ? pages?.slotsOf(path) : undefined;
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
    if (answer && !goesOn(answer)) return answer;

    const headers = passedOn(request.headers, answer);
    const cookie = withCookie(headers.get("cookie") ?? "", visitorName, visit.visitorId);
    if (cookie === null) headers.delete("cookie");
    else headers.set("cookie", cookie);
    const chosen = rewrittenTo(answer, url);
    // Another application's pages are not made here.
    const isOurs = (chosen ?? url).origin === url.origin;
    // By any method: a Server Action is a POST to the address of the page that it is on.
    const target = isOurs ? await targetOf(chosen ?? url, base, visit) : undefined;
    const next = goOn(headers, target ?? chosen);
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

/** The entry of the policy's regions that a region falls under, most specific first: as many as the policy names, and no more. */
function regionRule({ regions = {} }: Partial<ConsentPolicy> = {}, region: string | null): string | null {
  let code = region ?? "";
  while (code && !Object.hasOwn(regions, code)) code = code.replace(/-?[^-]*$/, "");
  return code || null;
}
