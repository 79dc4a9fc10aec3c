import { json } from "../http/respond.js";
import type { Route } from "../http/route.js";
import type { RouteContext } from "./context.js";

/** `live`: the process answers. `ready` and the whole: each port was really asked, just now. */
export function healthRoutes(context: RouteContext): Route[] {
  const probe = async (): Promise<Response> => {
    const found = await context.service.health();
    // Open to everyone, so details of what failed stay with the host's own report.
    const components = Object.fromEntries(
      Object.entries(found).map(([name, { ok }]) => [name, ok ? "ok" : "failed"]),
    );
    const ok = Object.values(found).every((component) => component.ok);
    const body = { status: ok ? "ok" : "failed", components };
    return json(body, ok ? {} : { status: 503, headers: { "retry-after": "5" } });
  };
  return [
    { method: "GET", path: "/health", scope: null, handle: probe },
    { method: "GET", path: "/health/ready", scope: null, handle: probe },
    { method: "GET", path: "/health/live", scope: null, handle: () => json({ status: "ok" }) },
  ];
}
