import { memoryChannel, memoryLog, memoryStore } from "@attune/core/memory";
import type { Channel } from "@attune/core/ports";
import { createPersonalizationService } from "@attune/core/service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  nativeEvent,
  OTHER_SITE_SECRET,
  SECRET,
  startTestServer,
  type TestServer,
} from "../testing/start.js";

let at: TestServer;
beforeAll(async () => {
  at = await startTestServer();
});
afterAll(() => at.close());

interface Frame {
  id: string | null;
  type: string;
  data: Record<string, unknown>;
}

const STREAM = "/api/v1/behavioral/stream";
const BATCH = "/api/v1/behavioral/batch?wait=5000";

/** Frames of a stream until the condition holds. */
async function read(
  until: (frames: Frame[]) => boolean,
  lastEventId?: string,
  act?: () => Promise<unknown>,
  from: TestServer = at,
  query = "",
): Promise<Frame[]> {
  const abort = new AbortController();
  const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
  const response = await from.call(STREAM + query, { key: SECRET, headers, signal: abort.signal });
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  await act?.();
  const frames: Frame[] = [];
  let text = "";
  const decoder = new TextDecoder();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  while (!until(frames)) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
    const parts = text.split("\n\n");
    text = parts.pop() ?? "";
    for (const part of parts) {
      const field = (name: string): string | null =>
        new RegExp(`^${name}: (.*)$`, "m").exec(part)?.[1] ?? null;
      const data = field("data");
      if (data !== null) frames.push({ id: field("id"), type: field("event") ?? "", data: JSON.parse(data) });
    }
  }
  abort.abort();
  return frames;
}
const events = (frames: Frame[]): Frame[] => frames.filter(({ type }) => type === "behavioral_event");

/** The metrics of the first second in which something was counted: on a slow machine one may come before the event. */
const counted = (frames: Frame[]): Frame | undefined =>
  frames.find(({ type, data }) => type === "metrics" && (data.summary as { events: number }).events > 0);

describe("GET /stream", () => {
  it("carries events with computed scores, and metrics each second", async () => {
    const frames = await read(
      (seen) => events(seen).length > 0 && counted(seen) !== undefined,
      undefined,
      () => at.post(BATCH, [nativeEvent({ visitorId: "raw-visitor-id", context: { simulated: true } })]),
    );
    const [event] = events(frames);
    expect(event?.data).toMatchObject({
      simulated: true,
      event: { eventType: "Product Viewed", category: "garden" },
    });
    expect((event?.data.event as { engagementScore: number }).engagementScore).toBeGreaterThanOrEqual(0);
    expect(JSON.stringify(frames)).not.toContain("raw-visitor-id");
    expect(counted(frames)?.data).toMatchObject({
      simulated: { running: false },
      summary: { events: 1 },
      live: { readers: 1, activeVisitors: 1, simulatedVisitors: 1 },
      apart: { real: { visitors: 0, events: 0 }, simulated: { visitors: 1, events: 1 } },
    });
  });

  it("resumes after Last-Event-ID without loss, and says gap where it cannot", async () => {
    const [first] = events(
      await read(
        (seen) => events(seen).length > 0,
        undefined,
        () => at.post(BATCH, [nativeEvent()]),
      ),
    );
    await at.post(BATCH, [nativeEvent({ id: "missed-1" }), nativeEvent({ id: "missed-2" })]);
    const missed = events(await read((seen) => events(seen).length >= 2, first?.id as string));
    expect(missed.map(({ data }) => (data.event as { eventId: string }).eventId)).toEqual([
      "missed-1",
      "missed-2",
    ]);
    for (const unknown of ["other-process.1", "nonsense", `${first?.id?.split(".")[0]}.999999`]) {
      expect((await read((seen) => seen.length > 0, unknown))[0]?.type).toBe("gap");
    }
  });
});

