import { once } from "node:events";
import net from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFaultProxy, type FaultProxy } from "./fault-proxy.js";

/** A server that does what a line says, counts it, and then answers; what a database looks like from far away. */
function counter(): { server: net.Server; done: string[] } {
  const done: string[] = [];
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += String(chunk);
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        done.push(line);
        socket.write(`done ${line}\n`);
      }
    });
    socket.on("end", () => socket.end("bye\n"));
    socket.on("error", () => undefined);
  });
  return { server, done };
}

interface Client {
  socket: net.Socket;
  say(line: string): void;
  heard(): string;
  /** How it ended: the code of the error, or `end`. */
  ending: Promise<string>;
}

function dial(port: number): Client {
  const socket = net.connect({ port, host: "127.0.0.1" });
  let text = "";
  socket.on("data", (chunk) => {
    text += String(chunk);
  });
  const ending = new Promise<string>((resolve) => {
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "?"));
    socket.on("close", () => resolve("end"));
  });
  return { socket, say: (line) => void socket.write(`${line}\n`), heard: () => text, ending };
}

describe("createFaultProxy", () => {
  let server: net.Server;
  let done: string[];
  let proxy: FaultProxy;
  let clients: Client[] = [];
  const client = (): Client => {
    const one = dial(proxy.port);
    clients.push(one);
    return one;
  };
  const soon = (check: () => unknown) => expect.poll(check, { timeout: 10_000, interval: 5 });
  const silence = (ms = 80): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  beforeEach(async () => {
    ({ server, done } = counter());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as net.AddressInfo;
    proxy = await createFaultProxy({ net, target: { host: "127.0.0.1", port } });
  });
  afterEach(async () => {
    await proxy.close();
    for (const { socket } of clients) socket.destroy();
    clients = [];
    server.close();
    await once(server, "close");
  });

  it("passes everything on as it is, and says what it passed", async () => {
    const one = client();
    one.say("a");
    await soon(one.heard).toBe("done a\n");
    expect(proxy.connections()).toEqual([{ id: 1, bytes: { request: 2, answer: 7 } }]);
    one.socket.end();
    expect(await one.ending).toBe("end");
    expect(one.heard()).toBe("done a\nbye\n");
    await soon(proxy.connections).toEqual([]);
  });

  it("passes megabytes on in order", async () => {
    const one = client();
    const line = "x".repeat(99_999);
    for (let i = 0; i < 60; i++) one.say(`${i} ${line}`);
    await soon(() => done.length).toBe(60);
    expect(done.every((text, i) => text === `${i} ${line}`)).toBe(true);
    await soon(() => one.heard().length).toBe(done.reduce((sum, text) => sum + text.length + 6, 0));
  });

  it("latency delays each piece and keeps the order; clearing it lets go at once", async () => {
    const one = client();
    await proxy.set({ type: "latency", ms: 60, jitterMs: 60 }, { direction: "request" });
    const began = Date.now();
    for (const line of ["a", "b", "c"]) {
      one.say(line);
      await silence(5);
    }
    await soon(() => done).toEqual(["a", "b", "c"]);
    expect(Date.now() - began).toBeGreaterThanOrEqual(60);
    await proxy.set({ type: "latency", ms: 3_600_000 });
    one.say("d");
    await silence();
    expect(done).toEqual(["a", "b", "c"]);
    await proxy.clear("latency");
    await soon(() => done).toEqual(["a", "b", "c", "d"]);
  });

  it("throttles to so many bytes a second", async () => {
    const one = client();
    await proxy.set({ type: "throttle", bytesPerSecond: 20 }, { direction: "answer" });
    const began = Date.now();
    one.say("a");
    await soon(one.heard).toBe("d");
    await soon(one.heard).toBe("done a\n");
    expect(Date.now() - began).toBeGreaterThanOrEqual(330);
    await proxy.set({ type: "throttle", bytesPerSecond: 1 }, { direction: "answer" });
    one.say("b");
    await silence(200);
    expect(one.heard()).toBe("done a\n");
    await proxy.clear();
    await soon(one.heard).toBe("done a\ndone b\n");
  });

  it("a black hole swallows one direction of one connection, and gives back when cleared", async () => {
    const hole = client();
    hole.say("a");
    await soon(hole.heard).toBe("done a\n");
    const other = client();
    other.say("b");
    await soon(other.heard).toBe("done b\n");
    await proxy.set({ type: "black-hole" }, { connection: 1, direction: "answer" });
    hole.say("c");
    other.say("d");
    await soon(() => done.length).toBe(4);
    await soon(other.heard).toContain("done d\n");
    await silence();
    expect(hole.heard()).not.toContain("done c");
    await proxy.clear("black-hole");
    await soon(hole.heard).toContain("done c\n");
  });

  it("resets before the first byte of an answer, as often as it is told", async () => {
    await proxy.set({ type: "reset", afterBytes: 0, times: 1 }, { direction: "answer" });
    const one = client();
    one.say("a");
    expect(await one.ending).toBe("ECONNRESET");
    expect(done).toEqual(["a"]);
    expect(proxy.strikes("reset")).toBe(1);
    const two = client();
    two.say("b");
    await soon(two.heard).toBe("done b\n");
  });

  it("resets in the midst of an answer", async () => {
    await proxy.set({ type: "reset", afterBytes: 4 }, { direction: "answer" });
    const one = client();
    one.say("a");
    // A client too slow to read the bytes first may see their end alone.
    expect(["ECONNRESET", "end"]).toContain(await one.ending);
    expect("done").toContain(one.heard());
    expect(proxy.strikes("reset")).toBe(1);
  });

  it("counts bytes towards a reset over several pieces, from when it was set", async () => {
    const one = client();
    one.say("aaaa");
    await soon(one.heard).toBe("done aaaa\n");
    await proxy.set({ type: "reset", afterBytes: 6 }, { direction: "request" });
    one.say("bb");
    await soon(() => done).toEqual(["aaaa", "bb"]);
    one.say("cc");
    one.say("dd");
    expect(await one.ending).toBe("ECONNRESET");
    // "bb", "cc" and their line ends are six bytes: the sixth still passes, the seventh does not; the reset may overtake what has passed.
    expect(done).not.toContain("dd");
  });

  it("truncates an answer as if that were all", async () => {
    await proxy.set({ type: "truncate", afterBytes: 4 }, { direction: "answer" });
    const one = client();
    one.say("a");
    expect(await one.ending).toBe("end");
    expect(one.heard()).toBe("done");
    expect(proxy.strikes("truncate")).toBe(1);
  });

  it("refuses new connections and leaves the old ones, until cleared", async () => {
    const one = client();
    one.say("a");
    await soon(one.heard).toBe("done a\n");
    await proxy.set({ type: "refuse" });
    expect(await client().ending).toBe("ECONNREFUSED");
    one.say("b");
    await soon(one.heard).toBe("done a\ndone b\n");
    await proxy.clear("refuse");
    const three = client();
    three.say("c");
    await soon(three.heard).toBe("done c\n");
  });

  it("commit-then-drop: the server has done it, and the client cannot know", async () => {
    const one = client();
    one.say("before");
    await soon(one.heard).toBe("done before\n");
    await proxy.set({ type: "commit-then-drop", times: 1 });
    one.say("commit");
    expect(await one.ending).toBe("ECONNRESET");
    expect(one.heard()).toBe("done before\n");
    expect(done).toEqual(["before", "commit"]);
    expect(proxy.strikes("commit-then-drop")).toBe(1);
    const again = client();
    again.say("commit");
    await soon(again.heard).toBe("done commit\n");
    expect(done).toEqual(["before", "commit", "commit"]);
  });

  it("commit-then-drop can wait for one kind of request", async () => {
    await proxy.set({
      type: "commit-then-drop",
      request: (bytes) => String(Buffer.from(bytes)).includes("COMMIT"),
    });
    const one = client();
    one.say("hello");
    await soon(one.heard).toBe("done hello\n");
    one.say("COMMIT");
    expect(await one.ending).toBe("ECONNRESET");
    expect(one.heard()).toBe("done hello\n");
    expect(done).toEqual(["hello", "COMMIT"]);
  });

  it("resets the client where the server is gone", async () => {
    const idle = await createFaultProxy({ net, target: { host: "127.0.0.1", port: proxy.port } });
    await proxy.set({ type: "refuse" });
    const one = dial(idle.port);
    expect(await one.ending).toBe("ECONNRESET");
    await idle.close();
  });

  it("says so where it cannot listen, and ends all with close", async () => {
    const taken = createFaultProxy({ net, target: { host: "127.0.0.1", port: 1 }, port: proxy.port });
    await expect(taken).rejects.toThrow(expect.objectContaining({ code: "ATTUNE_TESTING_PROXY" }));
    const one = client();
    one.say("a");
    await soon(one.heard).toBe("done a\n");
    await proxy.set({ type: "black-hole" });
    one.say("b");
    await proxy.close();
    await one.ending;
    expect(proxy.connections()).toEqual([]);
    expect(await client().ending).toBe("ECONNREFUSED");
  });
});
