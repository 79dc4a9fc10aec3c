import { randomUUID } from "node:crypto";
import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { memoryChannel, memoryLog, memoryStore } from "@attune/core/memory";
import { toNodeListener } from "@attune/server-adapters/node";
import { createAttuneServer } from "../server.js";
import type { AttuneServer, AttuneServerOptions } from "../types.js";
import { createAnswerCheck } from "./check-answer.js";

export const WRITE = "wk_for-tests";
export const SECRET = "sk_for-tests";
export const OTHER_SITE_SECRET = "sk_of-another-site";
export const PAGE_ORIGIN = "https://shop.example";

export interface TestServer {
  url: string;
  server: AttuneServer;
  log: ReturnType<typeof memoryLog>;
  store: ReturnType<typeof memoryStore>;
  reports: unknown[];
  /** The server's ends of its connections. */
  connections: ReadonlySet<Socket>;
  /** A call with the write key unless told otherwise; null: no key. */
  call(path: string, init?: RequestInit & { key?: string | null }): Promise<Response>;
  post(path: string, body: unknown, init?: RequestInit & { key?: string | null }): Promise<Response>;
  close(): Promise<void>;
}

/** The server behind real HTTP on a free port, in memory. Whatever it answers to `call` and `post` must be as its own document says. */
export async function startTestServer(options: Partial<AttuneServerOptions> = {}): Promise<TestServer> {
  const [store, log, channel] = [memoryStore(), memoryLog(), memoryChannel()];
  const reports: unknown[] = [];
  const server = createAttuneServer({
    stores: { hot: store },
    log,
    channel,
    auth: {
      keys: [
        { kind: "write", key: WRITE, id: "write", origins: [PAGE_ORIGIN] },
        { kind: "secret", key: SECRET, id: "secret" },
        { kind: "secret", key: OTHER_SITE_SECRET, id: "other", site: "other" },
      ],
    },
    report: (error) => reports.push(error),
    ...options,
  });
  const listener = http.createServer(toNodeListener(server.fetch));
  listener.on("upgrade", (request, socket, head) => {
    if (!server.upgrade(request, socket, head)) socket.destroy();
  });
  const connections = new Set<Socket>();
  listener.on("connection", (socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  // Longer than any test pauses: a connection that the server closes as it is used again would fail the call.
  listener.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  const check = createAnswerCheck(options.basePath ?? "", () => documentOf(options));
  const call: TestServer["call"] = async (path, { key = WRITE, ...init } = {}) => {
    const headers = new Headers(init.headers);
    if (key !== null && !headers.has("authorization")) headers.set("authorization", `Bearer ${key}`);
    const response = await fetch(url + path, { redirect: "manual", ...init, headers });
    await check(init.method ?? "GET", path, response);
    return response;
  };
  return {
    url,
    server,
    log,
    store,
    reports,
    connections,
    call,
    post: (path, body, init = {}) =>
      call(path, {
        method: "POST",
        body: typeof body === "string" ? body : JSON.stringify(body),
        ...init,
        headers: { "content-type": "application/json", ...(init.headers as Record<string, string>) },
      }),
    async close() {
      await server.close();
      listener.closeAllConnections();
      await new Promise((resolve) => listener.close(resolve));
      await Promise.all([log.close(), store.close(), channel.close()]);
    },
  };
}

/** The document of a server with the same routes, whatever limits the one under test has. */
async function documentOf({
  basePath = "",
  dashboard,
  metrics,
}: Partial<AttuneServerOptions>): Promise<unknown> {
  const store = memoryStore();
  const server = createAttuneServer({
    stores: { hot: store },
    auth: { keys: [] },
    basePath,
    ...(dashboard && { dashboard }),
    ...(metrics && { metrics }),
  });
  const answer = await server.fetch(new Request(`http://host${basePath}/openapi.json`));
  await server.close();
  await store.close();
  return answer.json();
}

/** An event in the native shape that the server takes as it is. */
export function nativeEvent(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: `event-${randomUUID()}`,
    schemaVersion: 1,
    name: "Product Viewed",
    visitorId: "visitor-0123456789-abcdefghij",
    sessionId: "session-1",
    occurredAt: Date.now(),
    properties: { product_id: "p-1", category: "garden", price: 10 },
    context: {},
    consent: { purposes: ["analytics", "personalization"], policyVersion: "1" },
    ...more,
  };
}
