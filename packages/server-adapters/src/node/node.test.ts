import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, request as httpRequest, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type FetchHandler, type NodeListenerOptions, toNodeListener } from "./index.js";
import { sendResponse } from "./response.js";

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
describe("toNodeListener: requests", () => {
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

describe("toNodeListener behind `compression`, which takes listeners for `drain` to its own stream", () => {
  it("waits with one listener however often it is full, and ends where the client leaves meanwhile", async () => {
    const own = new EventEmitter();
    const chunk = Buffer.alloc(256 * 1024);
    let [isCancelled, produced] = [false, 0];
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        produced++;
        controller.enqueue(chunk);
      },
      cancel() {
        isCancelled = true;
      },
    });
    let sent: Promise<void> | undefined;
    const created = createServer((_, outgoing) => {
      const { on } = outgoing;
      on.call(outgoing, "drain", () => own.emit("drain"));
      outgoing.on = function (this: typeof outgoing, name: string, listener: () => void) {
        return name === "drain" ? own.on(name, listener) : on.call(this, name, listener);
      } as typeof on;
      sent = sendResponse(new Response(body), outgoing, false);
    });
    server = created;
    await new Promise<void>((resolve) => created.listen(0, "127.0.0.1", resolve));
    const request = httpRequest({ port: (created.address() as AddressInfo).port }).end();
    const [incoming] = (await once(request, "response")) as [IncomingMessage];
    let taken = 0;
    for await (const piece of incoming) if ((taken += (piece as Buffer).length) > 20 * chunk.length) break;
    await vi.waitFor(() => expect(isCancelled).toBe(true));
    await sent;
    expect(own.listenerCount("drain")).toBe(1);
    expect(own.listenerCount("close")).toBe(0);
    expect(produced).toBeGreaterThan(20);
  });
});

describe("toNodeListener: clients that leave, handlers that fail", () => {
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

  it("answers where the host's own report fails as well", async () => {
    const fails = () => {
      throw new Error("no");
    };
    const url = await start(fails, { report: fails });
    expect((await fetch(url)).status).toBe(500);
  });

  it("T12 a body that breaks off while its client reads nothing is cut off too, and its connection with it", async () => {
    let fail: (error: Error) => void = () => undefined;
    const url = await start(() => {
      const chunk = Buffer.alloc(64 * 1024);
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => void (fail = (error) => controller.error(error)),
        pull: (controller) => controller.enqueue(chunk),
      });
      return new Response(body);
    });
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.on("error", () => undefined).pause();
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const connections = (): Promise<number> =>
      new Promise((resolve) => server?.getConnections((_, count) => resolve(count)));
    // By then the buffers on the way are full.
    await sleep(300);
    expect(await connections()).toBe(1);
    fail(new Error("the reader did not keep up"));
    await expect.poll(connections, { timeout: 5000 }).toBe(0);
    socket.destroy();
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
