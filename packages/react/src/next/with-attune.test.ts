import { compileRuleset, type Ruleset } from "@attune/core";
import { ALL_GRANTS, encodeConsentCookie, NO_GRANTS, type Grants } from "@attune/core/consent";
import { describe, expect, it, vi } from "vitest";
import { precomputed, precomputedCodes } from "./precomputed.js";
import { decodeVariants, encodeVariants } from "./variants-code.js";
import { withAttune } from "./with-attune.js";
import type { WithAttuneOptions } from "./with-attune-options.js";

const NOW = Date.UTC(2026, 0, 5);
const policy = { version: "1", regions: { "US-CA": "opt-out", DE: "opt-in" } } as const;
const ruleset: Ruleset = {
  schemaVersion: 1,
  revision: 4,
  slots: {
    hero: {
      variants: { plain: "Hello", north: "Moin" },
      fallback: "plain",
      policy: { type: "rules", rules: [{ when: { "context.region": "DE" }, variant: "north" }] },
    },
    cta: {
      variants: { a: "Buy", b: "Buy now" },
      fallback: "a",
      policy: { type: "split", experiment: "words", weights: { a: 0.5, b: 0.5 } },
    },
  },
};
const regionHeaders = { country: "x-country", subdivision: "x-state" };
const options: WithAttuneOptions = {
  ruleset,
  policy,
  regionHeaders,
  now: () => NOW,
  variants: { pages: { "/": ["hero", "cta"], "/guides/*": ["hero"] } },
};

const consentCookie = (grants: Grants): string =>
  `attune-consent=${encodeConsentCookie({
    v: 1,
    policyVersion: "1",
    mode: "opt-in",
    region: "DE",
    grants,
    decidedAt: NOW - 1000,
    source: "banner",
    revision: 1,
  })}`;

const open = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  new Request(`https://shop.example${path}`, {
    method,
    headers: { "sec-fetch-dest": "document", "x-country": "DE", ...headers },
  });
const rewritten = (answer: Response): URL => new URL(answer.headers.get("x-middleware-rewrite") ?? "");
const codeOf = (answer: Response): string => rewritten(answer).pathname.split("/")[2] ?? "";
/** The cookies that the page behind would see. */
const seen = (answer: Response): string | null => answer.headers.get("x-middleware-request-cookie");

