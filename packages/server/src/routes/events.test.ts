import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nativeEvent, SECRET, startTestServer, type TestServer, WRITE } from "../testing/start.js";

let at: TestServer;
beforeAll(async () => {
  at = await startTestServer();
});
afterAll(() => at.close());

const EVENTS = "/api/v1/behavioral/events?wait=2000";
const BATCH = "/api/v1/behavioral/batch?wait=5000";
const summary = async () => at.server.service.summary();

describe("POST /events", () => {
  it("folds the event within the wait and answers with computed insights", async () => {
    const response = await at.post(EVENTS, nativeEvent({ id: "first" }));
    expect(response.status).toBe(200);
    const answer = await response.json();
    expect(answer).toMatchObject({
      eventId: "first",
      processed: true,
      duplicate: false,
      triggers: [],
      decisions: null,
    });
    expect(answer.insights.engagementScore).toBeGreaterThanOrEqual(0);
    expect(answer.insights.engagementScore).toBeLessThanOrEqual(1);
    expect(answer.insights.nextActionPrediction).toBeNull();
    expect(Object.keys(answer.insights.notes)).toContain("nextActionPrediction");
    expect(answer.privacyCompliance).toMatchObject({
      consentStatus: "granted",
      anonymization: "pseudonymised",
    });
  });

  it("names an event that came without an id by the one that it has from now on", async () => {
    const { id: _, ...event } = nativeEvent({ occurredAt: Date.now() - 1000 });
    const first = await (await at.post(EVENTS, event)).json();
    expect(first).toMatchObject({ eventId: expect.stringMatching(/.{16}/), duplicate: false });
    expect(await (await at.post(EVENTS, event)).json()).toMatchObject({
      eventId: first.eventId,
      duplicate: true,
    });
    const again = await (await at.post(EVENTS, { ...event, id: first.eventId })).json();
    expect(again).toMatchObject({ eventId: first.eventId, duplicate: true });
  });

  it("says of a repeated event that it is one", async () => {
    const event = nativeEvent();
    await at.post(EVENTS, event);
    expect(await (await at.post(EVENTS, event)).json()).toMatchObject({ processed: true, duplicate: true });
  });

  it("takes the behavioural wire shape", async () => {
    const response = await at.post(EVENTS, {
      eventId: "wire-1",
      sessionId: "s-wire",
      anonymousId: "anonymous-0123456789-abcdef",
      deviceType: "mobile",
      eventType: "page_view",
      eventData: {
        url: "https://shop.example/a?x=1",
        referrer: "",
        timestamp: Date.now(),
        viewport: { width: 400, height: 800 },
      },
      consent: { purposes: ["analytics", "personalization"] },
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ eventId: "wire-1", processed: true });
  });

  it("refuses an invalid event with pointers", async () => {
    const response = await at.post(EVENTS, nativeEvent({ occurredAt: "yesterday-ish" }));
    expect(response.status).toBe(400);
    expect(response.headers.get("content-type")).toContain("application/problem+json");
    const problem = await response.json();
    expect(problem).toMatchObject({ type: "ATTUNE_SERVER_EVENT", status: 400 });
    expect(problem.errors[0].path).toBe("/occurredAt");
  });

  it("gives nothing away of a guessable subject under a public key, and does under a secret one", async () => {
    const event = nativeEvent({ visitorId: "guessable" });
    expect(await (await at.post(EVENTS, event)).json()).toMatchObject({ processed: true, insights: null });
    const seen = await (await at.post(EVENTS, { ...event, id: "other-id" }, { key: SECRET })).json();
    expect(seen.insights).not.toBeNull();
  });

  it("says why there are no insights where personalization was withdrawn", async () => {
    const visitorId = "withdrawn-visitor-0123456789";
    const purposes = { analytics: true, personalization: false };
    await at.server.service.consent({ visitorId }, { purposes, policyVersion: "1", source: "api" });
    const answer = await (await at.post(EVENTS, nativeEvent({ visitorId }))).json();
    expect(answer).toMatchObject({ processed: true, insights: null });
    expect(answer.notes.insights).toContain("personalization");
  });

  it("says that an event without consent was withheld", async () => {
    const response = await at.post(EVENTS, nativeEvent({ consent: { purposes: [], policyVersion: "1" } }));
    const answer = await response.json();
    expect(answer).toMatchObject({
      processed: false,
      privacyCompliance: { consentStatus: "withheld" },
    });
    expect(answer.notes.insights).toContain("not covered by consent");
    expect(answer.notes.insights).not.toContain("later");
  });
});

describe("T9 the same event id has one effect", () => {
  it("1,000 times at once, by JSON and by text/plain beacon", async () => {
    const before = (await summary()).events;
    const event = nativeEvent({ id: "thousand-times" });
    const { writeKey, ...beacon } = { ...event, writeKey: WRITE };
    const send = (n: number): Promise<Response> =>
      n % 2 === 0
        ? at.post("/api/v1/behavioral/events", event)
        : at.post(`/api/v1/behavioral/batch`, JSON.stringify({ events: [beacon], writeKey }), {
            key: null,
            headers: { "content-type": "text/plain;charset=UTF-8" },
          });
    const answers = await Promise.all(Array.from({ length: 1000 }, (_, n) => send(n)));
    expect(answers.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
    await at.server.service.settled();
    expect((await summary()).events).toBe(before + 1);
  }, 60_000);

  it("and another body under the id is a recorded conflict that changes nothing", async () => {
    const before = await summary();
    const event = nativeEvent();
    await at.post(EVENTS, event);
    await at.post(EVENTS, { ...event, name: "Order Completed" });
    const after = await summary();
    expect(after.events).toBe(before.events + 1);
    expect(after.conflicts).toBe(before.conflicts + 1);
  });
});

describe("T11 one invalid event costs only itself", () => {
  it("lists it, keeps its bytes and reason, and takes its neighbours", async () => {
    const bad = nativeEvent({ name: "" });
    const response = await at.post(BATCH, { events: [nativeEvent(), bad, nativeEvent(), 7, null] });
    expect(response.status).toBe(200);
    const answer = await response.json();
    expect(answer).toMatchObject({ accepted: 2, duplicates: 0, withheld: 0 });
    expect(answer.rejected.map(({ index }: { index: number }) => index)).toEqual([1, 3, 4]);
    expect(answer.rejected[0].errors[0].path).toBe("/name");
    const letters = await at.server.service.deadLetters.list();
    const letter = letters.find(({ body }) => body.includes(String(bad.id)));
    expect(letter).toMatchObject({ source: { route: "batch" }, schemaVersion: 1 });
    expect(letter?.reasons[0]?.code).toMatch(/^ATTUNE_/);
  });

  it("takes no batch whose dead letters cannot be written", async () => {
    const put = at.log.deadLetters.put;
    at.log.deadLetters.put = () => Promise.reject(new Error("disk full"));
    try {
      const response = await at.post(BATCH, { events: [nativeEvent(), 7] });
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).not.toBeNull();
    } finally {
      at.log.deadLetters.put = put;
    }
  });

  it("takes a bare array, and refuses none and more than 1,000", async () => {
    expect((await at.post(BATCH, [nativeEvent()])).status).toBe(200);
    expect((await at.post(BATCH, [])).status).toBe(400);
    expect(
      (
        await at.post(
          BATCH,
          Array.from({ length: 1001 }, () => 1),
        )
      ).status,
    ).toBe(400);
  });
});
