import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryKeys } from "../../../test/memory-keys.js";
import { memoryStore } from "../../memory/index.js";
import { createPersonalizationService } from "../create-service.js";
import { canonicalJson } from "../../kernel/json.js";
import { consentTextHash, verifyConsentReceipt } from "../index.js";
import type { ConsentLine } from "../layout/records.js";
import type { ServiceOptions } from "../options.js";
import { T0 } from "../service.test.suite.js";
import type { SignedConsentReceipt } from "../types.js";

const texts = { en: { title: "Your data" }, de: { title: "Ihre Daten" } };
const policy = { version: "2026-11", textHash: consentTextHash(texts) };
const said = {
  purposes: { analytics: true, marketing: false },
  policyVersion: "2026-11",
  source: "banner",
  region: "DE",
  at: T0 - 2000,
} as const;
const visitor = { visitorId: "visitor-1" };

function make(over: Partial<ServiceOptions> = {}) {
  const keys = memoryKeys();
  const options = { stores: { hot: memoryStore() }, keys, consent: policy, clock: { now: () => T0 } };
  return { keys, options, service: createPersonalizationService({ ...options, ...over }) };
}

async function received(over: Partial<ServiceOptions> = {}) {
  const made = make(over);
  const result = await made.service.consent(visitor, said, { receipt: "r-1" });
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return { ...made, receipt: result.value.receipt as SignedConsentReceipt };
}

