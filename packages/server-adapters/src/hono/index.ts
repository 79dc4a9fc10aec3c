import { AttuneError } from "@attune/core";
import type { Context, MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { answer, readdress, targetOf } from "../mount/answer.js";
import type { FetchHandler, MountOptions } from "../mount/handler.js";
import { below, belowRoute } from "../mount/path.js";

export interface HonoMountOptions extends MountOptions {
  /** Taken off the front of the path that the handler sees; what lies outside it is passed on. Default: what the route's `/*` stands after. */
  basePath?: string;
}

/**
 * Mounts a fetch handler in a Hono app, wherever it runs: `app.all("/attune/*", honoMount(handler))`. The handler sees the path below the
 * route. A body that middleware has read through `c.req` is handed on; one that was lost on the way goes to `app.onError` with the code
 * `ATTUNE_HONO_BODY`. What the handler throws becomes a bare 500 (`application/problem+json`).
 */
export function honoMount(handler: FetchHandler, options: HonoMountOptions = {}): MiddlewareHandler {
  const { basePath, ...rest } = options;
  return async (context, next) => {
    const request = context.req.raw;
    const asked = targetOf(request);
    const target = basePath === undefined ? belowRouteOf(context, asked) : below(asked, basePath);
    if (target === null) return next();
    const read = request.bodyUsed ? { body: await readAhead(context) } : {};
    return answer(handler, readdress(request, { target, ...read }), rest);
  };
}

function belowRouteOf(context: Context, target: string): string {
  const route = routePath(context);
  return route.endsWith("*") ? belowRoute(route.slice(0, -1))(target) : target;
}

/** Hono keeps what was read through it. Forms would be written anew, compressed text is no text. */
async function readAhead({ req }: Context): Promise<ArrayBuffer> {
  const isAsSent =
    req.header("content-encoding") === undefined && !/form/i.test(req.header("content-type") ?? "");
  const body = isAsSent ? await req.arrayBuffer().catch(() => null) : null;
  if (body !== null) return body;
  throw new AttuneError(
    "ATTUNE_HONO_BODY",
    "Something ahead of this mount has read the request's body and did not leave it as it was sent. Mount this handler before it.",
  );
}
