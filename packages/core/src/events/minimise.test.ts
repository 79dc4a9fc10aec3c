import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { minimise, type MinimiseOptions } from "./minimise.js";
import type { Event, EventContext } from "./types.js";

const base: Event = {
  id: "1",
  schemaVersion: 1,
  site: "default",
  visitorId: "v",
  sessionId: null,
  deviceId: null,
  userId: null,
  seq: null,
  occurredAt: 1_700_000_000_000,
  sentAt: null,
  receivedAt: null,
  tzOffset: null,
  name: "Page Viewed",
  properties: {},
  context: {},
  consent: { purposes: ["necessary", "analytics"], policyVersion: null },
};
const context = (context: EventContext, options?: MinimiseOptions, purposes = base.consent.purposes) =>
  minimise({ ...base, context, consent: { purposes, policyVersion: null } }, options).context;
const properties = (properties: Record<string, unknown>, options?: MinimiseOptions) =>
  minimise({ ...base, properties: properties as Event["properties"] }, options).properties;
const url = (url: string, options?: MinimiseOptions) => context({ page: { url } }, options).page;

describe("URLs", () => {
  it("keep origin and path only", () => {
    expect(url("https://user:pass@shop.example:8443/a/b?q=secret&token=1#frag?x")).toEqual({
      url: "https://shop.example:8443/a/b",
      path: "/a/b",
    });
    expect(url("/a/b?q=1")).toEqual({ url: "/a/b", path: "/a/b" });
    expect(url("")).toEqual({ url: "", path: "" });
  });

  it("keep the query parameters that are allowed, masked", () => {
    expect(url("https://x.io/?q=jane@example.com&size=l&z=1", { query: ["q", "size"] })?.url).toBe(
      "https://x.io/?q=[mail]&size=l",
    );
  });

  it("mask what looks like a person or a secret in the path, and leave slugs and dates", () => {
    expect(
      url("https://x.io/u/jane%40example.com/reset/a8f5f167f44f4964e6c998dee827110c/1234567890")?.path,
    ).toBe("/u/[mail]/reset/[token]/[phone]");
    expect(url("https://x.io/2024/01/15/123/the-best-shoes-of-2024")?.path).toBe(
      "/2024/01/15/123/the-best-shoes-of-2024",
    );
    expect(url("https://x.io/cart;jsessionid=A1B2C3D4E5F6A7B8C9D0")?.path).toBe("/cart;jsessionid=[token]");
  });

  it("keep nothing of what is no page", () => {
    for (const scheme of ["data:", "blob:", "file:", "javascript:"]) {
      expect(url(`${scheme}${scheme === "file:" ? "///home/jane" : "text/html,jane"}`)).toEqual({
        url: scheme,
        path: "",
      });
    }
    expect(url(`https://${"x".repeat(300)}/a`)?.url).toBe("https:");
    expect(url(`https://x.io/ab/${"x".repeat(2000)}`)?.path).toBe("/ab/");
  });

  it("lift the campaign first, where consent covers it, without overwriting", () => {
    const page = {
      url: "https://x.io/?utm_source=News+Letter&utm_medium=e%2Dmail&utm_campaign=%E0&utm_id=7&utm_term=&utm_content=jane%40example.com",
    };
    expect(context({ page }).campaign).toEqual({
      source: "News Letter",
      medium: "e-mail",
      name: "%E0",
      content: "[mail]",
    });
    expect(context({ page, campaign: { source: "own" } }).campaign).toMatchObject({
      source: "own",
      medium: "e-mail",
    });
    expect(context({ page }, {}, ["necessary", "personalization"])).not.toHaveProperty("campaign");
    expect(context({ page }, {}, ["marketing"]).campaign?.medium).toBe("e-mail");
    expect(context({ page: { url: "https://x.io/?utm_source=" } })).not.toHaveProperty("campaign");
  });

  it("referrers keep their origin, paths lose their query", () => {
    expect(
      context({ page: { referrer: "https://www.google.com/search?q=jane", path: "/a?b=1#c", title: "T" } })
        .page,
    ).toEqual({
      referrer: "https://www.google.com",
      path: "/a",
      title: "T",
    });
    expect(context({ page: { referrer: "android-app://com.example/x" } }).page?.referrer).toBe(
      "android-app://com.example",
    );
  });

  it("within other texts lose their query and credentials too", () => {
    const error =
      "Failed: https://api.x.io/reset?code=hunter2#top, then postgres://app:hunter2@db:5432/shop?ssl=1";
    expect(properties({ error, link: " https://x.io/?code=hunter2" })).toEqual({
      error: "Failed: https://api.x.io/reset then postgres://db:5432/shop",
      link: " https://x.io/",
    });
  });

  it("among the properties are treated the same", () => {
    expect(properties({ href: "HTTPS://x.io/a?session=1", to: "mailto:jane@example.com" })).toEqual({
      href: "HTTPS://x.io/a",
      to: "mailto:[mail]",
    });
  });
});

