import http from "node:http";
import net from "node:net";
import { memoryChannel, memoryLog, memoryStore } from "@attune/core/memory";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import {
  nativeEvent,
  OTHER_SITE_SECRET,
  PAGE_ORIGIN,
  SECRET,
  startTestServer,
  type TestServer,
} from "../testing/start.js";

const STREAM = "/api/v1/behavioral/stream";
const BATCH = "/api/v1/behavioral/batch?wait=5000";
const OWN = "0f8fad5b-d9cb-469f-a165-70867728950e";
const OTHER = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

let at: TestServer;
beforeAll(async () => {
  at = await startTestServer();
});
afterAll(() => at.close());

type Message = Record<string, unknown> & { type: string };
interface Client {
  ws: WebSocket;
  messages: Message[];
  closed: Promise<{ code: number; reason: string }>;
  say(message: object): void;
  /** The first message that fits. */
  hear(fits: (message: Message) => boolean): Promise<Message>;
}

const clients: WebSocket[] = [];
afterEach(() => {
  for (const ws of clients.splice(0)) ws.terminate();
});

interface OpenOptions {
  from?: TestServer;
  query?: string;
  headers?: Record<string, string>;
}

/** Rejects with the status where the handshake was refused. */
async function open({ from = at, query = "", headers = {} }: OpenOptions = {}): Promise<Client> {
  const ws = new WebSocket(from.url.replace("http", "ws") + STREAM + query, { headers });
  clients.push(ws);
  const messages: Message[] = [];
  const waiting = new Set<() => void>();
  ws.on("message", (data) => {
    messages.push(JSON.parse(String(data)) as Message);
    for (const look of waiting) look();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.once("close", (code, reason) => resolve({ code, reason: String(reason) }));
  });
  await new Promise<void>((resolve, reject) => {
    ws.once("open", resolve);
    ws.once("unexpected-response", (_, response) => {
      response.resume();
      reject(new Error(String(response.statusCode)));
    });
    ws.on("error", reject);
  });
  return {
    ws,
    messages,
    closed,
    say: (message) => ws.send(JSON.stringify(message)),
    hear: (fits) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = messages.find(fits);
          if (found) resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}

const isA =
  (type: string) =>
  (message: Message): boolean =>
    message.type === type;
const ofEvent = (id: string) => (message: Message) =>
  message.type === "behavioral_event" && (message.event as { eventId: string }).eventId === id;
const secret = (key = SECRET) => ({ headers: { authorization: `Bearer ${key}` } });

async function ticket(from: TestServer = at, origin: string | null = PAGE_ORIGIN): Promise<string> {
  const answer = await from.call(`${STREAM}/ticket`, {
    method: "POST",
    headers: origin === null ? {} : { origin },
  });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { ticket: string }).ticket;
}
const withTicket = async (from: TestServer = at): Promise<OpenOptions> => ({
  from,
  query: `?ticket=${await ticket(from)}`,
  headers: { origin: PAGE_ORIGIN },
});
const refusal = (options: OpenOptions): Promise<string> =>
  open(options).then(
    () => "opened",
    (error: Error) => error.message,
  );

