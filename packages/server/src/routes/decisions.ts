import type { DecideResult } from "@attune/core/service";
import { type DecisionsPost, parseDecisionsPost } from "@attune/core/wire";
import { Refusal } from "../http/refusal.js";
import { json } from "../http/respond.js";
import { type Call, type Route, SMALL_BODY } from "../http/route.js";
import type { RouteContext } from "./context.js";
import { hasGpc } from "./gpc.js";
import { isUnguessable } from "./subject.js";

/** `POST /api/v1/decisions` `{ visitor: { id, consent? }, slots?, context? }`. */
export function decisionRoutes(context: RouteContext): Route[] {
  return [
    {
      method: "POST",
      path: "/api/v1/decisions",
      scope: "decide",
      body: SMALL_BODY,
      handle: (call) => decide(call, context),
    },
  ];
}

async function decide(call: Call, context: RouteContext): Promise<Response> {
  const parsed = parseDecisionsPost(call.body);
  if (!parsed.ok) {
    const detail = "The request for decisions is not valid; the errors say where and why.";
    throw new Refusal(400, "ATTUNE_SERVER_DECISIONS", detail, { errors: parsed.error });
  }
  return json(await decideFor(call, context, parsed.value));
}

/**
 * What is decided for who asks, whatever protocol it asks by.
 *
 * @throws Refusal 403 for an id that somebody could guess, under a write key.
 */
export async function decideFor(
  { principal, request, location }: Pick<Call, "principal" | "request" | "location">,
  { service }: RouteContext,
  { visitor, slots, context }: DecisionsPost,
): Promise<DecideResult> {
  if (principal.kind === "write" && visitor.id !== null && !isUnguessable(visitor.id)) {
    throw new Refusal(
      403,
      "ATTUNE_SERVER_GUESSABLE_ID",
      "Under a write key, decisions are given only for unguessable visitor ids: a UUID, or at least 21 random characters.",
    );
  }
  const gpc = hasGpc(request) || context.gpc === true;
  // A host's server asks on behalf of somebody else, and says where that one is.
  const { country, region = country } = principal.kind === "write" ? await location() : {};
  const place = region === undefined ? {} : { region };
  return service.decide(visitor, slots, { ...place, ...context, gpc, site: principal.site });
}
