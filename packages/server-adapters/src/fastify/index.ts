import { Readable } from "node:stream";
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from "fastify";
import type { FetchHandler, MountOptions } from "../mount/handler.js";
import { belowRoute } from "../mount/path.js";
import { serve } from "../node/listener.js";

export interface FastifyPluginOptions extends MountOptions {
  /** Where the handler is mounted, below the prefix that the plugin is registered with. Default: there. */
  basePath?: string;
  /** Default: the request's own logger. */
  report?(error: unknown): void;
}

/**
 * Mounts a fetch handler in a Fastify app: `app.register(fastifyPlugin(handler), { prefix: "/attune" })`. The handler sees the path below
 * the mount and the body as it was sent; the app's own routes keep their parsers. Hooks that stand before the route run as ever, and
 * headers that they set go out with the response. `bodyLimit`, serialisers and `onSend` do not apply: the response is the handler's.
 */
export function fastifyPlugin(
  handler: FetchHandler,
  options: FastifyPluginOptions = {},
): FastifyPluginCallback {
  const { basePath = "", report } = options;
  return (instance, _options, done) => {
    const base = basePath.replace(/\/$/, "");
    const toTarget = belowRoute(instance.prefix + base);
    const mount = (request: FastifyRequest, reply: FastifyReply): void => {
      reply.hijack();
      // A hijacked reply forgets what was set on it, as by CORS.
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) reply.raw.setHeader(name, value);
      void serve(handler, {
        incoming: request.raw,
        outgoing: reply.raw,
        overrides: { target: toTarget(request.raw.url ?? "/"), ...decoded(request) },
        report: report ?? ((error) => request.log.error(error)),
      });
    };
    instance.removeAllContentTypeParsers();
    instance.addContentTypeParser("*", (_request, payload, parsed) => parsed(null, payload));
    instance.all(`${base}/*`, mount);
    // The wildcard covers the root of the app, not that of a prefix.
    if (instance.prefix + base !== "") instance.all(base, { prefixTrailingSlash: "no-slash" }, mount);
    done();
  };
}

/** The body where a hook has put another stream in its place, as one that decompresses it. */
function decoded({ body, raw }: FastifyRequest): { body?: Readable } {
  if (!(body instanceof Readable) || body === raw) return {};
  // A pipe does not tell its end that its beginning broke off.
  raw.once("close", () => {
    if (!raw.complete) body.destroy();
  });
  return { body };
}
