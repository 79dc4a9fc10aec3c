import { describe, expect, it } from "vitest";
import { allowed } from "./allowed.js";
import { decodeConsentCookie, encodeConsentCookie } from "./cookie.js";
import { createConsentState } from "./create.js";
import { toGoogleConsentMode } from "./google.js";
import { ALL_GRANTS, grantedPurposes, grantsOf, NO_GRANTS } from "./grants.js";
import { parseConsentRecord } from "./record.js";
import type { ConsentRecord, Purpose } from "./types.js";
import { validateConsentPolicy } from "./validate-policy.js";

const record: ConsentRecord = {
  v: 1,
  policyVersion: "2026-11",
  mode: "opt-in",
  region: "DE",
  grants: grantsOf(["analytics"]),
  decidedAt: 1_700_000_000_000,
  source: "banner",
  revision: 3,
};

describe("allowed", () => {
  it("wants every purpose, of a state or of bare grants", () => {
    const grants = grantsOf(["analytics"]);
    expect(allowed(grants, ["analytics", "necessary"])).toBe(true);
    expect(allowed(grants, ["analytics", "marketing"])).toBe(false);
    expect(allowed(grants, "analytics")).toBe(true);
    expect(allowed(grants, [])).toBe(true);
    expect(allowed(createConsentState({ version: "1", mode: "none" }, { now: 0 }), ["marketing"])).toBe(true);
  });

  it("knows no purpose but its own", () => {
    expect(allowed(ALL_GRANTS, "toString" as Purpose)).toBe(false);
    expect(allowed({} as typeof ALL_GRANTS, "necessary")).toBe(true);
    expect(grantedPurposes(NO_GRANTS)).toEqual(["necessary"]);
  });
});

describe("parseConsentRecord", () => {
  it.each([
    ["nothing", null],
    ["a text", "1"],
    ["another format", { ...record, v: 2 }],
    ["no version", { ...record, policyVersion: "" }],
    ["a version that is no text", { ...record, policyVersion: 1 }],
    ["an unknown mode", { ...record, mode: "yes" }],
    ["no grants", { ...record, grants: null }],
    ["a time below zero", { ...record, decidedAt: -1 }],
    ["a time beyond dates", { ...record, decidedAt: 9e15 }],
    ["no revision", { ...record, revision: Number.NaN }],
    ["a revision beyond reach", { ...record, revision: 1e10 }],
    ["an unknown source", { ...record, source: "them" }],
  ])("refuses %s", (_, input) => {
    expect(parseConsentRecord(input)).toBeNull();
  });

  it("reads yes only from true, and leaves out what it does not know", () => {
    const read = parseConsentRecord({
      ...record,
      grants: { necessary: false, analytics: "true", marketing: true, telepathy: true },
      asked: ["marketing", "telepathy", "necessary"],
      region: "a b",
      visitorId: "someone",
    });
    expect(read).toEqual({ ...record, grants: grantsOf(["marketing"]), asked: ["marketing"], region: null });
  });
});

describe("the cookie", () => {
  it("has this form", () => {
    expect(encodeConsentCookie({ ...record, asked: ["analytics", "marketing"] })).toBe(
      "1.0.3.a.loyw3v28.3.0.DE.2026-11",
    );
    expect(encodeConsentCookie({ ...record, region: null })).toBe("1.0.3.0.loyw3v28.3.0..2026-11");
  });

  it.each([
    undefined,
    5,
    "",
    "1",
    "1.0.3",
    "2.0.3.a.loyw3v28.3.0.DE.1",
    "1.9.3.a.loyw3v28.3.0.DE.1",
    "1.0.3.a.~.3.0.DE.1",
    "1.0.3.a.loyw3v28.3.map.DE.1",
    `1.0.3.a.loyw3v28.3.0.DE.${"x".repeat(200)}`,
  ])("%s is none", (text) => {
    expect(decodeConsentCookie(text)).toBeNull();
  });
});

describe("T28 Google Consent Mode", () => {
  it("denies the four of version 2 by default and follows the purposes", () => {
    expect(toGoogleConsentMode(NO_GRANTS)).toEqual({
      ad_storage: "denied",
      ad_user_data: "denied",
      ad_personalization: "denied",
      analytics_storage: "denied",
      functionality_storage: "denied",
      personalization_storage: "denied",
      security_storage: "granted",
    });
    expect(Object.values(toGoogleConsentMode(ALL_GRANTS)).every((signal) => signal === "granted")).toBe(true);
    expect(toGoogleConsentMode(grantsOf(["analytics"]))).toMatchObject({
      analytics_storage: "granted",
      ad_storage: "denied",
    });
  });
});

describe("validateConsentPolicy", () => {
  it("takes a right one as it is", () => {
    const policy = {
      version: "2026-11-01",
      mode: "opt-in",
      regions: { "US-CA": "opt-out" },
      purposes: ["analytics"],
      gpcDenies: [],
      expiresAfterMs: 1000,
      memoryBeforeDecision: true,
    };
    expect(validateConsentPolicy(policy)).toEqual({ ok: true, value: policy });
    expect(validateConsentPolicy({ version: "1" }).ok).toBe(true);
  });

  it("names every fault by its path, with a cure and without the value", () => {
    const result = validateConsentPolicy({
      version: "version one",
      mode: "secret",
      regions: { us: "opt-out", DE: "secret" },
      purposes: ["necessary", "analytics", "analytics"],
      gpcDenies: "all",
      expiresAfterMs: 0,
      memoryBeforeDecision: "secret",
      textHash: "none",
      "extra/key": 1,
    });
    expect(result.ok).toBe(false);
    if (result.ok) return;
    expect(result.error.map((issue) => issue.path).sort()).toEqual(
      [
        "/extra~1key",
        "/expiresAfterMs",
        "/gpcDenies",
        "/memoryBeforeDecision",
        "/textHash",
        "/mode",
        "/purposes/0",
        "/purposes/2",
        "/regions/DE",
        "/regions/us",
        "/version",
      ].sort(),
    );
    expect(JSON.stringify(result.error)).not.toContain("secret");
  });

  it.each([null, [], "1", 5])("wants an object: %j", (input) => {
    expect(validateConsentPolicy(input)).toMatchObject({ ok: false, error: [{ path: "" }] });
  });

  it("wants a version, and regions as an object", () => {
    expect(validateConsentPolicy({ version: "" })).toMatchObject({ error: [{ path: "/version" }] });
    expect(validateConsentPolicy({ regions: [], expiresAfterMs: "1" })).toMatchObject({
      error: [{ path: "/version" }, { path: "/regions" }, { path: "/expiresAfterMs" }],
    });
  });
});