describe("T27 the receipt", () => {
  it("says policy version, text hash, times, purposes, region and source, and is signed", async () => {
    const { service, receipt } = await received();
    expect(receipt).toEqual({
      v: 2,
      id: "r-1",
      site: "default",
      subject: `v/${await service.pseudonymOf(visitor)}`,
      decidedAt: new Date(T0 - 2000).toISOString(),
      recordedAt: new Date(T0).toISOString(),
      policyVersion: "2026-11",
      textHash: policy.textHash,
      purposes: {
        necessary: true,
        analytics: true,
        personalization: false,
        marketing: false,
        advertising: false,
      },
      mode: "opt-in",
      region: "DE",
      source: "banner",
      key: (await service.receiptKey()).kid,
      signature: expect.stringMatching(/^[\w-]{86}$/),
    });
    expect(JSON.stringify(receipt)).not.toContain("visitor-1");
    expect(await service.verifyReceipt(receipt)).toBe(true);
    // As it comes back from wherever the person kept it.
    expect(await service.verifyReceipt(JSON.parse(JSON.stringify(receipt)))).toBe(true);
    await service.close();
  });

  it("does not verify with one byte edited, a field added or left out, for another site or under another key", async () => {
    const { service, receipt, options } = await received();
    const text = JSON.stringify(receipt);
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), fc.integer({ min: 32, max: 126 }), async (at, code) => {
        const edited = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
        fc.pre(edited !== text);
        let other: unknown;
        try {
          other = JSON.parse(edited);
        } catch {
          return;
        }
        fc.pre(JSON.stringify(other) !== text);
        expect(await service.verifyReceipt(other)).toBe(false);
      }),
      { numRuns: 500 },
    );
    const { region: _, ...less } = receipt;
    for (const forged of [{ ...receipt, more: 1 }, less, { ...receipt, site: "blog" }, null, "", {}])
      expect(await service.verifyReceipt(forged)).toBe(false);
    expect(await service.verifyReceipt(receipt, { site: "blog" })).toBe(false);
    const stranger = createPersonalizationService({ ...options, keys: memoryKeys() });
    expect(await stranger.verifyReceipt(receipt)).toBe(false);
    await Promise.all([service.close(), stranger.close()]);
  });

  it("of version 1 is still known, and can be none of the new ones", async () => {
    const { service, receipt, keys, options } = await received();
    const { signature: _, key: __, ...content } = { ...receipt, v: 1 as const };
    const message = utf8ToBytes(`consent-receipt\n${canonicalJson(content)}`);
    const signature = bytesToHex(hmac(sha256, await keys.key("default", "audit"), message));
    const old = { ...content, signature };
    expect(await service.verifyReceipt(old)).toBe(true);
    expect(await service.verifyReceipt({ ...old, region: "US" })).toBe(false);
    expect(await service.verifyReceipt({ ...old, v: 2 })).toBe(false);
    expect(await service.verifyReceipt({ ...old, v: 2, key: receipt.key })).toBe(false);
    expect(await service.verifyReceipt({ ...receipt, v: 1 })).toBe(false);
    expect(await verifyConsentReceipt(await service.receiptKey(), old)).toBe(false);
    // As it lies in a store that an earlier version has written.
    const partition = `default/${receipt.subject}`;
    const line = await options.stores.hot.get<ConsentLine>(partition, "c/r-1");
    const before = { ...(line?.value as ConsentLine), signed: { textHash: policy.textHash, signature } };
    await options.stores.hot.put(partition, "c/r-1", before);
    expect((await service.consentOf(visitor))?.receipts).toEqual([old]);
    await service.close();
  });

  it("is checked by its public key alone, which is the same in every process", async () => {
    const { service, receipt, options } = await received();
    const other = createPersonalizationService(options);
    const publicKey = await other.receiptKey();
    expect(publicKey).toEqual(await service.receiptKey());
    expect(await verifyConsentReceipt(publicKey, receipt)).toBe(true);
    const elsewhere = await service.receiptKey({ site: "blog" });
    expect(await verifyConsentReceipt(elsewhere, receipt)).toBe(false);
    let deep: unknown = {};
    for (let i = 0; i < 100_000; i++) deep = { deep };
    for (const forged of [null, "", {}, { ...receipt, source: "api" }, { ...receipt, deep }])
      expect(await verifyConsentReceipt(publicKey, forged)).toBe(false);
    expect(await service.verifyReceipt({ ...receipt, v: 1, deep })).toBe(false);
    await Promise.all([service.close(), other.close()]);
  });

  it("is kept beside the decision, handed out with the export, and known again after the erasure", async () => {
    const { service, receipt } = await received();
    const later = await service.consent(
      visitor,
      { ...said, purposes: { analytics: false }, at: T0 },
      { receipt: "r-2" },
    );
    const withdrawal = later.ok ? later.value.receipt : null;
    expect(await service.consent(visitor, said, { receipt: "r-1" })).toMatchObject({ value: { receipt } });
    expect((await service.consentOf(visitor))?.receipts).toEqual([receipt, withdrawal]);
    const { visitors } = await service.exportData(visitor);
    expect(visitors.map(({ consent }) => consent?.receipts)).toEqual([[receipt, withdrawal]]);
    await service.erase(visitor);
    expect(await service.consentOf(visitor)).toBeNull();
    expect(await service.verifyReceipt(receipt)).toBe(true);
    expect(await service.consent(visitor, said)).toMatchObject({ value: { stored: false, receipt: null } });
    await service.close();
  });

  it("names the words only of the policy that the server has", async () => {
    const { service } = make();
    const old = await service.consent(visitor, { ...said, policyVersion: "2025-01" });
    expect(old).toMatchObject({ value: { receipt: { policyVersion: "2025-01", textHash: null } } });
    await service.close();
    const without = await received({ consent: { version: "2026-11" } });
    expect(without.receipt.textHash).toBeNull();
    await without.service.close();
  });

  it("is missing where the key is not to be had, and the refusal holds all the same", async () => {
    const keys = memoryKeys();
    const reported: unknown[] = [];
    const failing = {
      ...keys,
      key: (site: string, use: string) =>
        use === "audit" ? Promise.reject(new Error("no key service")) : keys.key(site, use),
    };
    const { service } = make({ keys: failing, report: (error) => void reported.push(error) });
    const result = await service.consent(visitor, said);
    expect(result).toMatchObject({ value: { stored: true, receipt: null } });
    expect((await service.consentOf(visitor))?.current.grants).toMatchObject({ marketing: false });
    expect(reported).toEqual([new Error("no key service")]);
    await service.close();
  });

  it("hashes words, whatever the order in which they are written down", () => {
    expect(consentTextHash({ de: texts.de, en: texts.en })).toBe(policy.textHash);
    expect(consentTextHash({ ...texts, en: { title: "Your date" } })).not.toBe(policy.textHash);
  });
});
