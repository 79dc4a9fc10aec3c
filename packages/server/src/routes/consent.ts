import { createHash } from "node:crypto";
import { grantedPurposes } from "@attune/core/consent";
import type { ConsentReceipt, SubjectId } from "@attune/core/service";
import { type ConsentPost, parseConsentPost } from "@attune/core/wire";
import { visitorCookie } from "../auth/visitor-cookie.js";
import { Refusal } from "../http/refusal.js";
import { json } from "../http/respond.js";
import { type Call, objectBody, type Route, SMALL_BODY, subjectParam } from "../http/route.js";
import { cookiePlace, type RouteContext } from "./context.js";
import { hasGpc } from "./gpc.js";
import { mayRead } from "./subject.js";

/** Consent: recorded by pages and hosts, read by hosts. */
export function consentRoutes(context: RouteContext): Route[] {
  const path = "/api/v1/behavioral/consent";
  return [
    {
      method: "POST",
      path,
      scope: "ingest",
      body: SMALL_BODY,
      once: true,
      own: true,
      handle: (call) => record(call, context),
    },
    {
      method: "GET",
      path: `${path}/:id`,
      scope: "privacy",
      own: true,
      handle: (call) => read(call, context),
    },
  ];
}

async function record(call: Call, context: RouteContext): Promise<Response> {
  const { service } = context;
  const { principal, request } = call;
  const { subject, input } = postOf(objectBody(call));
  if (!mayRead(principal, subject)) {
    throw new Refusal(
      403,
      "ATTUNE_SERVER_CONSENT_SUBJECT",
      "Under a write key, consent is recorded for an unguessable visitorId only; use a secret key for any other id.",
    );
  }
  const receipt = receiptOf(call);
  const options = { site: principal.site, gpc: hasGpc(request), ...(receipt !== null && { receipt }) };
  const result = await service.consent(subject, input, options);
  if (!result.ok) throw refused(result.error);
  const { id, recordedAt, stored } = result.value;
  // What is stored merges earlier decisions, which are nothing for whoever holds a public key.
  const isPage = principal.kind === "write" || principal.kind === "visitor";
  const told = isPage ? { id, recordedAt, ...(!stored && { stored }) } : result.value;
  const cookie = isPage ? await cookieFor(call, context, subject, result.value) : null;
  return json(told, {
    status: stored ? 201 : 200,
    ...(cookie !== null && { headers: { "set-cookie": cookie } }),
  });
}

/**
 * Who has granted something is given the token by which to see, take away and change what is kept, and who has nothing granted any more loses
 * it: it is an identifier on the device like any other.
 */
async function cookieFor(
  call: Call,
  context: RouteContext,
  subject: SubjectId,
  { stored, held }: ConsentReceipt,
): Promise<string | null> {
  if (typeof subject !== "object" || !("visitorId" in subject) || subject.visitorId.length > 128) return null;
  const origin = call.request.headers.get("origin");
  // From any other page it could neither be sent again, nor is it that page's to take away.
  const { site } = call.principal;
  if (origin !== null && !context.mayHoldCookie(origin, call.url, site)) return null;
  const place = cookiePlace(call, context);
  // Not what this request says: it may have come late, after a withdrawal.
  if (!stored || grantedPurposes(held.grants).length <= 1) return visitorCookie(site, "", 0, place);
  const { token, expiresAt } = await context.service.issueVisitorToken(subject.visitorId, { site });
  return visitorCookie(site, token, expiresAt - context.clock.now(), place);
}

/** Names the decision by what the caller calls the request, so that one that failed half-way is completed, not made twice. */
function receiptOf({ request, principal: { kind, id } }: Call): string | null {
  const key = request.headers.get("idempotency-key");
  return (
    key &&
    createHash("sha256")
      .update(JSON.stringify([kind, id, key]))
      .digest("base64url")
  );
}

/** A write key may stand in the body too; it is no part of the post. */
function postOf({ writeKey: _credential, ...body }: Readonly<Record<string, unknown>>): ConsentPost {
  const result = parseConsentPost(body);
  if (!result.ok) throw refused(result.error);
  return result.value;
}

const refused = (errors: Refusal["errors"]): Refusal =>
  new Refusal(400, "ATTUNE_SERVER_CONSENT", "The consent was not recorded; the errors say why.", { errors });

async function read(call: Call, { service }: RouteContext): Promise<Response> {
  const stored = await service.consentOf(subjectParam(call, "id"), { site: call.principal.site });
  if (!stored)
    throw new Refusal(404, "ATTUNE_SERVER_CONSENT_NONE", "No consent is recorded for this subject.");
  return json(stored);
}