describe("GET /stream of one visitor, session or user", () => {
  const ANN = { visitorId: "ann-0123456789", sessionId: "ann-session", userId: "ann@shop" };
  const BO = { visitorId: "bo-0123456789", sessionId: "bo-session", userId: "bo@shop" };
  const sent = (id: string, who: object, more: object = {}) => nativeEvent({ ...who, ...more, id });
  const until = (id: string) => (seen: Frame[]) => ids(seen).includes(id);
  const ids = (frames: Frame[]) =>
    events(frames).map(({ data }) => (data.event as { eventId: string }).eventId);

  it("carries what is about it and nothing else, and says who is here of it alone", async () => {
    const here = await startTestServer();
    await here.post(BATCH, [sent("ann-before", ANN), sent("bo-before", BO)]);
    for (const [query, also] of [
      ["visitorId=ann-0123456789", 0],
      ["sessionId=ann-session", 0],
      ["userId=ann%40shop", 1],
    ] as const) {
      const id = (name: string) => `${name} by ${query}`;
      const act = () =>
        here.post(BATCH, [
          sent(id("bo"), BO),
          sent(id("ann 1"), ANN),
          sent(id("ann elsewhere"), ANN, { sessionId: "ann-second", visitorId: "ann-phone-0123456789" }),
          sent(id("ann 2"), ANN),
        ]);
      const enough = (seen: Frame[]) => events(seen).length === 2 + also;
      const frames = await read(enough, undefined, act, here, `?${query}`);
      const expected = [id("ann 1"), id("ann 2"), ...(also ? [id("ann elsewhere")] : [])];
      expect(ids(frames).sort()).toEqual(expected.sort());
      expect(frames.filter(({ type }) => type === "metrics" || type === "exposure")).toEqual([]);
      const who = frames.find(({ type }) => type === "visitors")?.data.visitors as object[];
      expect(who.length).toBeGreaterThan(0);
      expect(JSON.stringify(frames)).not.toContain("bo by");
      expect(JSON.stringify(who)).not.toContain("bo-before");
    }
    await here.close();
  });

  it("resumes like the whole one, and loses its thread when its visitor is erased", async () => {
    const here = await startTestServer();
    const query = "?visitorId=ann-0123456789";
    const [first] = events(
      await read(until("e1"), undefined, () => here.post(BATCH, [sent("e1", ANN)]), here, query),
    );
    await here.post(BATCH, [sent("e2", ANN), sent("e3", BO)]);
    expect(ids(await read(until("e2"), first?.id as string, undefined, here, query))).toEqual(["e2"]);
    await here.call("/api/v1/behavioral/data/ann-0123456789", { method: "DELETE", key: SECRET });
    const isGap = (seen: Frame[]) => seen.some(({ type }) => type === "gap");
    const after = await read(isGap, first?.id as string, undefined, here, query);
    expect(ids(after)).toEqual([]);
    await here.close();
  });

  it("names what is wrong with its query", async () => {
    for (const query of ["?visitorId=", "?visitorId=a&userId=b", `?sessionId=${"x".repeat(129)}`]) {
      const answer = await at.call(STREAM + query, { key: SECRET });
      expect([answer.status, ((await answer.json()) as { type: string }).type]).toEqual([
        400,
        "ATTUNE_SERVER_QUERY",
      ]);
    }
  });
});

describe("metrics of several sites", () => {
  it("go on for the others where one site's cannot be read, which is reported once", async () => {
    const [hot, log] = [memoryStore(), memoryLog()];
    const inner = createPersonalizationService({ stores: { hot }, log });
    const summary: typeof inner.summary = (site, options) =>
      site === "other" ? inner.summary(site, options) : Promise.reject(new Error("The store is away."));
    const own = await startTestServer({ service: { ...inner, summary } });
    const abort = new AbortController();
    // Held: the stream of a response that is garbage is closed.
    const failing = await own.call(STREAM, { key: SECRET, signal: abort.signal });
    const told = await own.call(STREAM, { key: OTHER_SITE_SECRET, signal: abort.signal });
    let text = "";
    for await (const chunk of told.body as unknown as AsyncIterable<Uint8Array>) {
      text += new TextDecoder().decode(chunk);
      if (text.split("event: metrics").length > 3) break;
    }
    expect(own.reports.map(String)).toEqual(["Error: The store is away."]);
    await failing.body?.cancel();
    abort.abort();
    await own.close();
    await inner.close();
  });
});

