import type { IncomingMessage, ServerResponse } from "node:http";
import { AttuneError } from "@attune/core";
import { BODILESS, type FetchHandler, type MountOptions } from "../mount/handler.js";
import { below } from "../mount/path.js";
import { serve } from "../node/listener.js";

export interface ExpressMountOptions extends MountOptions {
  /** Taken off the front of the path that the handler sees, besides the path that the middleware is mounted under. */
  basePath?: string;
}

/** What is used of an Express request, version 4 or 5. */
interface ExpressRequest extends IncomingMessage {
  url: string;
  body?: unknown;
}

/**
 * Mounts a fetch handler in an Express app: `app.use("/attune", expressMount(handler))`. The handler sees the path
 * below the mount. A body that `express.json()`, `text()` or `raw()` has already read is handed on; anything else that
 * was read ahead goes to Express's error handler with the code `ATTUNE_EXPRESS_BODY`.
 */
export function expressMount(handler: FetchHandler, options: ExpressMountOptions = {}) {
  const { basePath = "", ...rest } = options;
  return (incoming: ExpressRequest, outgoing: ServerResponse, next: (error?: unknown) => void): void => {
    const target = below(incoming.url, basePath);
    if (target === null) return next();
    const wasRead = incoming.readableDidRead && !BODILESS.has(incoming.method);
    const body = wasRead ? readAhead(incoming) : undefined;
    if (body === null) return next(bodyError());
    void serve(handler, {
      incoming,
      outgoing,
      overrides: { target, ...(body !== undefined && { body }) },
      ...rest,
    });
  };
}

/** A parsed body as it can be read again; null where its text is lost (forms, or a parser that kept nothing). */
function readAhead({ body, headers }: ExpressRequest): string | Uint8Array | null {
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  return body === undefined || /form/i.test(headers["content-type"] ?? "") ? null : JSON.stringify(body);
}

const bodyError = (): AttuneError => {
  return new AttuneError(
    "ATTUNE_EXPRESS_BODY",
    "Something ahead of this middleware has read the request's body and did not leave it in `req.body` as it was. Mount this middleware before it.",
  );
};
