import { createServer, request as httpRequest, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type FetchHandler, type NodeListenerOptions, toNodeListener } from "./index.js";

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve)));
  server = undefined;
});

async function start(handler: FetchHandler, options?: NodeListenerOptions): Promise<string> {
  const created = createServer(toNodeListener(handler, options));
  server = created;
  await new Promise<void>((resolve) => created.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(created.address() as AddressInfo).port}`;
}

/** Sends bytes as they are and gives back what came until the server closed the connection. */
async function raw(url: string, text: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(text);
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const endless = (chunk: Uint8Array, onCancel: () => void): ReadableStream<Uint8Array> => {
  return new ReadableStream(
    { pull: (controller) => controller.enqueue(chunk), cancel: onCancel },
    { highWaterMark: 0 },
  );
};

describe("toNodeListener: requests", () => {
  it("hands over method, URL, headers and body", async () => {
    const url = await start(async (request) => {
      const { method, headers } = request;
      return Response.json({ method, url: request.url, a: headers.get("x-a"), body: await request.text() });
    });
    const response = await fetch(`${url}/path?q=1%202`, {
      method: "POST",
      headers: { "x-a": "b" },
      body: "ä😀",
    });
    expect(await response.json()).toEqual({
      method: "POST",
      url: `${url}/path?q=1%202`,
      a: "b",
      body: "ä😀",
    });
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

  it("does not read a body that nobody asks for faster than the socket's buffers fill", async () => {
    const url = await start(async () => {
      await sleep(150);
      return new Response("no", { status: 413 });
    });
    let sent = 0;
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const request = httpRequest(url, { method: "POST" }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.on("error", reject);
      const chunk = Buffer.alloc(64 * 1024);
      const push = (): void => {
        while (sent < 2 ** 30 && request.write(chunk)) sent += chunk.length;
        if (sent < 2 ** 30) request.once("drain", push);
      };
      push();
    });
    expect(status).toBe(413);
    expect(sent).toBeLessThan(64 * 2 ** 20);
  });

  it("gives a body that is wanted as a whole once, in whatever form, and knows that it was used", async () => {
    const url = await start(async (request) => {
      const form = new URL(request.url).searchParams.get("form") as "text" | "json" | "arrayBuffer";
      const before = request.bodyUsed;
      const body = await request[form]();
      const again = await request.text().catch((error: unknown) => (error as Error).name);
      const copy = await new Promise((resolve) => resolve(request.clone())).catch((error) => error.name);
      const given = body instanceof ArrayBuffer ? Buffer.from(body).toString() : body;
      return Response.json({ before, given, after: request.bodyUsed, again, copy });
    });
    const used = { before: false, after: true, again: "TypeError", copy: "TypeError" };
    for (const body of ['{"a":"ä😀"}', `{"long":"${"x".repeat(300_000)}"}`]) {
      for (const form of ["text", "json", "arrayBuffer"]) {
        const answer = await fetch(`${url}/?form=${form}`, { method: "POST", body });
        expect(await answer.json()).toEqual({ ...used, given: form === "json" ? JSON.parse(body) : body });
      }
    }
  });

  it("hands the body on to a request that is made from this one", async () => {
    const url = await start(async (request) => {
      const wrapped = new Request(request, { headers: { "x-a": "b" } });
      return new Response(`${wrapped.headers.get("x-a")} ${await wrapped.text()} ${request.bodyUsed}`);
    });
    const response = await fetch(url, { method: "POST", body: "kept" });
    expect(await response.text()).toBe("b kept true");
  });

  it("rejects where a body that is wanted as a whole breaks off", async () => {
    let failure: unknown;
    const url = await start(async (request) => {
      await request.text().catch((error: unknown) => {
        failure = error;
      });
      return new Response();
    });
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf");
    await sleep(50);
    socket.destroy();
    await expect.poll(() => failure).toBeInstanceOf(TypeError);
  });

  it("keeps the connection usable after a body that was left half-read", async () => {
    const url = await start(async (request) => {
      await request.body?.getReader().read();
      return new Response("ok");
    });
    for (let i = 0; i < 5; i++) {
      const response = await fetch(url, { method: "POST", body: Buffer.alloc(300_000) });
      expect(await response.text()).toBe("ok");
    }
  });

  it("refuses a host or target that makes no URL", async () => {
    const url = await start(() => new Response("reached"));
    for (const host of ["a/b", "user@host", "a b", "evil.com?x=", "a#b"]) {
      expect(await raw(url, `GET /x HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).toMatch(
        /^HTTP\/1.1 400 /,
      );
    }
    expect(await raw(url, "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).toMatch(
      /^HTTP\/1.1 400 /,
    );
    expect(await raw(url, "GET //evil.com/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")).toMatch(
      /reached/,
    );
  });
});