describe("WS /stream under a secret key", () => {
  it("carries the frames of the site as the event stream does, with ids to resume by, and acknowledges events", async () => {
    const client = await open(secret());
    client.say({ type: "connection", subscriptions: ["behavioral_events", "conversion_triggers"] });
    expect(await client.hear(isA("connected"))).toEqual({
      type: "connected",
      reads: "site",
      subscriptions: ["behavioral_events"],
      unknown: ["conversion_triggers"],
    });
    await client.hear(isA("visitors"));
    client.say({ type: "event", event: nativeEvent({ id: "ws-1" }), ref: "mine" });
    expect(await client.hear(isA("ack"))).toMatchObject({ eventId: "ws-1", ref: "mine" });
    const frame = await client.hear(ofEvent("ws-1"));
    expect(frame).toMatchObject({ id: expect.any(String), event: { eventType: "Product Viewed" } });
    client.say({
      type: "batch",
      events: [nativeEvent({ id: "ws-2" }), { name: 7 }],
      ref: "both",
    });
    expect(await client.hear(({ ref }) => ref === "both")).toMatchObject({
      type: "ack",
      eventIds: ["ws-2", null],
      accepted: 1,
      rejected: [{ index: 1 }],
    });
    await client.hear(ofEvent("ws-2"));
    // Not subscribed to.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(client.messages.filter(isA("metrics"))).toEqual([]);
    client.ws.close();
    await client.closed;

    await at.post(BATCH, [nativeEvent({ id: "missed" })]);
    const back = await open(secret());
    back.say({ type: "connection", lastEventId: frame.id });
    await back.hear(ofEvent("missed"));
    expect(
      back.messages
        .filter(isA("behavioral_event"))
        .map(({ event }) => (event as { eventId: string }).eventId),
    ).toEqual(["ws-2", "missed"]);
    await back.hear(isA("metrics"));
    const lost = await open(secret());
    lost.say({ type: "connection", lastEventId: "elsewhere.1" });
    expect(await lost.hear(({ type }) => type !== "connected")).toEqual({ type: "gap" });
  });

  it("takes what an event may hold and no more, and says why it was not taken", async () => {
    const client = await open(secret());
    client.say({ type: "connection", subscriptions: ["rulesets"] });
    client.say({
      type: "event",
      event: nativeEvent({ id: "large", properties: { a: "x".repeat(33_000) } }),
      ref: "a",
    });
    expect(await client.hear(({ ref }) => ref === "a")).toMatchObject({
      type: "error",
      eventId: "large",
      status: 413,
      code: "ATTUNE_SERVER_BODY_SIZE",
    });
    client.say({ type: "event", event: { id: "nameless" }, ref: "b" });
    expect(await client.hear(({ ref }) => ref === "b")).toMatchObject({
      type: "error",
      eventId: "nameless",
      code: "ATTUNE_SERVER_EVENT",
      errors: [{ path: "/name" }, { path: "/visitorId" }],
    });
    client.ws.send("x".repeat((1 << 20) + 1));
    expect((await client.closed).code).toBe(1009);
  });

  it("closes on what is no message, on a message before the first one, and on bytes", async () => {
    for (const [said, code] of [
      ["nonsense", 4400],
      ["[]", 4400],
      ['{"type":"event","event":{}}', 4400],
      [Buffer.from("{}"), 1003],
      ['{"type":"connection","visitorId":"a","userId":"b"}', 4400],
    ] as const) {
      const client = await open(secret());
      client.ws.send(said);
      expect([(await client.closed).code, said]).toEqual([code, said]);
    }
    expect(at.reports).toEqual([]);
  });

  it("T9 the same event over HTTP and sockets, many times at once, has one effect", async () => {
    const own = await startTestServer();
    const twice = nativeEvent({ id: "many-times", visitorId: OWN });
    const sockets = await Promise.all(Array.from({ length: 5 }, () => open({ from: own, ...secret() })));
    for (const client of sockets) {
      client.say({ type: "connection", subscriptions: ["rulesets"] });
      for (let i = 0; i < 100; i++) client.say({ type: "event", event: twice });
    }
    const posts = Array.from({ length: 50 }, () => own.post("/api/v1/behavioral/batch", [twice]));
    await Promise.all(posts);
    const acks = (): number => sockets.flatMap(({ messages }) => messages.filter(isA("ack"))).length;
    await expect.poll(acks, { timeout: 15_000 }).toBe(500);
    await own.server.service.settled();
    const { visitors } = await (
      await own.call(`/api/v1/behavioral/data/${OWN}/export`, { key: SECRET })
    ).json();
    expect(visitors[0].events).toHaveLength(1);
    expect((await own.server.service.summary("default")).events).toBe(1);
    await own.close();
  });
});

