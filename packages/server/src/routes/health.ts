import { json } from "../http/respond.js";
import type { Route } from "../http/route.js";
import type { RouteContext } from "./context.js";

/** A service has its own limit for each port, 2 s; one that keeps to none is not well either, ms. */
const PATIENCE_MS = 2500;

type Found = Awaited<ReturnType<RouteContext["service"]["health"]>>;

/** Open to everyone, so that however many ask at a time, the ports are asked once. */
function shared(ask: () => Promise<Found>): () => Promise<Found> {
  let asking: Promise<Found> | null = null;
  return () => {
    asking ??= timed(ask).finally(() => {
      asking = null;
    });
    return asking;
  };
}

async function timed(ask: () => Promise<Found>): Promise<Found> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Found>((resolve) => {
    timer = setTimeout(() => resolve({ service: { ok: false } }), PATIENCE_MS);
  });
  try {
    return await Promise.race([ask(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** `live`: the process answers. `ready` and the whole: each port was really asked, just now. */
export function healthRoutes(context: RouteContext): Route[] {
  const health = shared(() => context.service.health());
  const probe = async (): Promise<Response> => {
    const found = await health();
    // Open to everyone, so details of what failed stay with the host's own report.
    const components = Object.fromEntries(
      Object.entries(found).map(([name, { ok }]) => [name, ok ? "ok" : "failed"]),
    );
    const ok = Object.values(found).every((component) => component.ok);
    const body = { status: ok ? "ok" : "failed", components };
    return json(body, ok ? {} : { status: 503, headers: { "retry-after": "5" } });
  };
  return [
    { method: "GET", path: "/health", scope: null, vital: true, handle: probe },
    { method: "GET", path: "/health/ready", scope: null, vital: true, handle: probe },
    { method: "GET", path: "/health/live", scope: null, vital: true, handle: () => json({ status: "ok" }) },
  ];
}
