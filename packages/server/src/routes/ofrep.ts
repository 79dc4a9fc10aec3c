import { grantsOf } from "@attune/core/consent";
import { type Flag, flagOf } from "@attune/core/openfeature";
import { parseDecisionsPost } from "@attune/core/wire";
import { etagOf, namesEtag } from "../http/etag.js";
import { Refusal } from "../http/refusal.js";
import { json } from "../http/respond.js";
import { type Call, idParam, objectBody, type Route, SMALL_BODY } from "../http/route.js";
import type { RouteContext } from "./context.js";
import { decideFor } from "./decisions.js";

/*
 * The OpenFeature Remote Evaluation Protocol (https://github.com/open-feature/protocol): a flag is a slot, `targetingKey` the visitor's id, and the
 * rest of the context what conditions read as `context.*`. An OpenFeature client says nothing of consent: a call is covered by the purposes that
 * the host has declared, as far as what the visitor has decided allows.
 */
const PATH = "/ofrep/v1/evaluate/flags";

const CODES: Readonly<Record<string, string>> = {
  ATTUNE_SERVER_FLAG_NONE: "FLAG_NOT_FOUND",
  ATTUNE_SERVER_FLAG_CONTEXT: "INVALID_CONTEXT",
  ATTUNE_SERVER_FLAG_NOBODY: "TARGETING_KEY_MISSING",
};

/** What the protocol wants to read in a refusal, beside what all of this server's refusals say. */
function membersOf({ status, code, message }: Refusal, { key }: Call["params"]): Record<string, unknown> {
  const isUnread = status === 400 && code.startsWith("ATTUNE_SERVER_BODY");
  const errorCode = CODES[code] ?? (isUnread ? "PARSE_ERROR" : "GENERAL");
  return { ...(key !== undefined && { key }), errorCode, errorDetails: message };
}

export function ofrepRoutes(context: RouteContext): Route[] {
  const shape = { method: "POST", scope: "decide", body: SMALL_BODY, members: membersOf } as const;
  return [
    { ...shape, path: PATH, handle: (call: Call) => evaluateAll(call, context) },
    { ...shape, path: `${PATH}/:key`, handle: (call: Call) => evaluateOne(call, context) },
  ];
}

interface Evaluated {
  flags: Readonly<Record<string, Flag>>;
  rulesetVersion: string | null;
}

/** @param slots Default: all. */
async function evaluate(call: Call, context: RouteContext, slots?: readonly string[]): Promise<Evaluated> {
  const { targetingKey, ...facts } = contextIn(call);
  const id = targetingKey === "" ? null : (targetingKey ?? null);
  const asked = parseDecisionsPost({
    visitor: { id, consent: grantsOf(context.ofrepPurposes) },
    ...(slots && { slots }),
    context: facts,
  });
  if (!asked.ok) {
    throw new Refusal(400, "ATTUNE_SERVER_FLAG_CONTEXT", "The context is not valid; the errors say why.", {
      errors: asked.error.map((issue) => ({ ...issue, path: inContext(issue.path) })),
    });
  }
  const { decisions, rulesetVersion } = await decideFor(call, context, asked.value);
  const compiled = await context.service.ruleset(call.principal.site);
  const flags = Object.entries(decisions).map(([slot, decision]) => [
    slot,
    flagOf(decision, { definition: compiled?.ruleset.slots[slot], isNobody: id === null }),
  ]);
  return { flags: Object.fromEntries(flags), rulesetVersion };
}

/** Where in the request it stands that in ours stands elsewhere. */
const inContext = (path: string): string => (path.startsWith("/context") ? path : "/context/targetingKey");

function contextIn(call: Call): Readonly<Record<string, unknown>> {
  const { context = {} } = objectBody(call);
  if (typeof context === "object" && context !== null && !Array.isArray(context))
    return context as Record<string, unknown>;
  throw new Refusal(400, "ATTUNE_SERVER_FLAG_CONTEXT", "The context must be a JSON object.");
}

const successOf = (key: string, { value, variant, reason, metadata }: Flag) => ({
  key,
  ...(value !== null && { value }),
  ...(variant !== null && { variant }),
  reason,
  metadata,
});

async function evaluateAll(call: Call, context: RouteContext): Promise<Response> {
  const { flags, rulesetVersion } = await evaluate(call, context);
  const answer = {
    flags: Object.entries(flags).map(([key, flag]) =>
      flag.error === null
        ? successOf(key, flag)
        : { key, errorCode: flag.error.code, errorDetails: flag.error.message },
    ),
    metadata: rulesetVersion === null ? {} : { rulesetVersion },
  };
  const etag = etagOf(JSON.stringify(answer));
  const headers = { etag, "cache-control": "private, no-cache" };
  if (namesEtag(call.request.headers.get("if-none-match"), etag))
    return new Response(null, { status: 304, headers });
  return json(answer, { headers });
}

const REFUSED = {
  FLAG_NOT_FOUND: [404, "ATTUNE_SERVER_FLAG_NONE"],
  TARGETING_KEY_MISSING: [400, "ATTUNE_SERVER_FLAG_NOBODY"],
  PROVIDER_NOT_READY: [404, "ATTUNE_SERVER_FLAG_NONE"],
  GENERAL: [500, "ATTUNE_SERVER_FLAG_FAILED"],
} as const;

async function evaluateOne(call: Call, context: RouteContext): Promise<Response> {
  const key = idParam(call, "key");
  const flag = (await evaluate(call, context, [key])).flags[key] as Flag;
  if (flag.error === null) return json(successOf(key, flag));
  const [status, code] = REFUSED[flag.error.code];
  throw new Refusal(status, code, flag.error.message);
}
