import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type FetchHandler, type PlainRequest, toNodeListener } from "./index.js";

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve)));
  server = undefined;
});

async function start(handler: FetchHandler): Promise<string> {
  const created = createServer(toNodeListener(handler));
  server = created;
  await new Promise<void>((resolve) => created.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(created.address() as AddressInfo).port}`;
}

const plainly = (handler: (request: PlainRequest) => Response | Promise<Response>): FetchHandler =>
  Object.assign(handler, { readsPlainly: true as const });

/** What each of them makes of a second reading. */
const again = (request: PlainRequest): Promise<unknown> =>
  request.text().then(
    (text) => text,
    (error: unknown) => (error as Error).name,
  );

describe("a handler that reads plainly", () => {
  it("gets no whole request, and any other gets one", async () => {
    const told = (request: Request): Response => Response.json(request instanceof Request);
    expect(await (await fetch(await start(told))).json()).toBe(true);
    server?.close();
    expect(await (await fetch(await start(plainly((request) => told(request as Request))))).json()).toBe(
      false,
    );
  });

  it("reads a body once, in whatever form, and knows that it was used", async () => {
    const forms: Record<string, (request: PlainRequest) => Promise<unknown>> = {
      text: (request) => request.text(),
      json: async (request) => JSON.stringify(await request.json()),
      bytes: async (request) => new TextDecoder().decode(await request.arrayBuffer()),
      stream: (request) => new Response(request.body).text(),
    };
    const handler = plainly(async (request) => {
      const form = forms[new URL(request.url).pathname.slice(1)];
      const before = request.bodyUsed;
      const read = await form?.(request);
      return Response.json([before, read, request.bodyUsed, await again(request)]);
    });
    const url = await start(handler);
    const body = '{"a":"ä😀"}';
    for (const form of Object.keys(forms)) {
      const answer = await fetch(`${url}/${form}`, { method: "POST", body });
      expect(await answer.json(), form).toEqual([false, body, true, "TypeError"]);
    }
    const none = await fetch(`${url}/text`);
    expect(await none.json()).toEqual([false, "", false, ""]);
  });
});
