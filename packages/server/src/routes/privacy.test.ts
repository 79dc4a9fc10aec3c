import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nativeEvent, SECRET, startTestServer, type TestServer } from "../testing/start.js";

let at: TestServer;
beforeAll(async () => {
  at = await startTestServer();
});
afterAll(() => at.close());

const BATCH = "/api/v1/behavioral/batch?wait=5000";
const secret = (path: string, init: RequestInit = {}): Promise<Response> =>
  at.call(path, { ...init, key: SECRET });
const everything = async (): Promise<string> => {
  let text = "";
  for await (const partition of at.store.partitions("")) {
    for await (const record of at.store.scan(partition)) text += JSON.stringify(record);
  }
  for (let shard = 0; shard < at.log.capabilities.shards; shard++)
    text += JSON.stringify(await at.log.read(shard, 0, 100_000));
  return text + JSON.stringify(await at.log.deadLetters.read(null, 1000));
};

describe("T29 erasure and export over HTTP", () => {
  const marker = "planted-marker-5309";
  const visitor = "erased-visitor-0123456789";
  const seeded = Array.from({ length: 20 }, (_, n) =>
    nativeEvent({ id: `seed-${n}`, visitorId: visitor, properties: { product_id: marker, price: n } }),
  );

  it("exports exactly what was sent, and nobody else's", async () => {
    await at.post(BATCH, seeded);
    await at.post(BATCH, [nativeEvent({ visitorId: "somebody-else-0123456789" })]);
    const response = await secret(`/api/v1/behavioral/data/${visitor}/export`);
    expect(response.headers.get("content-disposition")).toContain("attachment");
    const data = await response.json();
    expect(data.visitors).toHaveLength(1);
    const ids = data.visitors[0].events.map((event: { id: string }) => event.id).sort();
    expect(ids).toEqual(seeded.map(({ id }) => id).sort());
    const lines = (await (await secret(`/api/v1/behavioral/data/${visitor}/export?format=ndjson`)).text())
      .trim()
      .split("\n");
    const records = lines.map((line) => JSON.parse(line) as { kind: string });
    expect(records.filter(({ kind }) => kind === "event")).toHaveLength(seeded.length);
    expect(records[0]).toMatchObject({ kind: "export", format: "attune-export" });
  });

  it("leaves no trace, and neither replayed nor dead-lettered events bring the subject back", async () => {
    await at.post(BATCH, [
      { ...nativeEvent({ visitorId: visitor, properties: { product_id: marker } }), name: "" },
    ]);
    expect(await everything()).toContain(marker);
    const response = await secret(`/api/v1/behavioral/data/${visitor}`, { method: "DELETE" });
    expect(response.status).toBe(200);
    const receipt = await response.json();
    expect(receipt).toMatchObject({
      status: "completed",
      dataRemoved: { events: seeded.length, profiles: 1 },
    });
    expect(receipt.deletionId).toEqual(expect.any(String));
    expect(await everything()).not.toContain(marker);
    await at.server.service.deadLetters.replay();
    expect(await everything()).not.toContain(marker);
    const after = await (await secret(`/api/v1/behavioral/data/${visitor}/export`)).json();
    expect(JSON.stringify(after)).not.toContain("seed-");
  });

  it("leaves nothing but sums where that is asked for (anonymizeOnly)", async () => {
    const visitorId = "anonymised-visitor-0123456789";
    const viewed = async (): Promise<number> => (await at.server.service.summary()).events;
    const before = await viewed();
    await at.post(BATCH, [nativeEvent({ visitorId, properties: { product_id: "planted-4711" } })]);
    expect(await viewed()).toBe(before + 1);
    const path = `/api/v1/behavioral/data/${visitorId}?anonymizeOnly=true`;
    const receipt = await (await secret(path, { method: "DELETE" })).json();
    expect(receipt).toMatchObject({ status: "completed", dataRemoved: { events: 1, profiles: 1 } });
    expect(await viewed()).toBe(before + 1);
    expect(await everything()).not.toContain("planted-4711");
    const audited = await at.server.service.audit.list();
    expect(audited.at(-1)).toMatchObject({ type: "erasure", detail: { anonymizeOnly: true } });
  });

  it("refuses to do less than was asked for", async () => {
    const asking = async (option: string): Promise<number> =>
      (await secret(`/api/v1/behavioral/data/x?${option}`, { method: "DELETE" })).status;
    for (const option of [
      "anonymizeOnly=1",
      "anonymizeOnly",
      "anonymizeOnly=true&anonymizeOnly=false",
      "cascadeDelete=0",
      "cascadeDelete",
      "cascadeDelete=false&cascadeDelete=true",
      "retentionOverride=1d",
      "retentionOverride=false",
    ])
      expect(await asking(option), option).toBe(400);
    expect(await asking("anonymizeOnly=false&cascadeDelete=true&retentionOverride=true")).toBe(200);
  });
});

describe("consent", () => {
  const path = "/api/v1/behavioral/consent";

  it("records what was decided and tells it to hosts", async () => {
    const given = {
      userId: "consenting-user",
      consentType: "granular",
      consentStatus: "granted",
      consentDate: new Date().toISOString(),
      consentSource: "banner",
      granularConsent: { analytics: true, marketing: false, personalization: true, advertising: false },
    };
    const response = await at.post(path, given, { key: SECRET });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ id: expect.any(String), record: { source: "banner" } });
    const stored = await (await secret(`${path}/consenting-user`)).json();
    expect(stored.current.grants).toMatchObject({ analytics: true, marketing: false });
    expect((await secret(`${path}/unknown`)).status).toBe(404);
  });

  it("withdrawal covers what happened before it and is still on its way, and what carries no consent of its own", async () => {
    const visitorId = "withdrawing-visitor-0123456789";
    await at.post(path, { visitorId, consentStatus: "withdrawn", consentType: "all", policyVersion: "1" });
    const late = nativeEvent({ visitorId, occurredAt: Date.now() - 5000 });
    const { consent: _, ...silent } = nativeEvent({ visitorId });
    const answer = await (await at.post(BATCH, [late, silent])).json();
    expect(answer).toMatchObject({ accepted: 0, withheld: 2 });
  });

  it("is one decision under one Idempotency-Key, and says where nothing of it is kept", async () => {
    const visitorId = "repeating-visitor-0123456789";
    const given = { visitorId, consentStatus: "withdrawn", consentType: "all", policyVersion: "1" };
    const headers = { "idempotency-key": "consent-post-1" };
    const answers = [await at.post(path, given, { headers }), await at.post(path, given, { headers })];
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    const [first, again] = await Promise.all(answers.map((answer) => answer.json()));
    expect(first.id).not.toContain("consent-post-1");
    expect(again).toEqual(first);
    expect((await (await secret(`${path}/${visitorId}`)).json()).history).toHaveLength(1);
    const bad = await at.post(path, given, { headers: { "idempotency-key": "not a name" } });
    expect(bad.status).toBe(400);

    await secret(`/api/v1/behavioral/data/${visitorId}`, { method: "DELETE" });
    const late = await at.post(path, { ...given, consentStatus: "granted" });
    expect(late.status).toBe(200);
    expect(await late.json()).toMatchObject({ stored: false });
    expect((await secret(`${path}/${visitorId}`)).status).toBe(404);
  });

  it("refuses what names nobody or decides nothing", async () => {
    expect((await at.post(path, { consentStatus: "granted" })).status).toBe(400);
    expect((await at.post(path, { visitorId: "v" })).status).toBe(400);
    expect((await at.post(path, [])).status).toBe(400);
  });
});
