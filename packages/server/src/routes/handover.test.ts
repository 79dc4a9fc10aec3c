import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SECRET, startTestServer, type TestServer, WRITE } from "../testing/start.js";

const [A, B, ELSEWHERE] = ["https://shop-a.example", "https://shop-b.example", "https://elsewhere.example"];
const PATH = "/api/v1/behavioral/handover";
const CONSENT = "/api/v1/behavioral/consent";

let at: TestServer;
let now = Date.now();
beforeAll(async () => {
  at = await startTestServer({
    clock: { now: () => now },
    auth: {
      keys: [
        { kind: "write", key: WRITE, origins: [A, B] },
        { kind: "secret", key: SECRET },
        { kind: "write", key: "wk_of-another-site", site: "other", origins: [ELSEWHERE, B] },
      ],
    },
  });
});
afterAll(() => at.close());

const decide = (visitorId: string, granted = true) =>
  at.post(CONSENT, {
    visitorId,
    consentStatus: granted ? "granted" : "withdrawn",
    consentType: "all",
    policyVersion: "1",
  });
async function consenting(): Promise<string> {
  const visitorId = randomUUID();
  await decide(visitorId);
  return visitorId;
}
const issue = (visitorId: string, to = B) => at.post(PATH, { visitorId, to }, { headers: { origin: A } });
async function tokenOf(visitorId: string): Promise<string> {
  const response = await issue(visitorId);
  expect(response.status).toBe(201);
  return ((await response.json()) as { token: string }).token;
}
const redeem = (token: string, origin: string | null = B, key = WRITE) =>
  at.post(`${PATH}/redeem`, { token }, { key, headers: origin === null ? {} : { origin } });
const codeOf = async (response: Response): Promise<string> =>
  String(((await response.json()) as { type: string }).type);

describe("a visitor handed over to another domain", () => {
  it("is known there once, and nothing that is stored or sent on the way names it", async () => {
    const visitorId = await consenting();
    const token = await tokenOf(visitorId);
    expect(token).toMatch(/^[\w-]{60,400}$/);
    expect(Buffer.from(token, "base64url").toString("latin1")).not.toContain(visitorId);
    expect((await redeem(token, A)).status).toBe(403);
    const taken = await redeem(token);
    expect(await taken.json()).toEqual({ visitorId });
    const again = await redeem(token);
    expect(again.status).toBe(403);
    expect(await codeOf(again)).toContain("ATTUNE_SERVER_HANDOVER");
    let held = "";
    for await (const partition of at.store.partitions("default/handover/"))
      for await (const record of at.store.scan(partition)) held += JSON.stringify({ partition, record });
    expect(held).toContain("default/handover/");
    expect(held).not.toContain(visitorId);
  });

  it("is taken up by one of twenty that come at once", async () => {
    const token = await tokenOf(await consenting());
    const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(token)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it("is nobody by a link that is altered, two minutes old, of another site, or without a page", async () => {
    const visitorId = await consenting();
    const token = await tokenOf(visitorId);
    for (let i = 0; i < token.length; i += 9) {
      const other = token[i] === "A" ? "B" : "A";
      expect((await redeem(token.slice(0, i) + other + token.slice(i + 1))).status, String(i)).toBe(403);
    }
    expect((await redeem("x")).status).toBe(403);
    expect((await redeem("x".repeat(2000))).status).toBe(400);
    expect((await redeem(token, null)).status).toBe(403);
    expect((await redeem(token, ELSEWHERE)).status).toBe(403);
    expect((await redeem(token, B, "wk_of-another-site")).status).toBe(403);
    now += 120_000;
    expect((await redeem(token)).status).toBe(403);
    now -= 120_000;
    expect((await redeem(token)).status).toBe(200);
  });

  it("goes to pages of the site alone, under a public key only by an unguessable id", async () => {
    const visitorId = await consenting();
    for (const to of [ELSEWHERE, "null", `${B}/`, `${B}.elsewhere.example`, "javascript:alert(1)"])
      expect(await codeOf(await issue(visitorId, to)), to).toContain("ATTUNE_SERVER_HANDOVER_ORIGIN");
    expect(await codeOf(await issue("guessable"))).toContain("ATTUNE_SERVER_GUESSABLE_ID");
    expect((await at.post(PATH, { visitorId, to: B }, { headers: { origin: ELSEWHERE } })).status).toBe(403);
    expect((await at.post(PATH, { visitorId, to: B }, { key: null })).status).toBe(401);
    expect((await at.post(PATH, { visitorId })).status).toBe(400);
    expect((await at.post(PATH, { visitorId: "u:user-1", to: B }, { key: SECRET })).status).toBe(400);
  });

  it("needs consent when it leaves, and still when it arrives", async () => {
    expect(await codeOf(await issue(randomUUID()))).toContain("ATTUNE_SERVER_HANDOVER_CONSENT");
    const withdrawn = await consenting();
    const late = await tokenOf(withdrawn);
    await decide(withdrawn, false);
    expect((await redeem(late)).status).toBe(403);
    expect((await issue(withdrawn)).status).toBe(403);
    const erased = await consenting();
    const token = await tokenOf(erased);
    await at.call(`/api/v1/behavioral/data/${erased}`, { key: SECRET, method: "DELETE" });
    expect((await redeem(token)).status).toBe(403);
  });

  it("needs no decision where the law asks for none", async () => {
    const optOut = await startTestServer({
      consent: { version: "1", mode: "opt-out" },
      auth: { keys: [{ kind: "write", key: WRITE, origins: [A, B] }] },
    });
    const visitorId = randomUUID();
    const issued = await optOut.post(PATH, { visitorId, to: B }, { headers: { origin: A } });
    const { token } = (await issued.json()) as { token: string };
    const taken = await optOut.post(`${PATH}/redeem`, { token }, { headers: { origin: B } });
    expect(await taken.json()).toEqual({ visitorId });
    await optOut.close();
  });
});
