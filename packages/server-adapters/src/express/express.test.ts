import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import express from "express";
import { afterEach, describe, expect, it } from "vitest";
import { expressMount } from "./index.js";

let server: Server | undefined;
afterEach(async () => {
  await new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve)));
  server = undefined;
});

async function listen(app: express.Express): Promise<string> {
  server = await new Promise<Server>((resolve) => {
    const created = app.listen(0, "127.0.0.1", () => resolve(created));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const echo = expressMount(async (request) => {
  const { pathname, search } = new URL(request.url);
  return Response.json({ method: request.method, path: pathname + search, body: await request.text() });
});
const post = async (url: string, init: RequestInit = {}): Promise<Response> => {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"a":[1,"ä"]}',
    ...init,
  });
};

describe("expressMount", () => {
  it("answers below the path it is mounted under, and leaves the rest to the app", async () => {
    const app = express();
    app.use("/attune", echo);
    app.get("/other", (_request, response) => void response.send("the app's own"));
    const url = await listen(app);
    expect(await (await fetch(`${url}/attune/v1/x?q=1`)).json()).toEqual({
      method: "GET",
      path: "/v1/x?q=1",
      body: "",
    });
    expect(await (await fetch(`${url}/attune?q=1`)).json()).toMatchObject({ path: "/?q=1" });
    expect(await (await fetch(`${url}/other`)).text()).toBe("the app's own");
  });

  it("takes a base path off, and passes what lies outside it on", async () => {
    const app = express();
    app.use(expressMount((request) => new Response(new URL(request.url).pathname), { basePath: "/api/" }));
    app.use((_request, response) => void response.status(404).send("the app's own"));
    const url = await listen(app);
    expect(await (await fetch(`${url}/api/events`)).text()).toBe("/events");
    expect(await (await fetch(`${url}/api`)).text()).toBe("/");
    expect(await (await fetch(`${url}/apis`)).text()).toBe("the app's own");
  });

  it("leaves the path on where it stands on a route", async () => {
    const app = express();
    app.all("/attune{/*rest}", echo);
    const url = await listen(app);
    expect(await (await fetch(`${url}/attune`)).json()).toMatchObject({ path: "/attune" });
    expect(await (await fetch(`${url}/attune/v1?q=1`)).json()).toMatchObject({ path: "/attune/v1?q=1" });
  });

  it("keeps cookies that the app has set ahead of it", async () => {
    const app = express();
    app.use((_request, response, next) => {
      response.cookie("own", "1", { path: "/" });
      next();
    });
    app.use(expressMount(() => new Response(null, { headers: { "set-cookie": "a=1" } })));
    expect((await fetch(await listen(app))).headers.getSetCookie()).toEqual(["own=1; Path=/", "a=1"]);
  });

  it("reuses a body that express.json(), text() or raw() has read, compressed or not", async () => {
    const parsers = [express.json(), express.text({ type: "*/*" }), express.raw({ type: "*/*" })];
    for (const parser of parsers) {
      const app = express();
      app.use(parser, echo);
      const url = await listen(app);
      expect(await (await post(url)).json()).toMatchObject({ body: '{"a":[1,"ä"]}' });
      const headers = { "content-type": "application/json", "content-encoding": "gzip" };
      const compressed = await post(url, { headers, body: new Uint8Array(gzipSync('{"a":1}')) });
      expect(await compressed.json()).toMatchObject({ body: '{"a":1}' });
      await new Promise((resolve) => server?.close(resolve));
    }
  });

  it("says what to do where the body is lost", async () => {
    const app = express();
    let error: unknown;
    app.use(express.urlencoded({ extended: false }), echo);
    app.use(
      (
        thrown: unknown,
        _request: express.Request,
        response: express.Response,
        _next: express.NextFunction,
      ) => {
        error = thrown;
        response.status(500).end();
      },
    );
    const response = await post(await listen(app), {
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: "a=1",
    });
    expect(response.status).toBe(500);
    expect(error).toMatchObject({
      code: "ATTUNE_EXPRESS_BODY",
      message: expect.stringContaining("Mount this middleware before"),
    });
  });
});