describe("T17 who may open a socket", () => {
  it("a page with a ticket of its own: once, from its own origin, within half a minute", async () => {
    const options = await withTicket();
    const client = await open(options);
    client.say({ type: "connection" });
    await client.hear(isA("connected"));
    expect(await refusal(options)).toBe("401");

    const elsewhere = await withTicket();
    expect(await refusal({ ...elsewhere, headers: { origin: "https://evil.example" } })).toBe("403");
    // Whoever was caught does not get another try.
    expect(await refusal(elsewhere)).toBe("401");
    expect(await refusal({ ...(await withTicket()), headers: {} })).toBe("403");
    expect(await refusal({ ...(await withTicket()), headers: { origin: "null" } })).toBe("403");

    let now = Date.now();
    const slow = await startTestServer({ clock: { now: () => now } });
    const old = await withTicket(slow);
    now += 31_000;
    expect(await refusal(old)).toBe("401");
    await slow.close();
  });

  it("in any process of the service, and of many tries at once one", async () => {
    const ports = { stores: { hot: memoryStore() }, log: memoryLog(), channel: memoryChannel() };
    const [here, there] = [await startTestServer(ports), await startTestServer(ports)];
    const { query, headers } = (await withTicket(here)) as Required<OpenOptions>;
    const tries = Array.from({ length: 20 }, (_, i) =>
      refusal({ from: i % 2 ? here : there, query, headers }),
    );
    const found = await Promise.all(tries);
    expect(found.filter((result) => result === "opened")).toHaveLength(1);
    expect(found.filter((result) => result === "401")).toHaveLength(19);
    await Promise.all([here.close(), there.close()]);
  });

  it("nobody with a cookie, a key in the address, a write key, another's secret, or from a foreign page", async () => {
    const cookie = (
      (await fetch(at.server.signInUrl(at.url), { redirect: "manual" })).headers.get("set-cookie") ?? ""
    ).split(";")[0] as string;
    expect(await refusal({})).toBe("401");
    expect(await refusal({ headers: { cookie, origin: at.url } })).toBe("401");
    expect(await refusal({ query: "?key=wk_for-tests", headers: { origin: PAGE_ORIGIN } })).toBe("401");
    expect(await refusal({ headers: { authorization: "Bearer wk_for-tests" } })).toBe("401");
    expect(await refusal({ query: `?key=${SECRET}` })).toBe("401");
    expect(await refusal(secret("sk_unknown"))).toBe("401");
    expect(await refusal({ query: "?ticket=made-up" })).toBe("401");
    for (const origin of ["null", "https://evil.example"])
      expect(await refusal({ headers: { ...secret().headers, origin } })).toBe("403");
    expect((await at.call(`${STREAM}/ticket`, { method: "POST", headers: { origin: "null" } })).status).toBe(
      403,
    );
  });

  it("ends the sockets of a revoked key within a second", async () => {
    const own = await startTestServer();
    const [page, host] = [await open(await withTicket(own)), await open({ from: own, ...secret() })];
    for (const client of [page, host]) {
      client.say({ type: "connection" });
      await client.hear(isA("connected"));
    }
    const unused = await withTicket(own);
    own.server.revokeKey("write");
    const started = Date.now();
    expect((await page.closed).code).toBe(4401);
    expect(Date.now() - started).toBeLessThan(1500);
    expect(await refusal(unused)).toBe("401");
    own.server.revokeKey("secret");
    expect((await host.closed).code).toBe(4401);
    await own.close();
  });

  it("slows down who tries tickets out, and bounds how many sockets an address has", async () => {
    const own = await startTestServer({ limits: { strangersPerMinute: 3, socketsPerAddress: 2 } });
    await open(await withTicket(own));
    const last = (await open(await withTicket(own))).ws;
    expect(await refusal(await withTicket(own))).toBe("429");
    expect(await refusal({ from: own, ...secret() })).toBe("opened");
    last.close();
    await expect.poll(async () => refusal(await withTicket(own))).toBe("opened");
    const tries: string[] = [];
    for (let i = 0; i < 5; i++) tries.push(await refusal({ from: own, query: `?ticket=guess-${i}` }));
    expect(tries).toEqual(["401", "401", "401", "429", "429"]);
    await own.close();
  });
});

