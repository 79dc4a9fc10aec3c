import { Refusal } from "../http/refusal.js";
import { json } from "../http/respond.js";
import { objectBody, type Route, SMALL_BODY } from "../http/route.js";
import { MAX_PER_MINUTE } from "../simulate/simulation.js";
import type { RouteContext } from "./context.js";

/** Switches the simulated visitors on and off: `{ visitorsPerMinute }`, 0 for none. */
export function simulationRoutes({ simulation }: RouteContext): Route[] {
  const path = "/api/v1/simulation";
  return [
    {
      method: "GET",
      path,
      scope: "read",
      handle: ({ principal }) => json(simulation.status(principal.site)),
    },
    {
      method: "POST",
      path,
      scope: "manage",
      body: SMALL_BODY,
      once: true,
      handle(call) {
        const { visitorsPerMinute } = objectBody(call);
        if (
          typeof visitorsPerMinute !== "number" ||
          !(visitorsPerMinute >= 0 && visitorsPerMinute <= MAX_PER_MINUTE)
        ) {
          throw new Refusal(
            400,
            "ATTUNE_SERVER_SIMULATION",
            `visitorsPerMinute is a number from 0 to ${MAX_PER_MINUTE}.`,
          );
        }
        simulation.set(call.principal.site, visitorsPerMinute);
        return json(simulation.status(call.principal.site));
      },
    },
  ];
}
