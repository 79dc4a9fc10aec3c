import { armsOf, assignmentsIn } from "@attune/core/decisions";
import type { EvaluateQuery, ExperimentResults } from "@attune/core/service";
import { Refusal } from "../http/refusal.js";
import { json } from "../http/respond.js";
import { type Call, DEFINITION_BODY, idParam, objectBody, type Route } from "../http/route.js";
import { resultsStream } from "../live/results-stream.js";
import type { RouteContext } from "./context.js";

/** Estimators by the names of `evaluatePolicy`. */
const ESTIMATORS = ["ips", "snips", "dr", "dr-shrinkage", "switch-dr"] as const;
const MOST_VISITORS = 10_000;
const PATH = "/api/v1/experiments/:id/results";

/** What an experiment has shown: once, or as it changes. */
export function experimentResultRoutes(context: RouteContext): Route[] {
  return [
    { method: "GET", path: PATH, scope: "read", handle: (call) => once(call, context) },
    {
      method: "POST",
      path: "/api/v1/policies/evaluate",
      scope: "read",
      body: DEFINITION_BODY,
      handle: (call) => evaluate(call, context),
    },
    { method: "GET", path: `${PATH}/stream`, scope: "read", handle: (call) => stream(call, context) },
  ];
}

function runOf({ url }: Call): number | undefined {
  const given = url.searchParams.get("run");
  if (given === null) return undefined;
  const run = Number(given);
  if (Number.isSafeInteger(run) && run >= 1) return run;
  throw new Refusal(
    400,
    "ATTUNE_SERVER_QUERY",
    "`run` is a whole number from 1, or is left out for the run at hand.",
  );
}

/** Who saw what and ordered then, which is counted of every experiment, and the analysis of those that are measured. */
async function read(call: Call, { service }: RouteContext) {
  const { site } = call.principal;
  const id = idParam(call, "id");
  const run = runOf(call);
  const [results, counted, crossed, compiled, defined] = await Promise.all([
    service.experiments.results(id, { site, ...(run !== undefined && { run }) }),
    service.experiment(id, { site }),
    service.crossed(id, { site }),
    service.ruleset(site),
    service.experiments.get(id, { site }),
  ]);
  const assigned = Object.values(compiled?.ruleset.slots ?? {}).flatMap(({ policy }) =>
    assignmentsIn(policy),
  );
  const policy = assigned.find(({ experiment }) => experiment === id);
  const declared = policy ? Object.keys(armsOf(policy)) : [];
  if (!results && !counted && declared.length === 0 && !defined) return null;
  const none = Object.fromEntries(declared.map((variant) => [variant, { exposures: 0, conversions: 0 }]));
  return { experiment: id, variants: { ...none, ...counted }, crossed, ...analysis(results) };
}

function analysis(results: ExperimentResults | null) {
  if (results === null)
    return {
      ...{ at: null, run: null, units: null, report: null },
      notes: {
        report:
          "Nothing of it is measured: define it with metrics, or name it under `experiments` of the ruleset.",
      },
    };
  const { sums, report, at } = results;
  const units = Object.fromEntries(Object.entries(sums.variants).map(([name, one]) => [name, one.units]));
  return { at: new Date(at).toISOString(), run: sums.run, units, crossed: sums.crossed, report, notes: {} };
}

async function once(call: Call, context: RouteContext): Promise<Response> {
  const results = await read(call, context);
  if (results === null)
    throw new Refusal(404, "ATTUNE_SERVER_EXPERIMENT", "No experiment of this name is known.");
  return json(results);
}

async function stream(call: Call, context: RouteContext): Promise<Response> {
  const { principal, request, address } = call;
  if ((await read(call, context)) === null)
    throw new Refusal(404, "ATTUNE_SERVER_EXPERIMENT", "No experiment of this name is known.");
  const headers = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
  };
  if (request.method === "HEAD") return new Response(null, { headers });
  const body = resultsStream({
    read: () => read(call, context),
    watch: (changed) =>
      context.service.subscribe({ site: principal.site, types: ["event", "erased", "ruleset"] }, changed),
    active: () => principal.active(),
    onGone: context.places.take(principal, address()),
    report: context.report,
  });
  return new Response(body, { headers });
}

/** What is asked, with its shape checked: what the policy says is checked where it is used. */
function queryOf(body: Readonly<Record<string, unknown>>): EvaluateQuery {
  const { experiment, candidate, metric, estimator, visitors } = body;
  const wrong = (what: string): Refusal => new Refusal(400, "ATTUNE_SERVER_POLICY", what);
  if (typeof experiment !== "string") throw wrong("Name the experiment whose decisions are asked about.");
  if (typeof candidate !== "object" || candidate === null)
    throw wrong("Give the `candidate`: a policy of the experiment's slot, as in a ruleset.");
  if (metric !== undefined && typeof metric !== "string") throw wrong("`metric` names a metric.");
  if (estimator !== undefined && !ESTIMATORS.some((name) => name === estimator))
    throw wrong(`\`estimator\` is one of ${ESTIMATORS.join(", ")}.`);
  if (
    visitors !== undefined &&
    !(Number.isSafeInteger(visitors) && Number(visitors) >= 1 && Number(visitors) <= MOST_VISITORS)
  )
    throw wrong(`\`visitors\` is a whole number from 1 to ${MOST_VISITORS}.`);
  return {
    experiment,
    candidate,
    ...(metric !== undefined && { metric }),
    ...(estimator !== undefined && { estimator }),
    ...(visitors !== undefined && { visitors }),
  } as EvaluateQuery;
}

async function evaluate(call: Call, { service }: RouteContext): Promise<Response> {
  const result = await service.experiments.evaluate(queryOf(objectBody(call)), { site: call.principal.site });
  if (result.ok) return json(result.value);
  const isUnknown = result.error.some(({ code }) => code === "ATTUNE_EXPERIMENT_UNKNOWN");
  throw new Refusal(
    isUnknown ? 404 : 400,
    "ATTUNE_SERVER_POLICY",
    "The policy was not evaluated; the errors say where and why.",
    { errors: result.error },
  );
}
