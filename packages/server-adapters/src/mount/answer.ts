import { safeReport } from "@attune/core";
import { BODILESS, type FetchHandler, type MountOptions, problem } from "./handler.js";
import { SignalledRequest } from "./signalled-request.js";

/** Path and query, as they were sent. */
export function targetOf(request: Request): string {
  const { pathname, search } = new URL(request.url);
  return pathname + search;
}

export interface Readdressed {
  /** Path and query that the handler is to see. */
  target: string;
  /** The body, where something ahead has read it already. */
  body?: BodyInit;
}

/** The request under another path; its body is read only as it is wanted. */
export function readdress(request: Request, { target, body }: Readdressed): Request {
  const { method, headers } = request;
  const init: RequestInit & { duplex: "half" } = { method, headers, duplex: "half" };
  if (!BODILESS.has(method)) init.body = body ?? bodyOf(request);
  // Put together as text: `//host/x` is a path here, and would be another host to whoever resolves it.
  return new SignalledRequest(new URL(request.url).origin + target, init, request);
}

/** Opens the request's body with the first read: servers give up a connection whose body was opened and not read to its end. */
function bodyOf(request: Request): ReadableStream<Uint8Array> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        reader ??= request.body?.getReader();
        const chunk = await reader?.read();
        if (chunk?.value === undefined) controller.close();
        else controller.enqueue(chunk.value);
      },
      cancel: (reason) => reader?.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** The handler's response, for frameworks that send it themselves. Never rejects. */
export async function answer(
  handler: FetchHandler,
  request: Request,
  options: MountOptions,
): Promise<Response> {
  try {
    const response = await handler(request);
    if (request.method !== "HEAD") return response;
    // Nobody will read it, and an event stream does not end by itself.
    await response.body?.cancel();
    const { status, statusText, headers } = response;
    return new Response(null, { status, statusText, headers });
  } catch (error) {
    // What fails because the client left is no failure.
    if (!request.signal.aborted) safeReport(options)(error);
    return problem(500);
  }
}
