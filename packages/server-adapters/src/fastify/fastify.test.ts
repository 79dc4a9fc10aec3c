import { connect } from "node:net";
import { createGunzip, gzipSync } from "node:zlib";
import fastify, { type FastifyInstance } from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { fastifyPlugin } from "./index.js";

let app: FastifyInstance | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

async function listen(
  build: (app: FastifyInstance) => void,
  made: FastifyInstance = fastify(),
): Promise<string> {
  app = made;
  build(app);
  return app.listen({ host: "127.0.0.1", port: 0 });
}

const path = (request: Request): Response => new Response(new URL(request.url).pathname);
const echo = fastifyPlugin(async (request) => {
  const { headers } = request;
  return Response.json({ body: await request.text(), coding: headers.get("content-encoding") });
});
const json = { method: "POST", headers: { "content-type": "application/json" }, body: '{"a":1}' };

describe("fastifyPlugin", () => {
  it("answers below its prefix and its base path, and leaves the rest to the app", async () => {
    const url = await listen((app) => {
      app.register(fastifyPlugin(path, { basePath: "/attune/" }), { prefix: "/api" });
      app.register(fastifyPlugin(path), { prefix: "/of/:tenant" });
      app.get("/", () => "the app's own");
      app.get("/api/other", () => "the app's own");
    });
    for (const [asked, seen] of [
      ["/api/attune", "/"],
      ["/api/attune/", "/"],
      ["/api/attune/v1/x", "/v1/x"],
      ["/of/some%2Fone/v1", "/v1"],
      ["/of/b", "/"],
      ["/", "the app's own"],
      ["/api/other", "the app's own"],
    ])
      expect(await (await fetch(url + asked)).text()).toBe(seen);
    for (const asked of ["/api/attunes", "/api/x", "/of", "/other"])
      expect((await fetch(url + asked)).status).toBe(404);
  });

  it("takes the whole app where it is given no path, beside routes that the app has", async () => {
    const url = await listen((app) => {
      app.register(fastifyPlugin(path));
      app.get("/own", () => "the app's own");
    });
    expect(await (await fetch(`${url}/`)).text()).toBe("/");
    expect(await (await fetch(`${url}/v1/x`)).text()).toBe("/v1/x");
    expect(await (await fetch(`${url}/own`)).text()).toBe("the app's own");
  });

  it("finds its path in an app that tells no case and skips slashes", async () => {
    const routerOptions = { caseSensitive: false, ignoreDuplicateSlashes: true, ignoreTrailingSlash: true };
    const url = await listen(
      (app) => app.register(fastifyPlugin(path), { prefix: "/attune" }),
      fastify({ routerOptions }),
    );
    for (const asked of ["/ATTUNE/v1/X", "//attune/v1/X", "/attune//v1/X"])
      expect((await (await fetch(url + asked)).text()).replace("//", "/")).toBe("/v1/X");
    expect(await (await fetch(`${url}/Attune/`)).text()).toBe("/");
  });

  it("leaves the app's own parsers, and their limits, to the app's own routes", async () => {
    const url = await listen((app) => {
      app.register(echo, { prefix: "/attune" });
      app.post("/own", { bodyLimit: 8 }, (request) => ({ parsed: request.body }));
    });
    expect(await (await fetch(`${url}/own`, json)).json()).toEqual({ parsed: { a: 1 } });
    expect((await fetch(`${url}/own`, { ...json, body: '{"a":"longer"}' })).status).toBe(413);
    expect(await (await fetch(`${url}/attune`, json)).json()).toMatchObject({ body: '{"a":1}' });
  });

  it("reads a body that a hook decodes from where the hook puts it", async () => {
    const url = await listen((app) => {
      app.addHook("preParsing", async (request, _reply, payload) => {
        return request.headers["content-encoding"] === "gzip" ? payload.pipe(createGunzip()) : payload;
      });
      app.register(echo, { prefix: "/attune" });
    });
    for (const text of ['{"a":1}', `"${"ä".repeat(400_000)}"`]) {
      const headers = { ...json.headers, "content-encoding": "gzip" };
      const body = new Uint8Array(gzipSync(text));
      const response = await fetch(`${url}/attune`, { ...json, headers, body });
      expect(await response.json()).toEqual({ body: text, coding: null });
    }
  });

  it("rejects where a body that a hook decodes breaks off", async () => {
    let failure: unknown;
    const url = await listen((app) => {
      app.addHook("preParsing", async (_request, _reply, payload) => payload.pipe(createGunzip()));
      const read = fastifyPlugin(async (request) => {
        await request.text().catch((error: unknown) => {
          failure = error;
        });
        return new Response();
      });
      app.register(read, { prefix: "/attune" });
    });
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.write("POST /attune HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\nContent-Length: 100\r\n\r\n");
    socket.write(gzipSync("half").subarray(0, 12));
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await expect.poll(() => failure).toBeInstanceOf(TypeError);
  });

  it("runs the app's hooks: what they refuse never arrives, what they set goes out, once", async () => {
    let answered = 0;
    const url = await listen((app) => {
      app.addHook("preHandler", async (request, reply) => {
        if (request.headers.authorization === undefined) return reply.code(401).send("no");
        reply.header("access-control-allow-origin", "*").header("cache-control", "max-age=1");
        reply.header("set-cookie", "own=1");
      });
      app.addHook("onResponse", async () => void answered++);
      const headers = { "cache-control": "no-store", "set-cookie": "a=1" };
      app.register(
        fastifyPlugin(() => new Response("in", { headers })),
        { prefix: "/attune" },
      );
    });
    expect((await fetch(`${url}/attune/x`)).status).toBe(401);
    const { headers, status } = await fetch(`${url}/attune/x`, { headers: { authorization: "a" } });
    expect(status).toBe(200);
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.getSetCookie()).toEqual(["own=1", "a=1"]);
    await expect.poll(() => answered).toBe(2);
  });

  it("tells the request's logger what the handler threw, unless it is given another to tell", async () => {
    const lines: string[] = [];
    const reported: unknown[] = [];
    const fail = (): Response => {
      throw new Error("secret");
    };
    const logger = { level: "error", stream: { write: (line: string) => void lines.push(line) } };
    const url = await listen(
      (app) => {
        app.register(fastifyPlugin(fail), { prefix: "/a" });
        app.register(fastifyPlugin(fail, { report: (error) => reported.push(error) }), { prefix: "/b" });
      },
      fastify({ logger }) as unknown as FastifyInstance,
    );
    expect((await fetch(`${url}/a`)).status).toBe(500);
    expect((await fetch(`${url}/b`)).status).toBe(500);
    expect([lines.length, reported.length]).toEqual([1, 1]);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ reqId: "req-1", err: { message: "secret" } });
  });
});