describe("a server that is closed", () => {
  it("ends the streams it has, and those that come back while its host still listens", async () => {
    const own = await startTestServer();
    const asked = (): Promise<Response> =>
      own.server.fetch(new Request(own.url + STREAM, { headers: { authorization: `Bearer ${SECRET}` } }));
    const before = asked().then((response) => response.text());
    await expect
      .poll(async () => (await own.call("/metrics", { key: SECRET })).text())
      .toContain("attune_stream_readers 1\n");
    await own.close();
    expect(await before).toContain("event: visitors");
    expect(await (await asked()).text()).toBe("");
  });
});

describe("a channel that is gone when the server closes", () => {
  it("holds nothing up: neither where it takes no leave, nor where it has not yet answered", async () => {
    for (const answer of ["refuses", "hangs"] as const) {
      const inner = memoryChannel();
      const channel: Channel = {
        ...inner,
        async subscribe(topics, listener) {
          if (!topics.some((topic) => topic.endsWith("/event"))) return inner.subscribe(topics, listener);
          if (answer === "hangs") return new Promise(() => undefined);
          await inner.subscribe(topics, listener);
          return () => Promise.reject(new Error("The channel is away."));
        },
      };
      const own = await startTestServer({ channel });
      await own.call("/health");
      await own.close();
      // One for each site.
      const told = answer === "refuses" ? Array.from({ length: 2 }, () => "Error: The channel is away.") : [];
      expect(own.reports.map(String)).toEqual(told);
      await inner.close();
    }
  });
});

describe("HEAD /stream", () => {
  it("tells what the stream would be and opens none", async () => {
    const own = await startTestServer();
    const head = await own.call(STREAM, { key: SECRET, method: "HEAD" });
    expect([head.status, head.headers.get("content-type")]).toEqual([
      200,
      "text/event-stream; charset=utf-8",
    ]);
    expect(await (await own.call("/metrics", { key: SECRET })).text()).toContain("attune_stream_readers 0\n");
    await own.close();
  });
});

describe("who is here already", () => {
  const BUSY = { visitorId: "busy-visitor-0123456789", sessionId: "busy-session" };
  const listed = (frames: Frame[]): Record<string, unknown>[] =>
    (frames.find(({ type }) => type === "visitors")?.data.visitors ?? []) as Record<string, unknown>[];
  const opening = (seen: Frame[]): boolean => seen.some(({ type }) => type === "visitors");

  it("is told to a stream that opens later, though nobody watched when they did it", async () => {
    const here = await startTestServer();
    const ids = ["first", "second", "third"].map((id) => nativeEvent({ ...BUSY, id, name: "Page Viewed" }));
    await here.post(BATCH, [...ids, nativeEvent({ id: "quiet" })]);
    await here.post(BATCH, [
      nativeEvent({ context: { simulated: true }, visitorId: "sim-0123456789", id: "sim" }),
    ]);
    const frames = await read(opening, undefined, undefined, here);
    expect(frames[0]).toMatchObject({ id: expect.any(String), type: "visitors" });
    expect(Date.parse(frames[0]?.data.since as string)).toBeLessThanOrEqual(Date.now());
    const visitors = listed(frames);
    expect(visitors).toHaveLength(3);
    expect(visitors.at(-1)).toMatchObject({ simulated: true, event: { eventId: "sim" } });
    const busy = visitors.find(({ event }) => (event as { eventId: string }).eventId === "third");
    expect(busy).toMatchObject({ simulated: false, event: { eventType: "Page Viewed" } });
    // As a stream that had been open all the time has it.
    const [last] = events(
      await read(
        (seen) => events(seen).length > 0,
        undefined,
        () => here.post(BATCH, [nativeEvent({ ...BUSY, id: "fourth" })]),
        here,
      ),
    );
    const score = (value: unknown): number => (value as { engagementScore: number }).engagementScore;
    expect(score(last?.data.event)).toBeGreaterThan(0);
    const again = listed(await read(opening, undefined, undefined, here));
    expect(again).toHaveLength(3);
    expect(again.at(-1)?.event).toEqual(last?.data.event);
    expect(JSON.stringify(frames)).not.toMatch(/busy-visitor|sim-0123/);
    const foreign = new AbortController();
    const other = await here.call(STREAM, { key: OTHER_SITE_SECRET, signal: foreign.signal });
    const reader = (other.body as ReadableStream<Uint8Array>).getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toContain('"visitors":[]');
    foreign.abort();
    await here.close();
  });

  it("is told again after a gap, without who was erased, and not to a reader that has missed nothing", async () => {
    const channel = memoryChannel();
    const ports = { stores: { hot: memoryStore() }, log: memoryLog(), channel };
    const here = await startTestServer(ports);
    const there = await startTestServer(ports);
    const seen = await read(
      (frames) => events(frames).length >= 2,
      undefined,
      () => here.post(BATCH, [nativeEvent({ ...BUSY, id: "theirs" }), nativeEvent({ id: "others" })]),
      here,
    );
    const last = seen.filter(({ id }) => id !== null).at(-1)?.id as string;
    const resumed = await read(
      (frames) => frames.some(({ type }) => type === "metrics"),
      last,
      undefined,
      here,
    );
    expect(opening(resumed)).toBe(false);
    const told = await read(
      (frames) => frames.some(({ type }) => type === "gap") && frames.at(-1)?.type === "visitors",
      last,
      () => there.call(`/api/v1/behavioral/data/${BUSY.visitorId}`, { method: "DELETE", key: SECRET }),
      here,
    );
    expect(listed(told).map(({ event }) => (event as { eventId: string }).eventId)).toEqual(["others"]);
    await Promise.all([here.close(), there.close()]);
  });
});