describe("T34 texts", () => {
  it("lose addresses, numbers and tokens wherever they stand, unless the host keeps the field", () => {
    const planted = {
      note: "jane@example.com",
      deep: [{ phone: "+49 170 1234567" }, "4111 1111 1111 1111"],
      traits: { email: "jane@example.com" },
      error: "bad token a8f5f167f44f4964e6c998dee827110c",
    };
    expect(properties(planted, { keep: ["properties.traits.email"] })).toEqual({
      note: "[mail]",
      deep: [{ phone: "[phone]" }, "[card]"],
      traits: { email: "jane@example.com" },
      error: "bad token [token]",
    });
    const seen = context({
      element: { text: "Hi jane@example.com" },
      page: { title: "jane@example.com | Shop" },
      other: "jane@example.com",
    });
    expect(JSON.stringify(seen)).not.toContain("jane");
    expect(
      context({ page: { title: "jane@example.com" } }, { keep: ["context.page.title"] }).page?.title,
    ).toBe("jane@example.com");
  });

  it("under a secret-looking key are replaced whole, numbers too", () => {
    expect(
      properties({ password: "x", "X-Api-Key": "y", cvv: 123, accessToken: "z", hasToken: true }),
    ).toEqual({
      password: "[redacted]",
      "X-Api-Key": "y",
      cvv: "[redacted]",
      accessToken: "[redacted]",
      hasToken: true,
    });
  });

  it("may be numbers: one that reads as a card's is masked like the text, unless the host keeps the field", () => {
    const planted = {
      card: 4111111111111111,
      deep: [{ amex: 378282246310005, mastercard: 2223003122003222 }, 4222222222222],
      // More digits than a double holds: the check digit is gone, the account number is not.
      unionpay: 6212345678900000003,
      kept: 4111111111111111,
    };
    expect(properties(planted, { keep: ["properties.kept"] })).toEqual({
      card: "[card]",
      deep: [{ amex: "[card]", mastercard: "[card]" }, "[card]"],
      unionpay: "[card]",
      kept: 4111111111111111,
    });
    expect(context({ extra: { card: 5555555555554444 } } as EventContext)).toEqual({
      extra: { card: "[card]" },
    });
  });

  it("leaves all other numbers as they are: prices, timestamps, counts, whatever has another check digit", () => {
    const ms = fc.integer({ min: -8.64e15, max: 2.9e12 });
    const dates = fc
      .date({ min: new Date(0), max: new Date("2099-12-31"), noInvalidDate: true })
      .map((date) => Number(date.toISOString().replace(/\D/g, "").slice(0, 14)));
    const microseconds = fc.integer({ min: 1e12, max: 2.2e12 }).map((at) => at * 1000);
    const mistyped = fc.integer({ min: 1, max: 9 }).map((off) => 4111111111111110 + ((1 + off) % 10));
    const fractions = fc.double({ min: 0, max: 2 ** 53, noNaN: true }).filter((n) => !Number.isInteger(n));
    const ordinary = fc.oneof(
      ms,
      dates,
      microseconds,
      mistyped,
      fractions,
      fc.double({ noNaN: true, max: 1e12 }),
    );
    fc.assert(
      fc.property(ordinary, (value) => {
        fc.pre(Number.isFinite(value));
        expect(properties({ value, list: [value], product_id: value })).toEqual({
          value,
          list: [value],
          product_id: value,
        });
      }),
      { numRuns: 2000 },
    );
    expect(
      properties({ huge: 1e21, most: Number.MAX_VALUE, nanoseconds: 1.7e18, below: -4111111111111111 }),
    ).toEqual({
      huge: 1e21,
      most: Number.MAX_VALUE,
      nanoseconds: 1.7e18,
      below: -4111111111111111,
    });
  });

  it("that name things stay as they are", () => {
    const ids = {
      product_id: "1234567890123",
      order_id: "ORD-20240115-0001",
      rulesetVersion: "7-a8f5f167f44f4964",
      variant: "b",
    };
    expect(properties(ids)).toEqual(ids);
  });

  it("are cut, titles sooner, never through a character or an address", () => {
    expect(context({ page: { title: `${"x ".repeat(127)}😀y` } }).page?.title).toHaveLength(256);
    expect(context({ page: { title: `${"x ".repeat(127)}x😀y` } }).page?.title).toHaveLength(255);
    expect(context({ page: { title: `${"x ".repeat(125)}jane@example.com` } }).page?.title).toMatch(
      /x \[mail\]$/,
    );
    expect((properties({ long: "x ".repeat(9000) }) as { long: string }).long).toHaveLength(1024);
  });
});

