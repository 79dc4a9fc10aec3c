import { Refusal } from "../http/refusal.js";
import { json } from "../http/respond.js";
import { type Call, idParam, type Route } from "../http/route.js";
import type { RouteContext } from "./context.js";

/** Counts: of experiments, segments and the site as a whole. */
export function figureRoutes(context: RouteContext): Route[] {
  const scope = "read";
  return [
    {
      method: "GET",
      path: "/api/v1/experiments/:id/results",
      scope,
      handle: (call) => experimentResults(call, context),
    },
    { method: "GET", path: "/api/v1/segments/:id/size", scope, handle: (call) => segmentSize(call, context) },
    { method: "GET", path: "/api/sessions/metrics", scope, handle: (call) => siteMetrics(call, context) },
  ];
}

async function experimentResults(call: Call, { service }: RouteContext): Promise<Response> {
  const experiment = idParam(call, "id");
  const { site } = call.principal;
  const [counted, crossed, declared] = await Promise.all([
    service.experiment(experiment, { site }),
    service.crossed(experiment, { site }),
    declaredVariants(call, service, experiment),
  ]);
  if (!declared && !counted)
    throw new Refusal(404, "ATTUNE_SERVER_EXPERIMENT", "No experiment of this name is known.");
  const none = Object.fromEntries(
    (declared ?? []).map((variant) => [variant, { exposures: 0, conversions: 0 }]),
  );
  return json({ experiment, variants: { ...none, ...counted }, crossed });
}

async function declaredVariants(call: Call, service: RouteContext["service"], experiment: string) {
  const slots = Object.values((await service.ruleset(call.principal.site))?.ruleset.slots ?? {});
  for (const { policy } of slots) {
    if (policy.type === "split" && policy.experiment === experiment) return Object.keys(policy.weights);
  }
  return null;
}

async function segmentSize(call: Call, { service }: RouteContext): Promise<Response> {
  const segment = idParam(call, "id");
  const { site } = call.principal;
  const [counted, compiled] = await Promise.all([
    service.segmentSize(segment, { site }),
    service.ruleset(site),
  ]);
  const known = compiled?.ruleset.segments?.some(({ name }) => name === segment) ?? false;
  const size = counted ?? (known ? 0 : null);
  if (size === null) throw new Refusal(404, "ATTUNE_SERVER_SEGMENT", "No segment of this name is known.");
  return json({ segment, size });
}

async function siteMetrics(call: Call, { service, simulation }: RouteContext): Promise<Response> {
  const { site } = call.principal;
  return json({ ...(await service.summary(site)), simulated: simulation.status(site) });
}
