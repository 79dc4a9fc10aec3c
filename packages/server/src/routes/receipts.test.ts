import { createPublicKey, randomUUID, verify as verifySignature } from "node:crypto";
import { verifyConsentReceipt } from "@attune/core/service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SECRET, startTestServer, type TestServer } from "../testing/start.js";

let at: TestServer;
beforeAll(async () => {
  at = await startTestServer();
});
afterAll(() => at.close());

const PATH = "/api/v1/behavioral/receipts";
interface Receipt {
  [field: string]: unknown;
  signature: string;
  key: string;
}

async function receipt(): Promise<Receipt> {
  const given = { visitorId: randomUUID(), consentStatus: "granted", policyVersion: "1" };
  const response = await at.post("/api/v1/behavioral/consent", given, { key: SECRET });
  return ((await response.json()) as { receipt: Receipt }).receipt;
}
const isValid = async (body: unknown): Promise<boolean> =>
  ((await (await at.post(`${PATH}/verify`, body, { key: null })).json()) as { valid: boolean }).valid;
async function keyOf(): Promise<{ kid: string; x: string }> {
  const response = await at.call(`${PATH}/keys`, { key: null });
  return ((await response.json()) as { keys: [{ kid: string; x: string }] }).keys[0];
}
/** As somebody would do it who has nothing of this library. */
function byHand({ signature, ...content }: Receipt, key: object): boolean {
  const inOrder = (value: unknown): unknown =>
    typeof value !== "object" || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, member]) => [name, inOrder(member)]),
        );
  const message = Buffer.from(`consent-receipt\n${JSON.stringify(inOrder(content))}`);
  const publicKey = createPublicKey({ key: key as { kty: string }, format: "jwk" });
  return verifySignature(null, message, publicKey, Buffer.from(signature, "base64url"));
}

describe("T27 a receipt", () => {
  it("is checked by anybody who has the published key, without the server", async () => {
    const [signed, key] = [await receipt(), await keyOf()];
    expect(key).toMatchObject({ kty: "OKP", crv: "Ed25519", alg: "EdDSA", use: "sig" });
    expect(key).not.toHaveProperty("d");
    expect(signed.key).toBe(key.kid);
    expect(byHand(signed, key)).toBe(true);
    expect(byHand({ ...signed, region: "US" }, key)).toBe(false);
    expect(await verifyConsentReceipt(key, signed)).toBe(true);
    expect(await verifyConsentReceipt(key, { ...signed, region: "US" })).toBe(false);
  });

  it("is checked by the server for whoever has none of its keys", async () => {
    const signed = await receipt();
    expect(await isValid(signed)).toBe(true);
    expect(await isValid({ ...signed, policyVersion: "2" })).toBe(false);
    expect(await isValid({ ...signed, more: 1 })).toBe(false);
    for (const site of ["other", "nowhere", "__proto__", 7, null])
      expect(await isValid({ ...signed, site })).toBe(false);
    expect((await at.post(`${PATH}/verify`, [], { key: null })).status).toBe(400);
    expect((await at.post(`${PATH}/verify`, "{", { key: null })).status).toBe(400);
    expect((await at.call(`${PATH}/keys?site=nowhere`, { key: null })).status).toBe(404);
    const other = await (await at.call(`${PATH}/keys?site=other`, { key: null })).json();
    expect(other.keys[0].kid).not.toBe(signed.key);
    // Neither has made a key for a site that there is none of.
    for await (const { sort } of at.store.scan("_/keys")) expect(sort).not.toContain("nowhere");
  });
});