describe("erasure", () => {
  it("leaves nothing of the site's visitors to be given again or counted as there", async () => {
    const visitorId = "erased-while-live-0123456789";
    const seen = events(
      await read(
        (frames) => events(frames).length > 1,
        undefined,
        () => at.post(BATCH, [nativeEvent({ visitorId }), nativeEvent({ visitorId, id: "erased-live" })]),
      ),
    );
    const first = seen[0]?.id as string;
    const erased = await at.call(`/api/v1/behavioral/data/${visitorId}`, { method: "DELETE", key: SECRET });
    expect(erased.status).toBe(200);
    for (const last of seen.slice(0, 2)) {
      const back = await read((frames) => frames.some(({ type }) => type === "metrics"), last.id as string);
      expect(back[0]?.type).toBe("gap");
      expect(JSON.stringify(back)).not.toContain("erased-live");
      expect(back.at(-1)?.data.live).toMatchObject({ activeVisitors: 0 });
    }
    const [next] = events(
      await read(
        (frames) => events(frames).length > 0,
        undefined,
        () => at.post(BATCH, [nativeEvent()]),
      ),
    );
    await at.post(BATCH, [nativeEvent({ id: "after-erasure" })]);
    const resumed = events(await read((frames) => events(frames).length > 0, next?.id as string));
    expect(resumed[0]?.data).toMatchObject({ event: { eventId: "after-erasure" } });
    expect((await read((frames) => frames.length > 0, first))[0]?.type).toBe("gap");
  });
});

describe("an erasure that stops half-way", () => {
  it("is a gap to whoever reads, since nobody knows what is gone", async () => {
    const hot = memoryStore();
    let fails = false;
    const commit: typeof hot.commit = (...args) =>
      fails ? Promise.reject(new Error("the store is away")) : hot.commit(...args);
    const put: typeof hot.put = (...args) =>
      fails ? Promise.reject(new Error("the store is away")) : hot.put(...args);
    const own = await startTestServer({ stores: { hot: { ...hot, commit, put } } });
    const visitorId = "erased-half-way-0123456789";
    await own.post(BATCH, [nativeEvent({ visitorId })]);
    const erase = async (): Promise<void> => {
      fails = true;
      const path = `/api/v1/behavioral/data/${visitorId}`;
      expect((await own.call(path, { method: "DELETE", key: SECRET })).status).toBeGreaterThanOrEqual(500);
    };
    const isGap = ({ type }: Frame): boolean => type === "gap";
    // The metrics that follow end the test where no gap comes.
    const hasEnded = (seen: Frame[]): boolean =>
      seen.some(isGap) || seen.filter(({ type }) => type === "metrics").length > 2;
    expect((await read(hasEnded, undefined, erase, own)).some(isGap)).toBe(true);
    await own.close();
  });
});

