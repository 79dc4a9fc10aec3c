import { describe, expect, it, vi } from "vitest";
import type { FetchHandler } from "../mount/handler.js";
import { nextRoute } from "./index.js";

const at = (path: string, init?: RequestInit): Request => new Request(`http://a.example${path}`, init);
const path: FetchHandler = (request) => new Response(new URL(request.url).pathname);

describe("nextRoute", () => {
  it("exports every method, each with the path below its folder", async () => {
    const routes = nextRoute(
      (request) => new Response(`${request.method} ${new URL(request.url).pathname}`),
      {
        basePath: "/shop/attune",
      },
    );
    const { HEAD, ...others } = routes;
    for (const [method, route] of Object.entries(others)) {
      const response = await route(at("/shop/attune/v1/x", { method }));
      expect(await response.text()).toBe(`${method} /v1/x`);
    }
    expect((await HEAD(at("/shop/attune", { method: "HEAD" }))).body).toBeNull();
    expect(await (await others.GET(at("/shop/attune?q=1"))).text()).toBe("GET /");
  });

  it("knows nothing outside its base path", async () => {
    const { GET } = nextRoute(path, { basePath: "/attune/" });
    expect(await (await GET(at("/attune/v1"))).text()).toBe("/v1");
    expect((await GET(at("/attunes/v1"))).status).toBe(404);
  });

  it("makes the handler once, when it is first asked for", async () => {
    const make = vi.fn(async () => path);
    const { GET, POST } = nextRoute(() => make());
    expect(make).not.toHaveBeenCalled();
    const answers = await Promise.all([GET(at("/a")), POST(at("/b", { method: "POST" })), GET(at("/c"))]);
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(["/a", "/b", "/c"]);
    expect(make).toHaveBeenCalledTimes(1);
  });

  it("tries again where making it failed, and reports that", async () => {
    const reported: unknown[] = [];
    const make = vi.fn(async () => path).mockRejectedValueOnce(new Error("secret"));
    const { GET } = nextRoute(() => make(), { report: (error) => reported.push(error) });
    const failed = await GET(at("/a"));
    expect([failed.status, (await failed.text()).includes("secret")]).toEqual([500, false]);
    expect(await (await GET(at("/a"))).text()).toBe("/a");
    expect(reported).toMatchObject([{ message: "secret" }]);
  });

  it("says what to do where a handler without a parameter was taken for one that makes it", async () => {
    const reported: unknown[] = [];
    const { GET } = nextRoute(() => new Response("x"), { report: (error) => reported.push(error) });
    expect((await GET(at("/a"))).status).toBe(500);
    expect(reported).toMatchObject([{ code: "ATTUNE_NEXT_HANDLER" }]);
  });
});
