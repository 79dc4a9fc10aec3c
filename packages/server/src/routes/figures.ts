import { json } from "../http/respond.js";
import type { Call, Route } from "../http/route.js";
import type { RouteContext } from "./context.js";

/** Counts of the site as a whole. */
export function figureRoutes(context: RouteContext): Route[] {
  const scope = "read";
  return [
    { method: "GET", path: "/api/sessions/metrics", scope, handle: (call) => siteMetrics(call, context) },
  ];
}

async function siteMetrics(call: Call, { service, simulation }: RouteContext): Promise<Response> {
  const { site } = call.principal;
  return json({ ...(await service.summary(site)), simulated: simulation.status(site) });
}
