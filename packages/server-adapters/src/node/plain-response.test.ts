import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type ByteSink, type ByteSource, PlainResponse, streamOf, toNodeListener } from "./index.js";

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve)));
  server = undefined;
});

type Ahead = (outgoing: ServerResponse) => void;

/** @param ahead What an application does to the response before the mount has it. */
async function start(
  respond: () => Response,
  report = vi.fn(),
  ahead: Ahead = () => undefined,
): Promise<string> {
  const handler = Object.assign(() => respond(), { readsPlainly: true as const });
  const listener = toNodeListener(handler, { report });
  const created = createServer((incoming, outgoing) => {
    ahead(outgoing);
    listener(incoming, outgoing);
  });
  server = created;
  await new Promise<void>((resolve) => created.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(created.address() as AddressInfo).port}`;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const opened = (url: string): Promise<IncomingMessage> => new Promise((resolve) => get(url, resolve));

/** Gives its chunks as fast as it is asked, then nothing more until told. */
function sourceOf(chunks: Uint8Array[]) {
  let sink: ByteSink | null = null;
  let asked = 0;
  let cancelled = 0;
  const source: ByteSource = {
    start(given) {
      sink = given;
    },
    pull() {
      asked += 1;
      const next = chunks.shift();
      if (next !== undefined) sink?.enqueue(next);
    },
    cancel() {
      cancelled += 1;
    },
  };
  return {
    source,
    sink: () => sink as ByteSink,
    get asked() {
      return asked;
    },
    get cancelled() {
      return cancelled;
    },
  };
}

describe("a plain response", () => {
  const contents: Record<
    string,
    [content: () => string | Uint8Array<ArrayBuffer> | ByteSource | null, text: string]
  > = {
    text: [() => '{"a":"ä😀"}', '{"a":"ä😀"}'],
    bytes: [() => bytes("ä😀"), "ä😀"],
    nothing: [() => null, ""],
    source: [
      () => {
        const one = sourceOf([bytes("a"), bytes("b")]);
        const { pull } = one.source;
        one.source.pull = () => (one.asked === 2 ? one.sink().close() : pull());
        return one.source;
      },
      "ab",
    ],
  };

  it("reads as a Response with the same in it, once", async () => {
    for (const [name, [content, text]] of Object.entries(contents)) {
      const plain = new PlainResponse(content(), { status: 201, headers: { "x-a": "b" } });
      const whole = new Response(await new PlainResponse(content()).arrayBuffer(), { status: 201 });
      expect([plain.status, plain.ok, plain.statusText, plain.headers.get("x-a")], name).toEqual([
        whole.status,
        whole.ok,
        whole.statusText,
        "b",
      ]);
      expect(plain.isEmpty, name).toBe(plain.body === null);
      expect(plain.bodyUsed, name).toBe(false);
      expect(await plain.clone().text(), name).toBe(text);
      expect(await plain.text(), name).toBe(text);
      expect(plain.bodyUsed, name).toBe(name !== "nothing");
      expect(await new PlainResponse(content()).blob().then((blob) => blob.text()), name).toBe(text);
      expect(new TextDecoder().decode(await new PlainResponse(content()).bytes()), name).toBe(text);
    }
    expect(await new PlainResponse('{"a":1}').json()).toEqual({ a: 1 });
    expect(new PlainResponse("a").headers.get("content-type")).toBe(
      new Response("a").headers.get("content-type"),
    );
    const twice = new PlainResponse("a");
    await twice.text();
    await expect(twice.text()).rejects.toBeInstanceOf(TypeError);
  });

  it("is written once: what was taken cannot be read, and what is read cannot be taken", async () => {
    const taken = new PlainResponse("a");
    expect(taken.take()).toBe("a");
    expect([taken.take(), taken.bodyUsed]).toEqual([undefined, true]);
    await expect(taken.text()).rejects.toBeInstanceOf(TypeError);
    const read = new PlainResponse("a");
    void read.body;
    expect(read.take()).toBeUndefined();
  });

  it("has the headers of the Response that it was made into", () => {
    const plain = new PlainResponse("a", { headers: { "x-a": "1" } });
    const whole = plain.whole();
    plain.headers.set("x-a", "2");
    expect([whole.headers.get("x-a"), plain.whole()]).toEqual(["2", whole]);
  });

  it("leaves other headers their bytes, and is whole under any class of stream", async () => {
    const latin: Ahead = (outgoing) => outgoing.setHeader("x-name", "café");
    const url = await start(() => new PlainResponse("ä"), vi.fn(), latin);
    const incoming = await opened(url);
    expect(incoming.headers["x-name"]).toBe("café");
    incoming.resume();
    server?.close();
    // As of another realm: nothing but its methods tell what it is.
    const foreign = Object.assign(new Response("whole"), {});
    const { body } = foreign;
    const stream = { getReader: () => body?.getReader(), cancel: () => body?.cancel() };
    Object.defineProperty(foreign, "body", { value: stream });
    expect(await (await fetch(await start(() => foreign))).text()).toBe("whole");
  });

  it("goes over node:http as its Response does", async () => {
    for (const [name, [content, text]] of Object.entries(contents)) {
      const said: unknown[] = [];
      for (const make of [() => new PlainResponse(content()), () => new PlainResponse(content()).whole()]) {
        const url = await start(make);
        for (const method of ["GET", "HEAD"]) {
          const answer = await fetch(url, { method });
          const { date: _, ...headers } = Object.fromEntries(answer.headers);
          said.push([answer.status, headers, await answer.text()]);
        }
        server?.closeAllConnections();
        server?.close();
      }
      expect(said.slice(0, 2), name).toEqual(said.slice(2));
      expect((said[0] as string[])[2], name).toBe(text);
    }
  });
});

describe("a source of bytes over node:http", () => {
  it("is connected before anything comes, asked for one chunk at a time, and told when the client leaves", async () => {
    const one = sourceOf([]);
    const incoming = await opened(await start(() => new PlainResponse(one.source)));
    expect([incoming.statusCode, one.asked]).toEqual([200, 1]);
    const read: string[] = [];
    incoming.on("data", (chunk: Buffer) => read.push(String(chunk)));
    one.sink().enqueue(bytes("a"));
    await vi.waitFor(() => expect(read).toEqual(["a"]));
    expect([one.asked, one.cancelled]).toEqual([2, 0]);
    incoming.destroy();
    await vi.waitFor(() => expect(one.cancelled).toBe(1));
    // What comes too late goes nowhere.
    one.sink().enqueue(bytes("b"));
    one.sink().close();
    expect(one.asked).toBe(2);
  });

  it("is asked for no more than the client takes, and for the rest when it takes it", async () => {
    const chunk = new Uint8Array(1 << 20).fill(65);
    const chunks = Array.from({ length: 64 }, () => chunk);
    const one = sourceOf(chunks);
    const incoming = await opened(await start(() => new PlainResponse(one.source)));
    await vi.waitFor(() => expect(one.asked).toBeGreaterThan(0));
    const before = one.asked;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(one.asked).toBe(before);
    expect(chunks.length).toBeGreaterThan(0);
    let total = 0;
    incoming.on("data", ({ length }: Buffer) => {
      total += length;
    });
    await vi.waitFor(() => expect(total).toBe(64 << 20), 10_000);
  });

  it("is cancelled, and not asked, where nobody reads a body", async () => {
    const one = sourceOf([bytes("a")]);
    await fetch(await start(() => new PlainResponse(one.source)), { method: "HEAD" });
    expect([one.asked, one.cancelled]).toEqual([0, 1]);
  });

  it("breaks the connection off where something is missing, and reports it of one that reads", async () => {
    const report = vi.fn();
    const one = sourceOf([bytes("a")]);
    const incoming = await opened(await start(() => new PlainResponse(one.source), report));
    const broken = new Promise((resolve) => incoming.on("error", resolve));
    incoming.resume();
    const failure = new Error("gone");
    one.sink().error(failure);
    expect(await broken).toMatchObject({ code: "ECONNRESET" });
    expect(report.mock.calls).toEqual([[failure]]);
    expect(one.cancelled).toBe(0);
  });

  it("says nothing of one that takes nothing and is cut off", async () => {
    const report = vi.fn();
    const one = sourceOf(Array.from({ length: 64 }, () => new Uint8Array(1 << 20)));
    const incoming = await opened(await start(() => new PlainResponse(one.source), report));
    await vi.waitFor(() => expect(one.asked).toBeGreaterThan(0));
    const closed = new Promise((resolve) => incoming.on("error", resolve));
    one.sink().error(new Error("slow"));
    incoming.resume();
    await closed;
    expect(report).not.toHaveBeenCalled();
  });

  it("fails where it throws when it is asked", async () => {
    const report = vi.fn();
    const failure = new Error("no");
    const one = sourceOf([]);
    one.source.pull = () => {
      throw failure;
    };
    const incoming = await opened(await start(() => new PlainResponse(one.source), report));
    await new Promise((resolve) => incoming.on("error", resolve).resume());
    expect(report.mock.calls).toEqual([[failure]]);
    expect(one.cancelled).toBe(1);
  });

  it("is cancelled where the head cannot be written", async () => {
    for (const method of ["GET", "HEAD"]) {
      const report = vi.fn();
      const one = sourceOf([]);
      const begun: Ahead = (outgoing) => outgoing.writeHead(408);
      const url = await start(() => new PlainResponse(one.source), report, begun);
      await fetch(url, { method })
        .then((answer) => answer.text())
        .catch(() => undefined);
      await vi.waitFor(() => expect(one.cancelled, method).toBe(1));
      expect(report.mock.calls, method).toEqual([
        [expect.objectContaining({ code: "ERR_HTTP_HEADERS_SENT" })],
      ]);
      server?.closeAllConnections();
      server?.close();
    }
  });

  it("is asked for no more where what stands in front of the socket is full", async () => {
    const one = sourceOf(Array.from({ length: 1000 }, () => bytes("a")));
    let written = 0;
    let drain = (): void => undefined;
    const compression: Ahead = (outgoing) => {
      outgoing.write = (() => ++written % 10 !== 0) as typeof outgoing.write;
      drain = () => outgoing.emit("drain");
    };
    await opened(await start(() => new PlainResponse(one.source), vi.fn(), compression));
    expect(written).toBe(10);
    drain();
    expect(written).toBe(20);
  });

  it("ends nothing but itself where it throws when it is cancelled", async () => {
    const report = vi.fn();
    const one = sourceOf([]);
    let cancelled = 0;
    one.source.cancel = () => {
      cancelled += 1;
      throw new Error("no");
    };
    const url = await start(() => new PlainResponse(one.source), report);
    for (let n = 1; n <= 2; n++) {
      (await opened(url)).destroy();
      await vi.waitFor(() => expect(cancelled).toBe(n));
    }
    expect(report).not.toHaveBeenCalled();
  });

  it("is cancelled where it waits behind another answer and the connection ends, as a stream is", async () => {
    for (const respond of [
      (source: ByteSource) => new PlainResponse(source),
      (source: ByteSource) => new Response(streamOf(source)),
    ]) {
      const sources = [sourceOf([]), sourceOf([]), sourceOf([])];
      let count = 0;
      const url = await start(() => respond((sources[count++] as (typeof sources)[number]).source));
      const socket = connect(Number(new URL(url).port), "127.0.0.1");
      socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n".repeat(3));
      await vi.waitFor(() => expect(count).toBe(3));
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.destroy();
      await vi.waitFor(() => expect(sources.map(({ cancelled }) => cancelled)).toEqual([1, 1, 1]));
      server?.close();
    }
  });

  it("is the same as a stream of the web's", async () => {
    const one = sourceOf([bytes("a")]);
    const reader = streamOf(one.source).getReader();
    expect(one.asked).toBe(0);
    expect((await reader.read()).value).toEqual(bytes("a"));
    const both = [reader.read(), reader.read()];
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(one.asked).toBe(2);
    one.sink().enqueue(bytes("b"));
    await both[0];
    expect(one.asked).toBe(3);
    one.sink().enqueue(bytes("c"));
    expect((await both[1])?.value).toEqual(bytes("c"));
    await reader.cancel();
    expect(one.cancelled).toBe(1);
  });
});