describe("toNodeListener: responses", () => {
  it("sends a body that is ready with its length", async () => {
    const url = await start(() => Response.json({ ok: true }, { status: 201 }));
    const response = await fetch(url);
    expect([response.status, response.headers.get("content-length")]).toEqual([201, "11"]);
    expect(await response.json()).toEqual({ ok: true });
  });

  it("keeps several cookies apart", async () => {
    const headers = new Headers([
      ["set-cookie", "a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT"],
      ["set-cookie", "b=2"],
    ]);
    const url = await start(() => new Response(null, { headers }));
    expect((await fetch(url)).headers.getSetCookie()).toEqual([
      "a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT",
      "b=2",
    ]);
  });

  it("HEAD, 204 and 304 have no body", async () => {
    const url = await start(({ url: asked }) => {
      const status = Number(new URL(asked).pathname.slice(1));
      return new Response(status === 200 ? "text" : null, { status, headers: { "x-a": "b" } });
    });
    for (const [method, status] of [
      ["HEAD", 200],
      ["GET", 204],
      ["GET", 304],
    ] as const) {
      const response = await fetch(`${url}/${status}`, { method });
      expect([response.status, response.headers.get("x-a"), await response.text()]).toEqual([
        status,
        "b",
        "",
      ]);
    }
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

  it("writes no faster than the client reads", async () => {
    let produced = 0;
    const chunk = Buffer.alloc(64 * 1024);
    const url = await start(() => {
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          produced += chunk.length;
          controller.enqueue(chunk);
        },
      });
      return new Response(body);
    });
    const request = httpRequest(url, (response) => response.pause());
    request.end();
    await sleep(300);
    expect(produced).toBeLessThan(64 * 2 ** 20);
    request.destroy();
  });
});

describe("toNodeListener: clients that leave, handlers that fail", () => {
  it("aborts request.signal and cancels the body", async () => {
    let aborted = false;
    let cancelled = false;
    const url = await start((request) => {
      request.signal.addEventListener("abort", () => {
        aborted = true;
      });
      return new Response(
        endless(Buffer.alloc(1000), () => {
          cancelled = true;
        }),
      );
    });
    const response = await fetch(url);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await reader.cancel();
    await expect.poll(() => [aborted, cancelled]).toEqual([true, true]);
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

  it("does not abort the signal of a request that was answered in full", async () => {
    let signal: AbortSignal | undefined;
    const url = await start((request) => {
      signal = request.signal;
      return new Response("ok");
    });
    await (await fetch(url, { headers: { connection: "close" } })).text();
    await sleep(30);
    expect(signal?.aborted).toBe(false);
  });

  it("an error of the handler becomes a 500 that tells nothing, and is reported", async () => {
    const reported: unknown[] = [];
    for (const handler of [
      () => {
        throw new Error("secret");
      },
      async () => {
        throw new Error("secret");
      },
    ] as FetchHandler[]) {
      const url = await start(handler, { report: (error) => reported.push(error) });
      const response = await fetch(url);
      expect([response.status, response.headers.get("content-type")]).toEqual([
        500,
        "application/problem+json",
      ]);
      expect(await response.text()).not.toContain("secret");
    }
    expect(reported.map((error) => (error as Error).message)).toEqual(["secret", "secret"]);
  });

  it("an error in the middle of a body cuts the response off, so that it cannot pass for whole", async () => {
    const reported: unknown[] = [];
    const url = await start(
      () => {
        let chunks = 0;
        return new Response(
          new ReadableStream<Uint8Array>({
            async pull(controller) {
              await sleep(10);
              if (chunks++ < 3) controller.enqueue(Buffer.from("chunk"));
              else controller.error(new Error("secret"));
            },
          }),
        );
      },
      { report: (error) => reported.push(error) },
    );
    await expect(fetch(url).then((response) => response.text())).rejects.toThrow();
    expect(reported).toHaveLength(1);
  });
});