describe("T17 what a page reads", () => {
  const sent = (id: string, visitorId: string, more: object = {}) => nativeEvent({ id, visitorId, ...more });

  it("its own visitor and new rulesets over a socket, and nothing of anybody else", async () => {
    const client = await open(await withTicket());
    client.say({ type: "connection", visitorId: OWN });
    expect(await client.hear(isA("connected"))).toMatchObject({ reads: "visitor" });
    await at.post(BATCH, [sent("theirs", OTHER), sent("own", OWN)]);
    await client.hear(ofEvent("own"));
    expect(JSON.stringify(client.messages)).not.toContain("theirs");
    for (const asked of [{ userId: "jane@shop" }, { visitorId: "jane" }, { sessionId: "session-1" }]) {
      const curious = await open(await withTicket());
      curious.say({ type: "connection", ...asked });
      expect((await curious.closed).code).toBe(4403);
    }
  });

  it("without a visitor, new rulesets alone; over an event stream the same", async () => {
    const own = await startTestServer();
    const client = await open(await withTicket(own));
    client.say({ type: "connection" });
    expect(await client.hear(isA("connected"))).toMatchObject({ reads: "nobody" });
    const abort = new AbortController();
    const stream = await own.call(`${STREAM}?only=rulesets`, {
      signal: abort.signal,
      headers: { origin: PAGE_ORIGIN },
    });
    expect(stream.headers.get("access-control-allow-origin")).toBe(PAGE_ORIGIN);
    await own.post(BATCH, [sent("somebody", OTHER)]);
    await own.call(`/api/v1/behavioral/data/${OTHER}`, { method: "DELETE", key: SECRET });
    const ruleset = { schemaVersion: 1, revision: 1, slots: {} };
    const put = { method: "PUT", key: SECRET, body: JSON.stringify(ruleset) };
    const { version } = (await (await own.call("/api/v1/ruleset", put)).json()) as { version: string };
    expect(await client.hear(isA("ruleset"))).toMatchObject({ version });
    expect(client.messages.map(({ type }) => type)).toEqual(["connected", "visitors", "ruleset"]);
    let text = "";
    for await (const chunk of stream.body as unknown as AsyncIterable<Uint8Array>) {
      text += new TextDecoder().decode(chunk);
      if (text.includes(version)) break;
    }
    expect(text).toContain('"visitors":[]');
    expect(text).not.toMatch(/behavioral_event|gap/);
    abort.abort();
    await own.close();
  });

  it("over an event stream, by its write key: its own visitor, and no site, user or id that can be guessed", async () => {
    for (const query of ["", `?userId=jane`, "?visitorId=jane", "?sessionId=session-1"])
      expect([query, (await at.call(STREAM + query)).status]).toEqual([query, 403]);
    const abort = new AbortController();
    const stream = await at.call(`${STREAM}?visitorId=${OWN}&key=wk_for-tests`, {
      key: null,
      signal: abort.signal,
    });
    await at.post(BATCH, [sent("their-sse", OTHER), sent("own-sse", OWN)]);
    let text = "";
    for await (const chunk of stream.body as unknown as AsyncIterable<Uint8Array>) {
      text += new TextDecoder().decode(chunk);
      if (text.includes("own-sse")) break;
    }
    expect(text).not.toContain("their-sse");
    abort.abort();
  });

  it("over an event stream, when its own visitor enters or leaves a segment and nothing else of anybody", async () => {
    const enter = { revenue: { $gt: 0 } };
    const own = await startTestServer({
      rules: { schemaVersion: 1, revision: 1, slots: {}, segments: [{ name: "buyers", enter }] },
    });
    const abort = new AbortController();
    const ask = (body: object): Promise<Response> =>
      own.post(STREAM, body, { signal: abort.signal, headers: { origin: PAGE_ORIGIN } });
    for (const [status, body] of [
      [400, { only: "segments" }],
      [400, { only: "segments", sessionId: OWN }],
      [400, { only: "everything" }],
      [400, []],
      [403, { only: "segments", visitorId: "jane" }],
      [403, {}],
    ] as const)
      expect([(await ask(body)).status, body]).toEqual([status, body]);
    const stream = await ask({ only: "segments", visitorId: OWN });
    const order = { name: "Order Completed", properties: { revenue: 9 } };
    await own.post(BATCH, [sent("their-order", OTHER, order), sent("view", OWN), sent("order", OWN, order)]);
    let text = "";
    for await (const chunk of stream.body as unknown as AsyncIterable<Uint8Array>) {
      text += new TextDecoder().decode(chunk);
      if (text.includes("segment_change")) break;
    }
    const types = text.match(/^event: .*$/gm)?.filter((type) => type !== "event: ruleset");
    expect(types).toEqual(["event: visitors", "event: segment_change"]);
    expect(text).toContain('"changes":[{"segment":"buyers","change":"entered"}]');
    abort.abort();
    await own.close();
  });

  it("keeps sites apart", async () => {
    const client = await open(secret(OTHER_SITE_SECRET));
    client.say({ type: "connection" });
    await client.hear(isA("connected"));
    await at.post(BATCH, [sent("of-default", OWN)]);
    client.say({ type: "event", event: sent("of-other", OWN) });
    await client.hear(ofEvent("of-other"));
    expect(JSON.stringify(client.messages)).not.toContain("of-default");
  });
});

