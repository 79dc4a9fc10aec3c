import { parseHandoverPost, parseHandoverRedemption } from "@attune/core/wire";
import { Refusal } from "../http/refusal.js";
import { json } from "../http/respond.js";
import { type Call, type Route, SMALL_BODY } from "../http/route.js";
import type { RouteContext } from "./context.js";
import { hasGpc } from "./gpc.js";
import { mayRead } from "./subject.js";

const PATH = "/api/v1/behavioral/handover";

/** `POST /handover` and `POST /handover/redeem`: a visitor follows a link to another domain of the site, and is known there. */
export function handoverRoutes(context: RouteContext): Route[] {
  const shape = { method: "POST", scope: "decide", body: SMALL_BODY } as const;
  return [
    { ...shape, path: PATH, own: true, handle: (call: Call) => issue(call, context) },
    { ...shape, path: `${PATH}/redeem`, handle: (call: Call) => redeem(call, context) },
  ];
}

async function issue(call: Call, context: RouteContext): Promise<Response> {
  const { principal, body } = call;
  const parsed = parseHandoverPost(body);
  if (!parsed.ok) throw invalid(parsed.error);
  const { visitorId, to } = parsed.value;
  if (!mayRead(principal, { visitorId }))
    throw new Refusal(
      403,
      "ATTUNE_SERVER_GUESSABLE_ID",
      "Under a write key only unguessable visitor ids are handed over: a UUID, or at least 21 random characters.",
    );
  if (!context.originNamed(to, principal.site))
    throw new Refusal(
      403,
      "ATTUNE_SERVER_HANDOVER_ORIGIN",
      "Visitors are handed over to pages of the site alone; add the origin to those of one of its write keys.",
    );
  const issued = await context.service.issueHandover(visitorId, await placeOf(call, to));
  if (issued === null)
    throw new Refusal(
      403,
      "ATTUNE_SERVER_HANDOVER_CONSENT",
      "Consent does not cover that this visitor is known elsewhere; let the link be as it is.",
    );
  const { token, expiresAt } = issued;
  return json({ token, expiresAt: new Date(expiresAt).toISOString() }, { status: 201 });
}

async function redeem(call: Call, { service }: RouteContext): Promise<Response> {
  const parsed = parseHandoverRedemption(call.body);
  if (!parsed.ok) throw invalid(parsed.error);
  const origin = call.request.headers.get("origin");
  const found =
    origin === null ? null : await service.redeemHandover(parsed.value.token, await placeOf(call, origin));
  // One answer for all that may be wrong: whoever tries links out learns nothing.
  if (found === null)
    throw new Refusal(
      403,
      "ATTUNE_SERVER_HANDOVER",
      "This link hands nobody over: it was used, is more than two minutes old, leads elsewhere, or consent does not cover it.",
    );
  return json(found);
}

async function placeOf({ principal, request, location }: Call, origin: string) {
  const { country, region = country } = await location();
  return { site: principal.site, origin, gpc: hasGpc(request), ...(region !== undefined && { region }) };
}

const invalid = (errors: Refusal["errors"]): Refusal =>
  new Refusal(400, "ATTUNE_SERVER_HANDOVER_BODY", "The request is not valid; the errors say where and why.", {
    errors,
  });
