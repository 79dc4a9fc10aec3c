import { AttuneError } from "@attune/core";
import { answer, readdress, targetOf } from "../mount/answer.js";
import { type FetchHandler, type MountOptions, problem } from "../mount/handler.js";
import { below } from "../mount/path.js";

export interface NextRouteOptions extends MountOptions {
  /**
   * The path of the folder that `route.ts` stands in, without the application's own `basePath`, which Next takes off itself. The handler
   * sees what follows.
   */
  basePath?: string;
}

/** Makes the handler when it is first asked for. It takes no parameter: that is how it is told from a handler. */
export type HandlerFactory = () => Promise<FetchHandler>;

type Route = (request: Request) => Promise<Response>;
type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";

/**
 * Mounts a fetch handler as a route of Next's App Router, `app/attune/[...path]/route.ts`:
 * `export const { GET, HEAD, POST, PUT, DELETE, OPTIONS } = nextRoute(handler, { basePath: "/attune" })`.
 * Given a function without parameters, it makes the handler once, at the first request, so that nothing is opened while the application is
 * being built; if that fails, the next request tries again. What the handler throws becomes a bare 500 (`application/problem+json`).
 */
export function nextRoute(
  handler: FetchHandler | HandlerFactory,
  options: NextRouteOptions = {},
): Record<Method, Route> {
  const { basePath = "", ...rest } = options;
  const given = isFactory(handler) ? lazily(handler) : handler;
  const route: Route = async (request) => {
    const target = below(targetOf(request), basePath);
    if (target === null) return problem(404);
    return opened(await answer(given, readdress(request, { target }), rest));
  };
  return { GET: route, HEAD: route, POST: route, PUT: route, PATCH: route, DELETE: route, OPTIONS: route };
}

const isFactory = (given: FetchHandler | HandlerFactory): given is HandlerFactory => given.length === 0;

function lazily(make: HandlerFactory): FetchHandler {
  let made: Promise<FetchHandler> | null = null;
  return async (request) => {
    made ??= Promise.resolve(make()).catch((error: unknown) => {
      made = null;
      throw error;
    });
    const handler: unknown = await made;
    if (typeof handler === "function") return (handler as FetchHandler)(request);
    throw new AttuneError(
      "ATTUNE_NEXT_HANDLER",
      "nextRoute was given a function without parameters, which must make the handler, and it made something else. A handler names its request as a parameter.",
    );
  };
}

/** Next sends no header before the first chunk, and who opens an event stream must see at once that it is connected. */
function opened(response: Response): Response {
  const { body, headers } = response;
  if (body === null || headers.get("content-type")?.startsWith("text/event-stream") !== true) return response;
  const nothing = new TransformStream<Uint8Array, Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(0)),
  });
  return new Response(body.pipeThrough(nothing), response);
}