describe("what holds of events over HTTP holds of a socket's", () => {
  it("the key's rate, with how long to wait", async () => {
    const own = await startTestServer({ limits: { requestsPerMinute: 4 } });
    const client = await open({ from: own, ...secret() });
    client.say({ type: "connection", subscriptions: ["rulesets"] });
    for (let i = 0; i < 4; i++) client.say({ type: "event", event: nativeEvent(), ref: `${i}` });
    await client.hear(({ ref }) => ref === "3");
    // The handshake was one.
    expect(client.messages.filter(isA("ack"))).toHaveLength(3);
    expect(client.messages.filter(isA("error"))).toMatchObject([
      { status: 429, code: "ATTUNE_SERVER_RATE", retryAfter: expect.any(Number) },
    ]);
    await own.close();
  });

  it("T28 Global Privacy Control, as the page's browser said when it asked for the ticket", async () => {
    const own = await startTestServer();
    const answer = await own.call(`${STREAM}/ticket`, {
      method: "POST",
      headers: { origin: PAGE_ORIGIN, "sec-gpc": "1" },
    });
    const { ticket: code } = (await answer.json()) as { ticket: string };
    const client = await open({ from: own, query: `?ticket=${code}`, headers: { origin: PAGE_ORIGIN } });
    client.say({ type: "connection", visitorId: OWN });
    client.say({
      type: "event",
      event: nativeEvent({
        id: "gpc",
        visitorId: OWN,
        consent: { purposes: ["analytics", "marketing", "advertising"], policyVersion: "1" },
      }),
    });
    await client.hear(isA("ack"));
    await own.server.service.settled();
    const held = await (await own.call(`/api/v1/behavioral/data/${OWN}/export`, { key: SECRET })).json();
    expect(held.visitors[0].events[0].consent.purposes).toEqual(["analytics"]);
    await own.close();
  });

  it("whoever falls silent, or ends in the middle of a handshake, harms nobody", async () => {
    const { port } = new URL(at.url);
    for (const text of [
      `GET ${STREAM} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`,
      `GET ${STREAM} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nauthorization: Bearer ${SECRET}\r\n\r\n`,
      `GET ${STREAM} HTTP/1.1\r\nhost: a b\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`,
    ]) {
      const socket = net.connect(Number(port), "127.0.0.1");
      socket.write(text);
      const answer = await new Promise<string>((resolve) =>
        socket.once("data", (data) => resolve(String(data))),
      );
      expect(answer).toMatch(/^HTTP\/1.1 40[01] /);
      socket.destroy();
    }
    const left = net.connect(Number(port), "127.0.0.1");
    left.write(
      `GET ${STREAM}?ticket=${await ticket()} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`,
    );
    left.resetAndDestroy();
    expect((await at.call("/health/live")).status).toBe(200);
    expect(at.reports).toEqual([]);
  });
});

describe("a server that ends", () => {
  it("says goodbye to its sockets and refuses new ones", async () => {
    const own = await startTestServer();
    const client = await open({ from: own, ...secret() });
    client.say({ type: "connection" });
    await client.hear(isA("connected"));
    own.server.closeSockets();
    expect((await client.closed).code).toBe(1001);
    expect(await refusal({ from: own, ...secret() })).toBe("503");
    await own.close();
  });

  it("leaves other upgrades to its host", async () => {
    const answer = await new Promise<string>((resolve) => {
      const request = http.get(`${at.url}/elsewhere`, {
        headers: { connection: "upgrade", upgrade: "websocket" },
      });
      request.on("error", (error) => resolve((error as NodeJS.ErrnoException).code ?? ""));
    });
    expect(answer).toBe("ECONNRESET");
  });
});
