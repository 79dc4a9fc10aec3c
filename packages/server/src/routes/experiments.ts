import type { Issue, Result } from "@attune/core";
import type { Experiment, ExperimentRevision } from "@attune/core/service";
import { actorOf } from "../auth/authenticate.js";
import { Refusal } from "../http/refusal.js";
import { json } from "../http/respond.js";
import { type Call, DEFINITION_BODY, idParam, objectBody, type Route, SMALL_BODY } from "../http/route.js";
import type { RouteContext } from "./context.js";

const PATH = "/api/v1/experiments";
const ONE = `${PATH}/:id`;

/** Experiments as people define, start, stop and ship them. */
export function experimentRoutes(context: RouteContext): Route[] {
  const define = { scope: "publish", body: DEFINITION_BODY, once: true } as const;
  const act = { method: "POST", scope: "publish", once: true } as const;
  const routes: Route[] = [
    { method: "GET", path: PATH, scope: "read", handle: (call: Call) => list(call, context) },
    { method: "POST", path: PATH, ...define, handle: (call: Call) => defineOne(call, context, null) },
    { method: "GET", path: ONE, scope: "read", handle: (call: Call) => get(call, context) },
    {
      method: "PUT",
      path: ONE,
      ...define,
      handle: (call: Call) => defineOne(call, context, idParam(call, "id")),
    },
    { method: "GET", path: `${ONE}/history`, scope: "read", handle: (call: Call) => history(call, context) },
    { ...act, path: `${ONE}/start`, handle: (call: Call) => begin(call, context, "start") },
    { ...act, path: `${ONE}/stop`, handle: (call: Call) => begin(call, context, "stop") },
    { ...act, path: `${ONE}/ship`, body: SMALL_BODY, handle: (call: Call) => ship(call, context) },
  ];
  return routes;
}

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

/** As people see it. What the slot said before is the server's own business. */
function shown({ definition, before: _, startedAt, stoppedAt, proposal, ...rest }: Experiment) {
  return {
    ...{ ...definition, ...rest },
    ...{ startedAt: iso(startedAt), stoppedAt: iso(stoppedAt) },
    proposal: proposal && { ...proposal, at: iso(proposal.at) },
  };
}

const unknown = (): Refusal =>
  new Refusal(404, "ATTUNE_SERVER_EXPERIMENT", "No experiment of this name is defined.");

async function list({ principal }: Call, { service }: RouteContext): Promise<Response> {
  const experiments = await service.experiments.list({ site: principal.site });
  return json({ experiments: experiments.map(shown) });
}

async function get(call: Call, { service }: RouteContext): Promise<Response> {
  const found = await service.experiments.get(idParam(call, "id"), { site: call.principal.site });
  if (found === null) throw unknown();
  return json(shown(found));
}

async function history(call: Call, { service }: RouteContext): Promise<Response> {
  const revisions = await service.experiments.history(idParam(call, "id"), { site: call.principal.site });
  if (revisions.length === 0) throw unknown();
  return json({
    revisions: revisions.map(({ experiment, at, actor }: ExperimentRevision) => ({
      ...shown(experiment),
      at: iso(at),
      actor,
    })),
  });
}

async function defineOne(call: Call, { service }: RouteContext, id: string | null): Promise<Response> {
  const body = objectBody(call);
  const { site } = call.principal;
  const given = id ?? body["id"];
  const known = typeof given === "string" ? await service.experiments.get(given, { site }) : null;
  if (id === null && known !== null)
    throw new Refusal(
      409,
      "ATTUNE_SERVER_EXPERIMENT_TAKEN",
      "An experiment of this id is there already; change it by PUT, or choose another id.",
    );
  const definition = id === null ? body : { ...body, id };
  const result = await service.experiments.define(definition as never, {
    site,
    actor: actorOf(call.principal),
  });
  return answer(result, known === null ? 201 : 200);
}

async function begin(call: Call, context: RouteContext, type: "start" | "stop"): Promise<Response> {
  return answer(await context.service.experiments.act(idParam(call, "id"), { type }, scopeOf(call)));
}

async function ship(call: Call, context: RouteContext): Promise<Response> {
  const { variant } = objectBody(call);
  if (typeof variant !== "string")
    throw new Refusal(
      400,
      "ATTUNE_SERVER_EXPERIMENT",
      "Name the variant that everybody is to get: { variant }.",
    );
  return answer(
    await context.service.experiments.act(idParam(call, "id"), { type: "ship", variant }, scopeOf(call)),
  );
}

const scopeOf = ({ principal }: Call) => ({ site: principal.site, actor: actorOf(principal) });

function answer(result: Result<Experiment, Issue[]>, status = 200): Response {
  if (result.ok) return json(shown(result.value), { status });
  const has = (code: string): boolean => result.error.some((one) => one.code === `ATTUNE_EXPERIMENT_${code}`);
  if (has("UNKNOWN")) throw unknown();
  const conflicts = ["STATUS", "FIXED", "SLOT_TAKEN", "RULESET"].some(has);
  throw new Refusal(
    conflicts ? 409 : 400,
    "ATTUNE_SERVER_EXPERIMENT",
    "The experiment was not changed; the errors say where and why.",
    { errors: result.error },
  );
}
