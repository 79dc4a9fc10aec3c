import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CONSENT_LEVELS, parsePrivacyEvent } from "./privacy-event.js";

const base = { anonymizedSessionId: "a-1", consentLevel: "analytics", eventType: "product_view" };
function read(over: object = {}) {
  const result = parsePrivacyEvent({ ...base, ...over }, () => "alone");
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}
const paths = (over: object) => {
  const result = parsePrivacyEvent({ ...base, ...over }, () => "alone");
  return result.ok ? [] : result.error.map(({ path }) => path);
};

const eventData = {
  url: "https://shop.example/garden?utm_source=letter&name=Jane",
  product_id: "p-1",
  price: 79,
  inStock: true,
  note: "for my sister",
  viewport: { width: 800, height: 600 },
  userId: "u-1",
  customer_email: "jane@example.com",
  orderId: "o-7",
  shipping: { street: "Elm St", method: "slow" },
};

describe("a privacy-compliant event", () => {
  it("keeps at each level what the level allows, and says what it left out", () => {
    const at = (consentLevel: string) => read({ consentLevel, eventData }).event.eventData;
    expect(at("analytics")).toEqual({
      url: "https://shop.example/garden",
      product_id: "p-1",
      price: 79,
      inStock: true,
      viewport: { width: 800, height: 600 },
      shipping: {},
      sharing: "none",
    });
    expect(at("personalization")).toMatchObject({
      url: "https://shop.example/garden",
      note: "for my sister",
      shipping: { method: "slow" },
    });
    expect(at("marketing")).toMatchObject({ url: eventData.url });
    for (const level of CONSENT_LEVELS) expect(JSON.stringify(at(level))).not.toMatch(/u-1|jane@|o-7|Elm/);
    expect(read({ eventData }).dropped).toEqual([
      "/note",
      "/userId",
      "/customer_email",
      "/orderId",
      "/shipping/street",
      "/shipping/method",
    ]);
  });

  it("covers the purposes of its level and those before it", () => {
    const purposes = (consentLevel: string) => read({ consentLevel }).purposes;
    expect(purposes("none")).toEqual(["necessary"]);
    expect(purposes("analytics")).toEqual(["necessary", "analytics"]);
    expect(purposes("personalization")).toEqual(["necessary", "analytics", "personalization"]);
    expect(purposes("marketing")).toEqual(["necessary", "analytics", "personalization", "marketing"]);
    expect(purposes("full")).toHaveLength(5);
  });

  it("under full anonymization has a session of its own, and nothing that tells devices apart", () => {
    const { event, anonymization } = read({ eventData, privacySettings: { anonymization: "full" } });
    expect(event.sessionId).toBe("alone");
    expect(event.eventData).not.toHaveProperty("viewport");
    expect(anonymization).toBe("full");
    expect(read().event.sessionId).toBe("a-1");
  });

  it("takes a retention in milliseconds, hours or days", () => {
    const retention = (given: unknown) => read({ privacySettings: { retention: given } }).event.retentionMs;
    expect(retention(7_200_000)).toBe(7_200_000);
    expect(retention("12h")).toBe(12 * 3_600_000);
    expect(retention("30d")).toBe(30 * 86_400_000);
    expect(read().event).not.toHaveProperty("retentionMs");
    for (const bad of ["1m", "0d", "30", 1, 1e20, Number.NaN, "999999d"])
      expect(paths({ privacySettings: { retention: bad } }), String(bad)).toEqual([
        "/privacySettings/retention",
      ]);
  });

  it("refuses what it does not know, an identifier above all", () => {
    expect(paths({ userId: "u-1" })).toEqual(["/userId"]);
    expect(paths({ consentLevel: "some" })).toEqual(["/consentLevel"]);
    expect(paths({ anonymizedSessionId: "" })).toEqual(["/anonymizedSessionId"]);
    expect(paths({ eventData: [] })).toEqual(["/eventData"]);
    expect(paths({ privacySettings: { sharing: "everybody" } })).toEqual(["/privacySettings/sharing"]);
    expect(paths({ privacySettings: { keep: true } })).toEqual(["/privacySettings/keep"]);
  });

  it("lets no text under a personal name stand, at whatever level and depth", () => {
    const personal = fc.constantFrom(
      "userId",
      "user_id",
      "visitorID",
      "email",
      "customerEmail",
      "order-id",
      "ip",
      "firstName",
      "session_token",
    );
    const nested = (key: string, depth: number): object =>
      depth === 0 ? { [key]: "planted-5309" } : { part: [nested(key, depth - 1)] };
    fc.assert(
      fc.property(personal, fc.nat(5), fc.constantFrom(...CONSENT_LEVELS), (key, depth, consentLevel) => {
        const { event } = read({ consentLevel, eventData: nested(key, depth) });
        expect(JSON.stringify(event)).not.toContain("planted");
      }),
    );
  });

  it("leaves out what names a person, a device or a purchase, however its key is written", () => {
    const keys = [
      ...[
        "userid",
        "USERID",
        "UserIDs",
        "user_ids",
        "customerid",
        "sessionid",
        "orderid",
        "order_no",
        "deviceids",
      ],
      ...[
        "email2",
        "emails",
        "emailaddress",
        "phone1",
        "phones",
        "phonenumber",
        "address2",
        "addresses",
        "line.name1",
      ],
      ...[
        "nickname",
        "fullName",
        "birthdate",
        "mobile",
        "mobileNumber",
        "ipaddress",
        "ip4",
        "lon",
        "usernames",
      ],
    ];
    for (const key of keys) {
      const parsed = read({ consentLevel: "full", eventData: { [key]: 5309, price: 12 } });
      expect(parsed.dropped, key).toEqual([`/${key}`]);
      expect(parsed.event["eventData"], key).toEqual({ price: 12, sharing: "none" });
    }
    const things = {
      productId: 1,
      price: 2,
      quantity: 3,
      valid: true,
      width: 4,
      depth: 5,
      emailed: true,
      listid: 6,
      item_2: 7,
      number: 8,
      top_s: 9,
    };
    expect(read({ eventData: things }).dropped).toEqual([]);
  });
});
