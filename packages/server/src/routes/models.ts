import type { Issue, Result } from "@attune/core";
import {
  latencyQuantile,
  type ModelAction,
  type ModelRecord,
  type ModelVersion,
  type VersionEvidence,
} from "@attune/ml/registry";
import * as v from "valibot";
import { actorOf } from "../auth/authenticate.js";
import { namesEtag } from "../http/etag.js";
import { Refusal } from "../http/refusal.js";
import { json } from "../http/respond.js";
import { type Call, idParam, objectBody, type Route, SMALL_BODY } from "../http/route.js";
import type { Models } from "../models/models.js";
import type { OutcomeState } from "../models/outcomes.js";
import { modelTraining, planOf } from "../models/plan.js";
import type { TrainingState } from "../models/training.js";
import type { RouteContext } from "./context.js";

const PATH = "/api/v1/models";
const ONE = `${PATH}/:id`;

/** Models as people look at them, try them out, promote them and take them back, and their files as pages load them. */
export function modelRoutes(context: RouteContext): Route[] {
  const act = { method: "POST", scope: "publish", body: SMALL_BODY, once: true } as const;
  return [
    { method: "GET", path: PATH, scope: "read", handle: (call) => list(call, context) },
    { method: "GET", path: ONE, scope: "read", handle: (call) => get(call, context) },
    { ...act, path: `${PATH}/train`, handle: (call: Call) => train(call, context) },
    { ...act, path: `${ONE}/promote`, handle: (call: Call) => change(call, context, promotion(call)) },
    { ...act, path: `${ONE}/canary`, handle: (call: Call) => change(call, context, trial(call)) },
    { ...act, path: `${ONE}/rollback`, handle: (call: Call) => change(call, context, rollback(call)) },
    {
      method: "GET",
      path: `${ONE}/performance`,
      scope: "read",
      handle: (call) => performance(call, context),
    },
    { method: "GET", path: `${ONE}/drift`, scope: "read", handle: (call) => drift(call, context) },
    // With the credential by which pages read the ruleset that names it.
    {
      method: "GET",
      path: `${ONE}/:version/model.onnx`,
      scope: "ruleset",
      handle: (call) => file(call, context),
    },
  ];
}

const iso = (at: number): string => new Date(at).toISOString();

const shown = ({ v: _, canary, events, ...rest }: ModelRecord) => ({
  ...rest,
  canary: canary && { ...canary, startedAt: iso(canary.startedAt) },
  events: events.map((event) => ({ ...event, at: iso(event.at) })),
});

const shownVersion = ({ v: _, createdAt, lineage, ...rest }: ModelVersion) => ({
  ...rest,
  createdAt: iso(createdAt),
  lineage: {
    ...lineage,
    trainedOn: lineage.trainedOn && {
      ...{ from: iso(lineage.trainedOn.from), to: iso(lineage.trainedOn.to) },
      rows: lineage.trainedOn.rows,
    },
  },
});

const keptNowhere = (): Refusal =>
  new Refusal(
    404,
    "ATTUNE_SERVER_MODELS",
    "No models are kept here: the server was handed a service without the stores that it stands on.",
  );

function kept({ models }: RouteContext): Models {
  if (models !== null) return models;
  throw keptNowhere();
}

const unknown = (): Refusal => new Refusal(404, "ATTUNE_SERVER_MODEL", "No model of this name is known.");

const shownTraining = ({ startedAt, endedAt, ...rest }: TrainingState) => ({
  ...rest,
  ...{ startedAt: iso(startedAt), endedAt: endedAt === null ? null : iso(endedAt) },
});

async function train({ body, principal }: Call, { trainer }: RouteContext): Promise<Response> {
  if (trainer === null) throw keptNowhere();
  const parsed = v.safeParse(modelTraining(), body);
  if (!parsed.success)
    throw new Refusal(
      400,
      "ATTUNE_SERVER_MODEL",
      "What is to be trained is not said; the errors say where.",
      {
        errors: parsed.issues.map((issue) => ({
          path: (issue.path ?? []).reduce((path, { key }) => `${path}/${String(key)}`, ""),
          code: "ATTUNE_SERVER_MODEL",
          message: issue.message,
        })),
      },
    );
  const { share = 0.1 } = parsed.output;
  const plan = planOf(parsed.output);
  const state = await trainer.begin(principal.site, plan, { share, actor: actorOf(principal) });
  if (state === null)
    throw new Refusal(409, "ATTUNE_SERVER_MODEL", "A training of this model is under way already.");
  return json(shownTraining(state), { status: 202 });
}

async function list({ principal }: Call, context: RouteContext): Promise<Response> {
  const models = await kept(context).registry(principal.site).list();
  return json({ models: models.map(shown) });
}