describe("what JSON cannot carry", () => {
  it("becomes null or what it says it is, and never a fault", () => {
    const circular: Record<string, unknown> = { a: 1 };
    circular["self"] = circular;
    const out = properties({
      circular,
      date: new Date(0),
      nan: Number.NaN,
      big: 1n,
      run: () => 1,
      none: null,
      gone: undefined,
      sure: true,
    });
    expect(out).toMatchObject({
      date: "1970-01-01T00:00:00.000Z",
      nan: null,
      big: null,
      run: null,
      none: null,
      sure: true,
    });
    expect(() => JSON.stringify(out)).not.toThrow();
  });

  it("T20 a __proto__ key is left out and changes no prototype", () => {
    const out = properties(JSON.parse('{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}}}'));
    expect(JSON.stringify(out)).toBe('{"a":{}}');
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect((out as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe("minimise", () => {
  const words = fc.constantFrom(
    "jane@example.com",
    "+49 170 1234567",
    "a1b2c3d4e5f6g7h8i9",
    "https://x.io/a?b=1",
    "shoes",
    "-",
    "/",
    "?utm_source=a",
    " ",
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(words, { maxLength: 9 }).map((all) => all.join("")),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
  );
  const keys = fc.constantFrom("a", "title", "text", "password", "product_id", "url");
  const values = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      texts,
      fc.double(),
      fc.boolean(),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(keys, tie("value"), { maxKeys: 3 }),
    ),
  })).value;
  const events = fc
    .record({
      properties: fc.dictionary(keys, values),
      context: fc.record(
        {
          page: fc.record({ url: texts, referrer: texts, title: texts, path: texts }, { requiredKeys: [] }),
          campaign: fc.record({ source: texts }, { requiredKeys: [] }),
          other: values,
        },
        { requiredKeys: [] },
      ),
      purposes: fc.subarray(["necessary", "analytics", "marketing"] as const),
    })
    .map(
      ({ purposes, ...rest }) => ({ ...base, ...rest, consent: { purposes, policyVersion: null } }) as Event,
    );

  it("done twice is done once, and changes nothing it was given", () => {
    fc.assert(
      fc.property(
        events,
        fc.constantFrom<MinimiseOptions>({}, { query: ["b", "utm_source"], keep: ["properties.a"] }),
        (event, options) => {
          const before = structuredClone(event);
          const once = minimise(event, options);
          expect(minimise(once, options)).toEqual(once);
          expect(event).toEqual(before);
        },
      ),
      { numRuns: 500 },
    );
  });
});
