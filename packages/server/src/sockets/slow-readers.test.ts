import net from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { openRaw } from "../testing/raw-socket.js";
import { nativeEvent, SECRET, startTestServer, type TestServer } from "../testing/start.js";

const STREAM = "/api/v1/behavioral/stream";
const BATCH = "/api/v1/behavioral/batch?wait=5000";
const headers = { authorization: `Bearer ${SECRET}` };
const PATH = `/${"long-path/".repeat(18)}`;
const page = { page: { path: PATH, url: `https://shop.example${PATH}` } };

let at: TestServer;
afterEach(() => at.close());

interface Frame {
  id: string;
  event: string;
}

/** Reads a WebSocket as fast as it comes. */
async function briskSocket(lastEventId?: string) {
  const ws = new WebSocket(at.url.replace("http", "ws") + STREAM, { headers });
  const frames: Frame[] = [];
  let gap = false;
  ws.on("message", (data) => {
    const { type, id, event } = JSON.parse(String(data));
    if (type === "gap") gap = true;
    if (type === "behavioral_event") frames.push({ id, event: event.eventId });
  });
  const greeted = new Promise((resolve) => ws.once("message", resolve));
  ws.once("open", () =>
    ws.send(JSON.stringify({ type: "connection", subscriptions: ["behavioral_events"], lastEventId })),
  );
  await greeted;
  return { frames, hasGap: () => gap, close: () => ws.terminate() };
}

/** Reads an event stream as fast as it comes. */
async function briskStream(lastEventId?: string) {
  const abort = new AbortController();
  const resume = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
  const response = await at.call(STREAM, { headers: { ...headers, ...resume }, signal: abort.signal });
  const frames: Frame[] = [];
  let text = "";
  let gap = false;
  void (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      const whole = text.lastIndexOf("\n\n") + 2;
      for (const [, id = "", event = ""] of text
        .slice(0, whole)
        .matchAll(/^id: (.*)\nevent: behavioral_event\n.*?"eventId":"([^"]*)"/gm))
        frames.push({ id, event });
      gap ||= text.slice(0, whole).includes("event: gap\n");
      text = text.slice(whole);
    }
  })().catch(() => undefined);
  return { frames, hasGap: () => gap, close: () => abort.abort() };
}

async function slowSocket(): Promise<net.Socket> {
  const { socket, say } = await openRaw(at.url, STREAM, headers);
  say({ type: "connection", subscriptions: ["behavioral_events"] });
  await new Promise((resolve) => socket.once("data", resolve));
  return socket.pause();
}

async function slowStream(): Promise<net.Socket> {
  const { port, hostname } = new URL(at.url);
  const socket = net.connect(Number(port), hostname);
  socket.on("error", () => undefined);
  socket.write(`GET ${STREAM} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${SECRET}\r\n\r\n`);
  await new Promise((resolve) => socket.once("data", resolve));
  return socket.pause();
}

const readers = async (): Promise<number> =>
  Number(/attune_stream_readers (\d+)/.exec(await (await at.call("/metrics", { key: SECRET })).text())?.[1]);

describe("T12 a client that stops reading while thousands of frames are published", () => {
  it.each([
    ["a WebSocket", slowSocket, briskSocket],
    ["an event stream", slowStream, briskStream],
  ] as const)(
    "is cut off, and holds less than a mebibyte until then: %s; others get all of it, in order and at once, and who returns is given what was missed or told of the gap",
    async (_, openSlow, openBrisk) => {
      at = await startTestServer();
      const before = new Set(at.connections);
      const slow = await openSlow();
      const [end] = [...at.connections].filter((socket) => !before.has(socket));
      const brisk = await openBrisk();
      expect(await readers()).toBe(2);

      let most = 0;
      let longest = 0;
      let ids = 0;
      const sample = setInterval(() => {
        most = Math.max(most, end?.writableLength ?? 0);
      }, 1);
      for (let round = 0; round < 80 && end?.destroyed === false; round++) {
        const batch = Array.from({ length: 500 }, () => nativeEvent({ id: `flood-${ids++}`, context: page }));
        expect((await at.post(BATCH, batch)).status).toBe(200);
        const published = Date.now();
        await expect.poll(() => brisk.frames.at(-1)?.event, { interval: 2 }).toBe(`flood-${ids - 1}`);
        longest = Math.max(longest, Date.now() - published);
      }
      clearInterval(sample);
      // It has read nothing since, so that it was not its going on that ended it.
      await expect.poll(() => end?.destroyed, { timeout: 2000 }).toBe(true);
      expect(await readers()).toBe(1);
      expect(most).toBeGreaterThan(0);
      expect(most).toBeLessThan(1 << 20);
      expect(longest).toBeLessThan(1000);
      expect(brisk.frames.map(({ event }) => event)).toEqual(
        Array.from({ length: ids }, (_, i) => `flood-${i}`),
      );
      slow.destroy();

      const near = await openBrisk(brisk.frames.at(-100)?.id);
      await expect.poll(() => near.frames.at(-1)?.event).toBe(`flood-${ids - 1}`);
      expect([near.frames.length, near.hasGap()]).toEqual([99, false]);
      const far = await openBrisk(brisk.frames[0]?.id);
      await expect.poll(() => far.hasGap()).toBe(true);
      for (const one of [brisk, near, far]) one.close();
    },
  );
});