async function get(call: Call, context: RouteContext): Promise<Response> {
  const models = kept(context);
  const registry = models.registry(call.principal.site);
  const name = idParam(call, "id");
  const record = await registry.get(name);
  if (record === null) throw unknown();
  const versions = await registry.versions(name);
  const training = (await context.trainer?.state(call.principal.site, name)) ?? null;
  const cards = await Promise.all(versions.map(({ version }) => registry.card(name, version)));
  const alarms = await models.alarms(call.principal.site, name);
  return json({
    ...shown(record),
    versions: versions.map((version, i) => ({ ...shownVersion(version), card: cards[i] ?? null })),
    training: training && shownTraining(training),
    alarms: alarms.map((alarm) => ({ ...alarm, at: iso(alarm.at) })),
  });
}

/** What may be said of why, for those who read it later. */
function reasonOf(body: Readonly<Record<string, unknown>>): { reason?: string } {
  const { reason } = body;
  if (reason === undefined) return {};
  if (typeof reason === "string" && reason.length <= 500) return { reason };
  throw new Refusal(400, "ATTUNE_SERVER_MODEL", "`reason` is a text of at most 500 characters.");
}

function promotion(call: Call): ModelAction {
  const body = objectBody(call);
  const { version } = body;
  if (version !== undefined && typeof version !== "string")
    throw new Refusal(400, "ATTUNE_SERVER_MODEL", "`version` is the hash of the version to promote.");
  return { type: "promote", ...(version !== undefined && { version }), ...reasonOf(body) };
}

function trial(call: Call): ModelAction {
  const { version, share = 0.1 } = objectBody(call);
  if (typeof version !== "string" || typeof share !== "number")
    throw new Refusal(
      400,
      "ATTUNE_SERVER_MODEL",
      "Name the `version` to try out, and the `share` of visitors who get it (default 0.1).",
    );
  return { type: "canary", version, share };
}

const rollback = (call: Call): ModelAction => ({ type: "rollback", ...reasonOf(objectBody(call)) });

async function change(call: Call, context: RouteContext, action: ModelAction): Promise<Response> {
  const { principal } = call;
  const done = await kept(context).act(principal.site, idParam(call, "id"), action, actorOf(principal));
  return answer(done);
}

function answer(result: Result<ModelRecord, Issue[]>): Response {
  if (result.ok) return json(shown(result.value));
  const has = (code: string): boolean => result.error.some((one) => one.code === `ATTUNE_MODEL_${code}`);
  if (has("UNKNOWN")) throw unknown();
  throw new Refusal(
    has("SHARE") || has("VERSION") ? 400 : 409,
    "ATTUNE_SERVER_MODEL",
    "The model was not changed; the errors say why.",
    { errors: result.error },
  );
}

const shownEvidence = (evidence: VersionEvidence) => ({
  ...{ predictions: evidence.predictions, errors: evidence.errors, notFinite: evidence.notFinite },
  ...{ p50Ms: latencyQuantile(evidence, 0.5), p99Ms: latencyQuantile(evidence, 0.99) },
  lastAt: evidence.lastAt === 0 ? null : iso(evidence.lastAt),
});

async function performance(call: Call, context: RouteContext): Promise<Response> {
  const found = await kept(context).performance(call.principal.site, idParam(call, "id"));
  if (found === null) throw unknown();
  const { record, verdict, versions } = found;
  return json({
    ...{ name: record.name, run: record.runs, verdict },
    versions: versions.map(({ version, role, evidence, reward }) => ({
      ...{ version, role, ...shownEvidence(evidence) },
      reward: reward && { visitors: reward.trials, reached: reward.successes },
    })),
    notes: {
      versions:
        "Counted since the latest trial began, by the servers and workers that score; of what pages score nothing is counted.",
    },
  });
}

async function drift(call: Call, context: RouteContext): Promise<Response> {
  const models = kept(context);
  const name = idParam(call, "id");
  const { site } = call.principal;
  const state = await models.drift(site, name);
  if (state === null) throw unknown();
  const outcomes = await models.outcomes(site, name);
  return json({ name, ...state, at: iso(state.at), outcomes: outcomes && shownOutcomes(outcomes) });
}

const shownOutcomes = ({ version: _, at, errors, ...rest }: OutcomeState) => ({
  ...rest,
  at: iso(at),
  errors: errors && { ...errors, changedAt: errors.changedAt === null ? null : iso(errors.changedAt) },
});

/** The file of a version never changes: who has it need never ask again. */
async function file(call: Call, context: RouteContext): Promise<Response> {
  const registry = kept(context).registry(call.principal.site);
  const [name, version] = [idParam(call, "id"), idParam(call, "version")];
  const etag = `"${version}"`;
  const headers = { etag, "cache-control": "private, max-age=31536000, immutable" };
  const known = await registry.version(name, version);
  if (known === null) throw new Refusal(404, "ATTUNE_SERVER_MODEL", "No such version of this model is kept.");
  if (namesEtag(call.request.headers.get("if-none-match"), etag))
    return new Response(null, { status: 304, headers });
  const bytes = await registry.bytes(name, version);
  return new Response(bytes, { headers: { ...headers, "content-type": "application/octet-stream" } });
}
