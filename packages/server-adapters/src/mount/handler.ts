/** What every mount takes: the whole of a service over HTTP. */
export interface FetchHandler {
  (request: Request, peer?: Peer): Response | Promise<Response>;
  /**
   * That it asks of a request nothing but its `url`, `method`, `headers`, `signal`, `body`, `bodyUsed`, `text()`, `json()` and `arrayBuffer()`, and hands none on to
   * `new Request` or `fetch`. Mounts on node:http then make no whole `Request` for it, which costs as much as all else that a small request passes before its handler;
   * and it may answer with what only reads as a `Response` does (`PlainResponse` of `@attune/server-adapters/node`).
   */
  readonly readsPlainly?: boolean | undefined;
}

/** Who is at the other end of the connection, where the mount can tell: a proxy, if there is one in between. */
export interface Peer {
  address?: string | undefined;
}

export interface MountOptions {
  /** Told of what the handler threw, or what broke while its response was being sent. The client never sees it. */
  report?(error: unknown): void;
}

/** Methods whose requests have no body in fetch. */
export const BODILESS: ReadonlySet<string | undefined> = new Set(["GET", "HEAD"]);

const PROBLEMS = {
  400: ["ATTUNE_MOUNT_REQUEST", "Bad Request"],
  404: ["ATTUNE_MOUNT_PATH", "Not Found"],
  500: ["ATTUNE_MOUNT_HANDLER", "Internal Server Error"],
} as const;

/** What a mount answers by itself: `application/problem+json` that tells nothing about the service behind it. */
export function problem(status: keyof typeof PROBLEMS): Response {
  const [type, title] = PROBLEMS[status];
  return new Response(JSON.stringify({ type, title, status }), {
    status,
    headers: { "content-type": "application/problem+json" },
  });
}
