import { request as httpRequest, type IncomingMessage } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it as vitestIt } from "vitest";
import type { FetchHandler, MountOptions } from "../src/mount/handler.js";

export interface Mounted {
  /** Where the handler's root is, without a slash at its end. */
  url: string;
  stop(): Promise<void>;
}

/** Starts a real server of the framework on a free port, with the handler below a base path where the framework knows any. */
export type Mount = (handler: FetchHandler, options?: MountOptions) => Promise<Mounted>;

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What `text()` of a plain client hides: every header as it came. */
const rawHead = (url: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    httpRequest(url, { agent: false }, (response) => resolve(response.resume()))
      .on("error", reject)
      .end();
  });

/**
 * One battery for all mounts: what a handler may rely on, whatever carries it. A case that the framework's own server cannot keep is left
 * out by its name, with the reason.
 */
export function mountBattery(name: string, mount: Mount, without: Record<string, string> = {}): void {
  const it = (title: string, test: () => Promise<void>): void => {
    const reason = without[title];
    if (reason === undefined) vitestIt(title, test);
    else vitestIt.skip(`${title} (${reason})`, test);
  };
  let mounted: Mounted | undefined;
  afterEach(async () => {
    await mounted?.stop();
    mounted = undefined;
  });
  const start: (...given: Parameters<Mount>) => Promise<string> = async (handler, options) => {
    await mounted?.stop();
    mounted = await mount(handler, options);
    return mounted.url;
  };
  const echo: FetchHandler = async (request) => {
    const { method, headers } = request;
    const { pathname, search, searchParams, origin } = new URL(request.url);
    const query = [...searchParams];
    return Response.json({
      method,
      pathname,
      search,
      query,
      origin,
      a: headers.get("x-a"),
      body: await request.text(),
    });
  };

  describe(`${name}: requests`, () => {
    it("hands over method, path below the mount, query, headers and body", async () => {
      const url = await start(echo);
      const init = { headers: { "x-a": "b", "content-type": "application/json" }, body: '{"a":"ä😀"}' };
      for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
        const response = await fetch(`${url}/path?q=1%202&q=&%C3%A4=%26`, { method, ...init });
        const query = [
          ["q", "1 2"],
          ["q", ""],
          ["ä", "&"],
        ];
        const seen = { method, pathname: "/path", query, a: "b", body: init.body };
        expect(await response.json()).toMatchObject(seen);
      }
      expect(await (await fetch(`${url}?q=1`)).json()).toMatchObject({ pathname: "/", query: [["q", "1"]] });
    });

    it("leaves paths as they are encoded", async () => {
      const url = await start(echo);
      for (const pathname of [
        "/",
        "/a%2Fb/c%20d",
        "/caf%C3%A9/%F0%9F%98%80",
        "/100%25/%2e%2e%2f",
        "/a+b;c=d,e@f",
      ])
        expect(await (await fetch(url + pathname)).json()).toMatchObject({ pathname });
    });

    it("leaves queries as they are encoded", async () => {
      const url = await start(echo);
      for (const search of ["?x=%26&y=a+b&y=%20&y=%2B", "?u=http://a.b/c", "?flag"])
        expect(await (await fetch(`${url}/x${search}`)).json()).toMatchObject({ search });
    });

    it("knows the origin that it was asked at", async () => {
      const url = await start(echo);
      const { origin } = new URL(url);
      expect(await (await fetch(`${url}/x`)).json()).toMatchObject({ origin });
    });

    it("takes no host from a path", async () => {
      const url = await start((request) => new Response(new URL(request.url).host));
      expect(await (await fetch(`${url}//evil.example/x`)).text()).not.toContain("evil");
    });

    it("hands over bodies byte by byte: more than 1 MiB, compressed, of any type or of none", async () => {
      const url = await start(async (request) => {
        const { headers } = request;
        const length = headers.get("content-length");
        const bytes = Buffer.from(await request.arrayBuffer());
        const given = headers.get("x-check") === bytes.toString("base64url").slice(-40);
        return Response.json({
          given,
          read: bytes.length,
          length: Number(length),
          coding: headers.get("content-encoding"),
        });
      });
      const large = Buffer.alloc(2 ** 20 + 12_345, "0123456789abcdefghijk");
      const bodies: [Buffer, Record<string, string>][] = [
        [large, { "content-type": "application/json" }],
        [gzipSync('{"a":1}'), { "content-type": "application/json", "content-encoding": "gzip" }],
        [Buffer.from([0, 255, 254, 10]), { "content-type": "application/octet-stream" }],
        [Buffer.from("a=1&b=%20"), { "content-type": "application/x-www-form-urlencoded" }],
        [Buffer.from('{"cut'), { "content-type": "application/json; charset=utf-8" }],
        [Buffer.from("no type"), {}],
      ];
      for (const [bytes, headers] of bodies) {
        const check = { "x-check": bytes.toString("base64url").slice(-40) };
        const response = await fetch(url, {
          method: "POST",
          body: new Uint8Array(bytes),
          headers: { ...headers, ...check },
        });
        expect(await response.json()).toEqual({
          given: true,
          read: bytes.length,
          length: bytes.length,
          coding: headers["content-encoding"] ?? null,
        });
      }
      const empty = await fetch(url, { method: "POST", headers: { "content-type": "application/json" } });
      expect(await empty.json()).toMatchObject({ read: 0, length: 0 });
    });

    it("streams the body in while it is still being sent", async () => {
      const seen: string[] = [];
      const url = await start(async (request) => {
        const reader = request.body?.getReader();
        for (let chunk = await reader?.read(); chunk?.value; chunk = await reader?.read())
          seen.push(Buffer.from(chunk.value).toString());
        return new Response(seen.join("|"));
      });
      const body = new ReadableStream<Uint8Array>({
        async start(controller) {
          controller.enqueue(Buffer.from("one"));
          for (let i = 0; seen.length === 0 && i < 200; i++) await sleep(5);
          controller.enqueue(Buffer.from("two"));
          controller.close();
        },
      });
      const init: RequestInit & { duplex: "half" } = { method: "POST", body, duplex: "half" };
      expect(await (await fetch(url, init)).text()).toBe("one|two");
    });

    for (const [what, read] of [
      ["unread", 0],
      ["half-read", 1],
    ] as const) {
      it(`keeps the connection usable after a body that was left ${what}`, async () => {
        const url = await start(async (request) => {
          if (read > 0) await request.body?.getReader().read();
          return new Response("ok");
        });
        for (let i = 0; i < 5; i++) {
          const response = await fetch(url, { method: "POST", body: Buffer.alloc(300_000) });
          expect(await response.text()).toBe("ok");
        }
      });
    }
  });

  describe(`${name}: responses`, () => {
    it("sends status, headers and body as they are, every header once", async () => {
      const headers = {
        "content-type": "application/json",
        "cache-control": "no-store",
        etag: '"1"',
        "x-a": "b",
      };
      const url = await start(() => new Response('{"ok":true}', { status: 201, headers }));
      const response = await fetch(url);
      expect([response.status, await response.json()]).toEqual([201, { ok: true }]);
      const { rawHeaders, headers: seen } = await rawHead(url);
      const names = rawHeaders.filter((_, index) => index % 2 === 0).map((header) => header.toLowerCase());
      expect(names.length).toBe(new Set(names).size);
      expect(seen).toMatchObject(headers);
    });

    it("keeps several cookies apart", async () => {
      const cookies = ["a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT", "b=2"];
      const headers = new Headers(cookies.map((cookie): [string, string] => ["set-cookie", cookie]));
      const url = await start(() => new Response(null, { headers }));
      expect((await fetch(url)).headers.getSetCookie()).toEqual(cookies);
    });

    it("HEAD, 204 and 304 have no body, and nobody produces one", async () => {
      let cancelled = 0;
      const url = await start(({ method, url: asked }) => {
        const status = Number(new URL(asked).pathname.slice(1));
        const body = new ReadableStream({ cancel: () => void cancelled++ });
        return new Response(status === 200 ? body : null, { status, headers: { "x-a": method } });
      });
      for (const [method, status] of [
        ["HEAD", 200],
        ["GET", 204],
        ["GET", 304],
      ] as const) {
        const response = await fetch(`${url}/${status}`, { method });
        const seen = [response.status, response.headers.get("x-a"), await response.text()];
        expect(seen).toEqual([status, method, ""]);
      }
      expect(cancelled).toBe(1);
    });

    it("a large body arrives whole", async () => {
      const bytes = Buffer.alloc(5_000_000, "abcdefg");
      const url = await start(() => new Response(bytes));
      expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(bytes)).toBe(true);
    });

    it("an event stream is open before its first event, and events arrive one by one", async () => {
      let push: ((text: string) => void) | undefined;
      const url = await start(() => {
        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            push = (text) => controller.enqueue(Buffer.from(text));
          },
        });
        return new Response(body, { headers: { "content-type": "text/event-stream" } });
      });
      const response = await fetch(url);
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      for (const text of ["data: 1\n\n", "data: 2\n\n"]) {
        push?.(text);
        expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe(text);
      }
      await reader.cancel();
    });
  });

  describe(`${name}: clients that leave, handlers that fail`, () => {
    it("aborts request.signal and cancels the body", async () => {
      const gone: string[] = [];
      const url = await start((request) => {
        request.signal.addEventListener("abort", () => gone.push("aborted"));
        const body = new ReadableStream<Uint8Array>({
          async pull(controller) {
            await sleep(5);
            controller.enqueue(Buffer.from("data: x\n\n"));
          },
          cancel: () => void gone.push("cancelled"),
        });
        return new Response(body, { headers: { "content-type": "text/event-stream" } });
      });
      const response = await fetch(url);
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      await reader.read();
      await reader.cancel();
      await expect.poll(() => gone.sort()).toEqual(["aborted", "cancelled"]);
    });

    it("aborts while the handler is still at work, and reports nothing then", async () => {
      const reported: unknown[] = [];
      let signal: AbortSignal | undefined;
      const url = await start(
        async (request) => {
          signal = request.signal;
          await new Promise((_, reject) =>
            request.signal.addEventListener("abort", () => reject(new Error("left"))),
          );
          return new Response();
        },
        { report: (error) => reported.push(error) },
      );
      const leaving = new AbortController();
      const answer = fetch(url, { signal: leaving.signal }).catch(() => "left");
      await expect.poll(() => signal).toBeDefined();
      leaving.abort();
      expect(await answer).toBe("left");
      await expect.poll(() => signal?.aborted).toBe(true);
      await sleep(20);
      expect(reported).toEqual([]);
    });

    it("an error of the handler becomes a 500 that tells nothing, and is reported", async () => {
      const reported: unknown[] = [];
      const url = await start(
        (request) => {
          if (request.method === "GET") throw new Error("secret");
          return Promise.reject(new Error("secret"));
        },
        { report: (error) => reported.push(error) },
      );
      for (const method of ["GET", "POST"]) {
        const response = await fetch(url, { method });
        const { status, headers } = response;
        expect([status, headers.get("content-type")]).toEqual([500, "application/problem+json"]);
        expect(await response.text()).not.toContain("secret");
      }
      expect(reported.map((error) => (error as Error).message)).toEqual(["secret", "secret"]);
    });

    it("an error in the middle of a body cuts the response off, so that it cannot pass for whole", async () => {
      const url = await start(() => {
        let chunks = 0;
        const body = new ReadableStream<Uint8Array>({
          async pull(controller) {
            await sleep(10);
            if (chunks++ < 3) controller.enqueue(Buffer.from("chunk"));
            else controller.error(new Error("secret"));
          },
        });
        return new Response(body);
      });
      await expect(fetch(url).then((response) => response.text())).rejects.toThrow();
    });
  });
}