describe("erasure in another process", () => {
  const shared = async (): Promise<{ here: TestServer; there: TestServer; channel: Channel }> => {
    const channel = memoryChannel();
    const ports = { stores: { hot: memoryStore() }, log: memoryLog(), channel };
    return { here: await startTestServer(ports), there: await startTestServer(ports), channel };
  };
  // Whichever of the two folds it.
  const SOON = "/api/v1/behavioral/batch";
  const visitorId = "erased-elsewhere-0123456789";
  const eventIds = (frames: Frame[]): unknown[] =>
    events(frames).map(({ data }) => (data.event as { eventId: string }).eventId);

  it("leaves nothing of the visitor to be given again, tells who looks on, and spares the others", async () => {
    const { here, there } = await shared();
    const seen = await read(
      (frames) => events(frames).length >= 3,
      undefined,
      () =>
        here.post(SOON, [
          nativeEvent({ visitorId, id: "theirs-1" }),
          nativeEvent({ visitorId: "somebody-else-0123456789", id: "others-1" }),
          nativeEvent({ visitorId, id: "theirs-2" }),
        ]),
      here,
    );
    const first = seen.find(({ id }) => id !== null)?.id as string;
    const looking = read(
      (frames) => frames.some(({ type }) => type === "gap"),
      undefined,
      () => there.call(`/api/v1/behavioral/data/${visitorId}`, { method: "DELETE", key: SECRET }),
      here,
    );
    const told = await looking;
    const from = told.findIndex(({ type }) => type === "gap");
    expect(told[from]?.data).toEqual({ type: "gap" });
    expect(JSON.stringify(told.slice(from))).not.toMatch(/erased|theirs/);
    const back = await read(
      (frames) => frames.some(({ type }) => type === "metrics"),
      first,
      undefined,
      here,
    );
    expect(back[0]?.type).toBe("gap");
    expect(JSON.stringify(back)).not.toContain("theirs-");
    // The one who is left is still there.
    expect(back.at(-1)?.data.live).toMatchObject({ activeVisitors: 1 });
    await Promise.all([here.close(), there.close()]);
  });

  it("keeps away what was folded before it and is announced after it", async () => {
    const { here, there, channel } = await shared();
    const late: unknown[] = [];
    await channel.subscribe<unknown>(["default/event"], (frame) => {
      if (frame.type === "message") late.push(frame.data);
    });
    await read(
      (found) => events(found).length > 0,
      undefined,
      () => here.post(SOON, [nativeEvent({ visitorId, id: "theirs" })]),
      here,
    );
    await there.call(`/api/v1/behavioral/data/${visitorId}`, { method: "DELETE", key: SECRET });
    expect(late).toHaveLength(1);
    const frames = await read(
      (found) => eventIds(found).includes("after"),
      undefined,
      async () => {
        await channel.publish("default/event", late[0]);
        await here.post(SOON, [nativeEvent({ id: "after" })]);
      },
      here,
    );
    expect(eventIds(frames)).toEqual(["after"]);
    await Promise.all([here.close(), there.close()]);
  });

  it("may be among what a channel lost: after a gap nothing from before it is given", async () => {
    const inner = memoryChannel();
    const hear: ((frame: never) => void)[] = [];
    const channel: Channel = {
      ...inner,
      subscribe: (topics, listener) => (hear.push(listener as never), inner.subscribe(topics, listener)),
    };
    const here = await startTestServer({ channel });
    const seen = await read(
      (frames) => events(frames).length >= 2,
      undefined,
      () => here.post(SOON, [nativeEvent({ id: "before-1" }), nativeEvent({ id: "before-2" })]),
      here,
    );
    for (const listener of hear) listener({ type: "gap", topic: "any" } as never);
    const back = await read(
      (frames) => frames.some(({ type }) => type === "metrics"),
      events(seen)[0]?.id as string,
      undefined,
      here,
    );
    expect(back[0]?.type).toBe("gap");
    expect(eventIds(back)).toEqual([]);
    await here.close();
  });
});