describe("withAttune", () => {
  it("T28 gives an id only to who may be known, once, and neither reads nor passes on one otherwise", async () => {
    const middleware = withAttune(options);
    const refused = await middleware(
      open("/bag", { cookie: `a=1; attune-visitor=v1; ${consentCookie(NO_GRANTS)}` }),
    );
    expect(refused.headers.getSetCookie()).toEqual([]);
    expect(seen(refused)).toBe(`a=1; ${consentCookie(NO_GRANTS)}`);
    expect(refused.headers.get("x-middleware-next")).toBe("1");

    const granted = await middleware(open("/bag", { cookie: consentCookie(ALL_GRANTS) }));
    const [cookie = ""] = granted.headers.getSetCookie();
    expect(cookie).toMatch(/^attune-visitor=[0-9a-f-]{36}; Path=\/; Max-Age=34128000; SameSite=Lax; Secure$/);
    expect(granted.headers.get("cache-control")).toBe("private, no-cache");
    expect(seen(granted)).toContain(cookie.split(";")[0]);

    const back = await middleware(
      open("/bag", { cookie: `attune-visitor=v1; ${consentCookie(ALL_GRANTS)}` }),
    );
    expect(back.headers.getSetCookie()).toEqual([]);
    expect(seen(back)).toContain("attune-visitor=v1");
  });

  it("gives no id with what is not a page that is opened", async () => {
    const middleware = withAttune(options);
    const cookie = consentCookie(ALL_GRANTS);
    for (const request of [
      open("/bag", { cookie, "sec-fetch-dest": "empty" }),
      open("/bag", { cookie, "sec-fetch-dest": "script" }),
      new Request("https://shop.example/bag", { headers: { cookie, accept: "*/*" } }),
    ])
      expect((await middleware(request)).headers.getSetCookie()).toEqual([]);
  });

  it("T28 Sec-GPC and the region's rule hold from the first request", async () => {
    const asked = vi.fn();
    const middleware = withAttune(options, (_, visit) => asked(visit));
    await middleware(open("/bag", { "x-country": "US", "x-state": "CA", "sec-gpc": "1" }));
    await middleware(open("/bag", { "x-country": "T1" }));
    const [california, nowhere] = asked.mock.calls.map(([visit]) => visit);
    expect(california.region).toBe("US-CA");
    expect(california.consent.grants).toMatchObject({
      analytics: true,
      advertising: false,
      marketing: false,
    });
    expect(california.visitorId).toMatch(/./);
    expect(nowhere).toMatchObject({ region: null, visitorId: null });
  });

  it("answers a page of variants from an address that names what was decided", async () => {
    const middleware = withAttune(options);
    const answer = await middleware(open("/?utm_source=letter", { cookie: consentCookie(ALL_GRANTS) }));
    expect(rewritten(answer).search).toBe("?utm_source=letter");
    expect(rewritten(answer).pathname).toMatch(/^\/v\/[\w-]+$/);
    expect(answer.headers.get("cache-control")).toBe("private, no-cache");
    const read = await decodeVariants(codeOf(answer));
    expect(read).toMatchObject({
      region: "DE",
      variants: { hero: "north", cta: expect.stringMatching(/^[ab]$/) },
    });
    const below = await middleware(open("/guides/tents/", { cookie: consentCookie(ALL_GRANTS) }));
    expect(rewritten(below).pathname).toMatch(/^\/v\/[\w-]+\/guides\/tents\/$/);
    expect((await middleware(open("/guide"))).headers.has("x-middleware-rewrite")).toBe(false);
    const uber = withAttune({ ...options, variants: { pages: { "/über-uns/*": ["hero"] } } });
    expect(rewritten(await uber(open("/über-uns/wir"))).pathname).toMatch(
      /^\/v\/[\w-]+\/%C3%BCber-uns\/wir$/,
    );
  });

  it("answers a form sent to the page from there, too, which is where its Server Actions are", async () => {
    const headers = { cookie: `attune-visitor=v1; ${consentCookie(ALL_GRANTS)}` };
    const answer = await withAttune(options)(open("/", { ...headers, "next-action": "7f" }, "POST"));
    expect(codeOf(answer)).toBe(codeOf(await withAttune(options)(open("/", headers))));
  });

  it("is the same address for all who are shown the same, and for all who have not consented", async () => {
    const middleware = withAttune(options);
    const code = async (headers: Record<string, string>) => codeOf(await middleware(open("/", headers)));
    const nobody = await code({});
    expect(await code({ cookie: `attune-visitor=v7; ${consentCookie(NO_GRANTS)}` })).toBe(nobody);
    const codes = new Set<string>();
    for (let i = 0; i < 20; i++)
      codes.add(await code({ cookie: `attune-visitor=v${i}; ${consentCookie(ALL_GRANTS)}` }));
    expect(codes.size).toBe(2);
    expect(codes.has(nobody)).toBe(false);
    expect((await decodeVariants(nobody))?.variants).toEqual({ hero: null, cta: null });
  });

  it("sends whoever asks for a coded address to the plain one", async () => {
    const middleware = withAttune(options);
    const answer = await middleware(open("/v/anything/guides/tents?x=1"));
    expect([answer.status, answer.headers.get("location")]).toEqual([
      307,
      "https://shop.example/guides/tents?x=1",
    ]);
    expect((await middleware(open("/v/anything"))).headers.get("location")).toBe("https://shop.example/");
  });

  it("knows the application's base path", async () => {
    const middleware = withAttune(options);
    const request = Object.assign(open("/shop/guides/x"), { nextUrl: { basePath: "/shop" } });
    expect(rewritten(await middleware(request)).pathname).toMatch(/^\/shop\/v\/[\w-]+\/guides\/x$/);
  });

  it("leaves the host's own answers as they are, and takes over what the host goes on with", async () => {
    const redirect = withAttune(options, () => Response.redirect("https://shop.example/login"));
    expect((await redirect(open("/"))).headers.get("location")).toBe("https://shop.example/login");
    const goesOn = withAttune(options, () => {
      const headers = { "x-middleware-next": "1", "x-frame-options": "DENY", "set-cookie": "seen=1" };
      const overrides = {
        "x-middleware-override-headers": "x-theme",
        "x-middleware-request-x-theme": "dark",
      };
      return new Response(null, { headers: { ...headers, ...overrides } });
    });
    const answer = await goesOn(open("/"));
    expect(answer.headers.get("x-frame-options")).toBe("DENY");
    expect(answer.headers.getSetCookie()).toContain("seen=1");
    expect(answer.headers.get("x-middleware-request-x-theme")).toBe("dark");
    expect(answer.headers.has("x-middleware-next")).toBe(false);
    expect(rewritten(answer).pathname).toMatch(/^\/v\//);
  });

  it("goes on where the host rewrites, and looks its variants up under the address that the host has chosen", async () => {
    const rewrite = (to: string) => () => new Response(null, { headers: { "x-middleware-rewrite": to } });
    const refused = { cookie: `attune-visitor=v1; ${consentCookie(NO_GRANTS)}` };
    const home = await withAttune(options, rewrite("https://shop.example/"))(open("/de", refused));
    expect(rewritten(home).pathname).toMatch(/^\/v\/[\w-]+$/);
    expect(home.headers.get("cache-control")).toBe("private, no-cache");
    const about = await withAttune(
      options,
      rewrite("https://shop.example/en/about"),
    )(open("/about", refused));
    expect(rewritten(about).pathname).toBe("/en/about");
    expect(seen(about)).toBe(consentCookie(NO_GRANTS));
    expect(about.headers.has("cache-control")).toBe(false);
    const granted = await withAttune(
      options,
      rewrite("https://shop.example/en/about"),
    )(open("/about", { cookie: consentCookie(ALL_GRANTS) }));
    expect(granted.headers.getSetCookie()).toHaveLength(1);
    // What another application answers is not made here, whatever it is called.
    const elsewhere = await withAttune(options, rewrite("https://other.example/"))(open("/", refused));
    expect(rewritten(elsewhere).href).toBe("https://other.example/");
  });

  it("decides without the host's context where that throws, and says so", async () => {
    const report = vi.fn();
    const failing = () => {
      throw new Error("no session");
    };
    const middleware = withAttune({ ...options, report, context: failing });
    const answer = await middleware(open("/", { cookie: consentCookie(ALL_GRANTS) }));
    expect((await decodeVariants(codeOf(answer)))?.variants.hero).toBe("north");
    expect(report.mock.calls.map(([error]) => error.message)).toEqual(["no session"]);
  });

  it("asks for decisions alone: a page that names its variants brings its ruleset itself", async () => {
    const asked: string[] = [];
    const answering: typeof fetch = async (url) => {
      asked.push(new URL(String(url)).pathname);
      return Response.json({ decisions: {}, rulesetVersion: null });
    };
    const back = { endpoint: "https://attune.example", writeKey: "k", fetch: answering };
    await withAttune({ ...back, policy, variants: { pages: { "/": ["hero"] } } })(open("/"));
    expect(asked).toEqual(["/api/v1/decisions"]);
  });

  it("shows fallbacks where the back end does not answer in time, and says so", async () => {
    const report = vi.fn();
    const never: typeof fetch = () => new Promise(() => undefined);
    const middleware = withAttune({
      ...{
        endpoint: "https://attune.example",
        writeKey: "k",
        fetch: never,
        timeoutMs: 5,
        report,
        policy,
        ruleset,
      },
      variants: { pages: { "/": ["hero"] } },
    });
    const answer = await middleware(open("/", { cookie: consentCookie(ALL_GRANTS) }));
    expect((await decodeVariants(codeOf(answer)))?.variants).toEqual({ hero: null });
    expect(await precomputedCodes(["hero"], { ruleset })).toContain(codeOf(answer));
    expect(report.mock.calls.map(([error]) => error.code)).toEqual(["ATTUNE_REACT_TIMEOUT"]);
  });

  it("refuses to be made without anybody who decides, and for paths that are none", () => {
    expect(() => withAttune({} as WithAttuneOptions)).toThrow(/service, an endpoint/);
    expect(() => withAttune({ ...options, variants: { pages: { guides: [] } } })).toThrow(/begins with/);
  });
});

describe("precomputed", () => {
  it("is what the middleware decided, with nothing of the visitor", async () => {
    const answer = await withAttune(options)(
      open("/", { cookie: `attune-visitor=v1; ${consentCookie(ALL_GRANTS)}` }),
    );
    const initial = await precomputed(codeOf(answer), { ruleset });
    expect(initial?.decisions.hero).toMatchObject({
      variant: "north",
      value: "Moin",
      reason: "rule",
      propensity: 1,
    });
    expect(initial?.decisions.cta).toMatchObject({ reason: "split", propensity: 0.5, experiment: "words" });
    expect(initial).toMatchObject({ consent: null, segments: {}, region: "DE" });
    expect(JSON.stringify(initial)).not.toContain("v1");
  });

  it.each(["5-x", null])(
    "has fallbacks of a code that another ruleset made, or nobody (%s)",
    async (rulesetVersion) => {
      const code = await encodeVariants({ rulesetVersion, region: "DE", variants: { cta: "b" } });
      const initial = await precomputed(code, { ruleset });
      expect(initial?.decisions.cta).toMatchObject({
        ...{ variant: "a", value: "Buy", isFallback: true, propensity: null, rulesetVersion },
      });
      expect(initial?.decisions.cta).not.toHaveProperty("experiment");
      expect([initial?.region, initial?.rulesetVersion]).toEqual(["DE", compileRuleset(ruleset).version]);
    },
  );

  it("takes only codes signed with the secret, where there is one", async () => {
    const secret = "a secret of the host";
    const variants = { ...options.variants, pages: { "/": ["hero"] }, secret };
    const code = codeOf(await withAttune({ ...options, variants })(open("/")));
    expect(await precomputed(code, { ruleset, secret })).not.toBeNull();
    expect(await precomputed(code, { ruleset, secret: "another" })).toBeNull();
    expect(await precomputed(code, { ruleset })).toBeNull();
    const plain = await encodeVariants({ rulesetVersion: null, region: null, variants: { hero: "north" } });
    expect(await precomputed(plain, { ruleset, secret })).toBeNull();
    expect(await precomputed(`${plain}~${code.split("~")[1]}`, { ruleset, secret })).toBeNull();
  });

  it.each([
    "",
    "~",
    "%",
    "e30",
    "W10",
    "a".repeat(3000),
    btoa('[1,null,null,[["hero",{}]]]'),
    btoa("[2,null,null,[]]"),
  ])("is null for %.20s", async (code) => {
    expect(await precomputed(code, { ruleset })).toBeNull();
  });

  it("takes one spelling of a content alone, so that nobody fills a cache with copies", async () => {
    const spelled = (text: string) => btoa(text).replace(/=/g, "");
    expect(await precomputed(spelled('[1,null,null,[["hero",null]]]'), { ruleset })).not.toBeNull();
    expect(await precomputed(spelled('[1,null,null,[["hero", null]]]'), { ruleset })).toBeNull();
    expect(await precomputed(spelled('[1,null,null,[["hero",null],["hero",null]]]'), { ruleset })).toBeNull();
  });

  it("lists the codes of all combinations, the middleware's among them", async () => {
    const codes = await precomputedCodes(["hero", "cta"], { ruleset, region: "DE" });
    // hero: its fallback or what the rule gives; cta: its fallback or either arm.
    expect(new Set(codes).size).toBe(6);
    const answer = await withAttune(options)(open("/", { cookie: consentCookie(ALL_GRANTS) }));
    expect(codes).toContain(codeOf(answer));
  });

  it("says so where a page's code is longer than the name of a file may be", async () => {
    const names = [
      "product-order",
      "returning-visitor",
      "header-of-the-page",
      "offer-of-the-day",
      "newsletter",
      "nudge",
    ];
    const many = {
      ...ruleset,
      slots: Object.fromEntries(names.map((name) => [name, ruleset.slots.hero])),
    } as Ruleset;
    expect((await precomputedCodes(names.slice(0, 3), { ruleset: many })).length).toBe(8);
    await expect(precomputedCodes(names, { ruleset: many, secret: "s" })).rejects.toThrow(
      /codes of 6 slots have up to \d+ characters/,
    );
  });
});
