import { gzipSync } from "node:zlib";
import { Hono, type HonoRequest } from "hono";
import { describe, expect, it } from "vitest";
import { honoMount } from "./index.js";

const path = honoMount((request) => {
  const { pathname, search } = new URL(request.url);
  return new Response(pathname + search);
});
const ask = async (app: Hono, asked: string): Promise<string> => {
  return (await app.fetch(new Request(`http://a.example${asked}`))).text();
};
const post = (body: BodyInit, headers: Record<string, string> = {}): Request => {
  const init = { method: "POST", headers: { "content-type": "application/json", ...headers }, body };
  return new Request("http://a.example/attune/x", init);
};

describe("honoMount on app.fetch", () => {
  it("takes off what its route stands after, in whatever app it is", async () => {
    const inner = new Hono().all("/attune/*", path);
    const app = new Hono()
      .route("/api", inner)
      .all("/of/:tenant/*", path)
      .all("/exact", path)
      .get("/own", (c) => c.text("the app's own"));
    for (const [asked, seen] of [
      ["/api/attune", "/"],
      ["/api/attune/", "/"],
      ["/api/attune?q=1", "/?q=1"],
      ["/api/attune/v1/a%2Fb?q=%26", "/v1/a%2Fb?q=%26"],
      ["/of/some%2Fone/v1", "/v1"],
      ["/exact", "/exact"],
      ["/own", "the app's own"],
      ["/api/attunes", "404 Not Found"],
    ] as const)
      expect(await ask(app, asked)).toBe(seen);
    expect(await ask(new Hono().all("*", path), "/v1")).toBe("/v1");
  });

  it("takes a base path off instead, and passes what lies outside it on", async () => {
    const mount = honoMount((request) => new Response(new URL(request.url).pathname), {
      basePath: "/api/attune",
    });
    const app = new Hono().use("/api/*", mount).all("/api/*", (c) => c.text("the app's own"));
    expect(await ask(app, "/api/attune/v1")).toBe("/v1");
    expect(await ask(app, "/api/attunes")).toBe("the app's own");
    const whole = honoMount((request) => new Response(new URL(request.url).pathname), { basePath: "" });
    expect(await ask(new Hono().all("/attune/*", whole), "/attune/v1")).toBe("/attune/v1");
  });

  it("hands the request itself on: bytes, signal, and nothing for HEAD to produce", async () => {
    const compressed = new Uint8Array(gzipSync('{"a":1}'));
    let cancelled = false;
    let signal: AbortSignal | undefined;
    const mount = honoMount(async (request) => {
      ({ signal } = request);
      if (request.method !== "HEAD") return new Response(await request.arrayBuffer());
      const body = new ReadableStream({
        cancel() {
          cancelled = true;
        },
      });
      return new Response(body, { status: 202, headers: { "x-a": "b" } });
    });
    const app = new Hono().all("/attune/*", mount);
    const response = await app.fetch(post(compressed, { "content-encoding": "gzip" }));
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(compressed);

    const leaving = new AbortController();
    const init = { method: "HEAD", signal: leaving.signal };
    const head = await app.fetch(new Request("http://a.example/attune/x", init));
    expect([head.status, head.headers.get("x-a"), head.body, cancelled]).toEqual([202, "b", null, true]);
    leaving.abort();
    expect(signal?.aborted).toBe(true);
  });

  it("hands a body on that middleware has read through Hono, and says what to do where it is lost", async () => {
    const echo = honoMount(async (request) => new Response(await request.text()));
    const reads: Record<string, (request: HonoRequest) => Promise<unknown>> = {
      json: (request) => request.json(),
      text: (request) => request.text(),
      arrayBuffer: (request) => request.arrayBuffer(),
      raw: (request) => request.raw.text(),
    };
    for (const [name, read] of Object.entries(reads)) {
      let error: unknown;
      const app = new Hono()
        .use(async (c, next) => {
          await read(c.req);
          await next();
        })
        .all("/attune/*", echo)
        .onError((thrown, c) => {
          error = thrown;
          return c.text("lost", 500);
        });
      const answered = await (await app.fetch(post('{"a":[1,"ä"]}'))).text();
      expect(answered).toBe(name === "raw" ? "lost" : '{"a":[1,"ä"]}');
      if (name === "raw") expect(error).toMatchObject({ code: "ATTUNE_HONO_BODY" });
    }
  });

  it("leaves the response to middleware around it", async () => {
    const app = new Hono()
      .use(async (c, next) => {
        c.res.headers.set("x-before", "1");
        await next();
        c.header("x-after", "2");
      })
      .all("/attune/*", path);
    const { headers } = await app.fetch(new Request("http://a.example/attune/x"));
    expect([headers.get("x-before"), headers.get("x-after")]).toEqual(["1", "2"]);
  });
});
