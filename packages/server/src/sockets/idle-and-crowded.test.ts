import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { openRaw } from "../testing/raw-socket.js";
import {
  nativeEvent,
  OTHER_SITE_SECRET,
  SECRET,
  startTestServer,
  type TestServer,
} from "../testing/start.js";

const STREAM = "/api/v1/behavioral/stream";
const headers = { authorization: `Bearer ${SECRET}` };
const opened: WebSocket[] = [];
const aborts: AbortController[] = [];
let at: TestServer;

afterEach(async () => {
  vi.useRealTimers();
  for (const ws of opened.splice(0)) ws.terminate();
  for (const abort of aborts.splice(0)) abort.abort();
  await at.close();
});

/** Time of the server's waits stands still until it is put forward; its sockets are real. */
const holdTime = (): void =>
  void vi.useFakeTimers({ toFake: ["setTimeout", "setInterval", "clearTimeout", "clearInterval"] });
const untilTrue = async (holds: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 2000 && !holds(); turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(holds()).toBe(true);
};

async function ticket(): Promise<string> {
  const answer = await at.call(`${STREAM}/ticket`, { method: "POST" });
  return ((await answer.json()) as { ticket: string }).ticket;
}
interface Opened {
  status: number;
  close(): void;
}
function socketBy(key: string | null): () => Promise<Opened> {
  return async () => {
    const target = `${STREAM}${key === null ? `?ticket=${await ticket()}` : ""}`;
    const ws = new WebSocket(at.url.replace("http", "ws") + target, {
      headers: key === null ? {} : { authorization: `Bearer ${key}` },
    });
    opened.push(ws);
    const status = await new Promise<number>((resolve) => {
      ws.once("open", () => resolve(101));
      ws.once("unexpected-response", (_, response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      ws.on("error", () => undefined);
    });
    return { status, close: () => ws.terminate() };
  };
}
function streamBy(key: string, query = ""): () => Promise<Opened> {
  return async () => {
    const abort = new AbortController();
    aborts.push(abort);
    const { status } = await at.call(STREAM + query, { key, signal: abort.signal });
    return { status, close: () => abort.abort() };
  };
}

describe("T12 a socket of which nothing is heard", () => {
  it("is closed with 4408 where it does not say within ten seconds what it is for, and not where it has", async () => {
    holdTime();
    at = await startTestServer();
    const [silent, polite] = [
      new WebSocket(at.url.replace("http", "ws") + STREAM, { headers }),
      new WebSocket(at.url.replace("http", "ws") + STREAM, { headers }),
    ];
    opened.push(silent, polite);
    let [code, greeted] = [0, false];
    silent.once("close", (closed) => {
      code = closed;
    });
    polite.once("message", () => {
      greeted = true;
    });
    polite.once("open", () => polite.send('{"type":"connection"}'));
    await untilTrue(() => greeted && silent.readyState === silent.OPEN);
    vi.advanceTimersByTime(9_900);
    await new Promise((resolve) => setImmediate(resolve));
    expect(code).toBe(0);
    vi.advanceTimersByTime(200);
    await untilTrue(() => code === 4408);
    expect(polite.readyState).toBe(polite.OPEN);
  });

  it("is cut off where it answers no ping for half a minute; one that does stays, and so does one that sends", async () => {
    holdTime();
    at = await startTestServer();
    const hello = { type: "connection", subscriptions: ["rulesets"] };
    const [dead, talking] = [await openRaw(at.url, STREAM, headers), await openRaw(at.url, STREAM, headers)];
    const alive = new WebSocket(at.url.replace("http", "ws") + STREAM, { headers });
    opened.push(alive);
    let [pings, acks] = [0, 0];
    alive.on("ping", () => pings++);
    await new Promise((resolve) => alive.once("open", resolve));
    alive.send(JSON.stringify(hello));
    for (const one of [dead, talking]) one.say(hello);
    await untilTrue(() => [dead, talking].every(({ bytes }) => String(bytes()).includes("connected")));
    for (let round = 1; round <= 3; round++) {
      talking.say({ type: "event", event: nativeEvent() });
      acks++;
      await untilTrue(() => String(talking.bytes()).split('"type":"ack"').length > acks);
      vi.advanceTimersByTime(30_000);
      await untilTrue(() => pings === round);
      if (round === 1) expect(dead.socket.destroyed).toBe(false);
    }
    await dead.gone;
    expect([talking.socket.destroyed, alive.readyState]).toEqual([false, alive.OPEN]);
    talking.socket.destroy();
  });
});

describe("T12 how many streams and sockets may be open", () => {
  it("in all, whoever they are of", async () => {
    at = await startTestServer({ limits: { sockets: 3 } });
    const places = [await socketBy(SECRET)(), await socketBy(null)(), await streamBy(OTHER_SITE_SECRET)()];
    expect(places.map(({ status }) => status)).toEqual([101, 101, 200]);
    expect((await socketBy(SECRET)()).status).toBe(429);
    const refused = await at.call(STREAM, { key: SECRET });
    expect([
      refused.status,
      refused.headers.get("retry-after"),
      ((await refused.json()) as { type: string }).type,
    ]).toEqual([429, "5", "ATTUNE_SERVER_BUSY"]);
    for (const [place, again] of [
      [0, streamBy(SECRET)],
      [1, streamBy(SECRET)],
      [2, socketBy(null)],
    ] as const) {
      places[place]?.close();
      await expect.poll(async () => (await again()).status).toBeLessThan(300);
    }
  });

  it("under one key, so that pages leave room for the back end", async () => {
    at = await startTestServer({ limits: { socketsPerKey: 2 } });
    const only = streamBy("wk_for-tests", "?only=rulesets");
    expect([(await socketBy(null)()).status, (await only()).status, (await only()).status]).toEqual([
      101, 200, 429,
    ]);
    expect((await socketBy(null)()).status).toBe(429);
    expect([
      (await socketBy(SECRET)()).status,
      (await streamBy(SECRET)()).status,
      (await streamBy(SECRET)()).status,
    ]).toEqual([101, 200, 429]);
    // Nobody reads the body of a HEAD.
    expect((await at.call(STREAM, { key: OTHER_SITE_SECRET, method: "HEAD" })).status).toBe(200);
    expect((await streamBy(OTHER_SITE_SECRET)()).status).toBe(200);
    expect((await streamBy(OTHER_SITE_SECRET)()).status).toBe(200);
  });

  it("from one address, unless it is a back end's", async () => {
    at = await startTestServer({
      limits: { socketsPerAddress: 1 },
      addressOf: (request) => request.headers.get("x-from") ?? "192.0.2.1",
    });
    expect((await socketBy(null)()).status).toBe(101);
    const only = `${STREAM}?only=rulesets`;
    const statusFrom = async (from: string): Promise<number> => {
      const abort = new AbortController();
      aborts.push(abort);
      return (await at.call(only, { signal: abort.signal, headers: { "x-from": from } })).status;
    };
    expect([
      await statusFrom("192.0.2.1"),
      await statusFrom("2001:db8::1"),
      await statusFrom("2001:db8::2"),
    ]).toEqual([429, 200, 429]);
    expect([(await socketBy(SECRET)()).status, (await streamBy(SECRET)()).status]).toEqual([101, 200]);
  });
});
