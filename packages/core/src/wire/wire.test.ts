import { describe, expect, it, vi } from "vitest";
import { browserNetwork } from "../browser/network.js";
import { parseEvent } from "../events/parse-event.js";
import { parseConsentInput, parseConsentPost } from "./consent.js";
import { parseDecisionsPost } from "./decisions.js";
import { parseServerConfig } from "./server-config.js";

const paths = (result: { ok: boolean; error?: readonly { path: string }[] }): string[] =>
  (result.error ?? []).map(({ path }) => path);
const SECRET = "jane.doe@example.com";

describe("parseConsentPost", () => {
  const native = {
    visitorId: "v1",
    purposes: { analytics: true, necessary: true },
    policyVersion: "3",
    source: "banner",
    at: "2026-01-01T00:00:00Z",
  };

  it("reads the native form", () => {
    expect(parseConsentPost(native)).toEqual({
      ok: true,
      value: {
        subject: { visitorId: "v1" },
        input: { purposes: { analytics: true }, policyVersion: "3", source: "banner", at: 1_767_225_600_000 },
      },
    });
    const { visitorId: _, ...user } = { ...native, userId: "u1", region: "US-CA" };
    expect(parseConsentPost(user)).toMatchObject({
      ok: true,
      value: { subject: { userId: "u1" }, input: { region: "US-CA" } },
    });
  });

  it("reads the form of consent platforms; a refusal refuses all it covers", () => {
    const body = {
      userId: "u1",
      consentType: "cookies",
      consentStatus: "granted",
      consentDate: 5,
      consentSource: "banner",
      granularConsent: { analytics: true, marketing: false },
    };
    expect(parseConsentPost(body)).toEqual({
      ok: true,
      value: {
        subject: "u1",
        input: {
          purposes: { analytics: true, personalization: false, marketing: false, advertising: false },
          policyVersion: "unstated",
          source: "banner",
          at: 5,
        },
      },
    });
    const refused = parseConsentPost({ ...body, consentStatus: "withdrawn", consentSource: "cmp-x" });
    expect(refused).toMatchObject({
      value: {
        input: {
          source: "api",
          purposes: { analytics: false, personalization: false, marketing: false, advertising: false },
        },
      },
    });
    const one = parseConsentPost({
      userId: "u1",
      consentType: "marketing",
      consentStatus: "granted",
      region: "DE",
    });
    expect(one).toMatchObject({ value: { input: { purposes: { marketing: true }, region: "DE" } } });
    expect(one.ok && Object.keys(one.value.input.purposes)).toEqual(["marketing"]);
    expect(parseConsentPost({ userId: "u1", consentStatus: "granted" })).toMatchObject({
      value: { input: { purposes: { advertising: true } } },
    });
  });

  it("grants nothing by a type that names no purpose", () => {
    const body = { userId: "u1", consentType: "newsletter", consentStatus: "granted" };
    expect(paths(parseConsentPost(body))).toEqual(["/consentType"]);
    expect(parseConsentPost({ ...body, granularConsent: { marketing: true } })).toMatchObject({
      value: { input: { purposes: { marketing: true, analytics: false } } },
    });
    expect(parseConsentPost({ ...body, consentStatus: "denied" })).toMatchObject({
      value: { input: { purposes: { marketing: false, analytics: false } } },
    });
  });

  it("takes a time as events do: with its zone, and only days that exist", () => {
    const day = 86_400_000;
    for (const [at, ms] of [
      ["1970-01-02", day],
      ["1970-01-02T01:00:00+01:00", day],
      [day, day],
    ])
      expect(parseConsentPost({ ...native, at })).toMatchObject({ value: { input: { at: ms } } });
    for (const at of ["1", "March 7", "2026-01-31T12:00:00", "2026-02-30", "", true, 1e15])
      expect(paths(parseConsentPost({ ...native, at }))).toEqual(["/at"]);
  });

  it("takes every id that an event may carry", () => {
    const at = { site: "shop", receivedAt: 1_767_225_600_000 };
    for (const userId of [
      "Jane Doe",
      "\u{1f469}\u200d\u{1f467}",
      "a\u00adb",
      "x\u0007",
      "\ud800",
      "\u2028",
    ]) {
      const taken = parseEvent({ name: "Page Viewed", userId }, at).ok;
      expect(parseConsentPost({ userId, consentStatus: "denied" }).ok).toBe(taken);
      expect(parseDecisionsPost({ visitor: userId }).ok).toBe(taken);
    }
  });

  it("reads what a page really sends", async () => {
    const bodies: unknown[] = [];
    vi.stubGlobal("fetch", async (_url: string, { body }: { body: string }) => {
      bodies.push(JSON.parse(body));
      return new Response("{}");
    });
    const network = browserNetwork("https://attune.example", "key");
    const record = {
      grants: {
        necessary: true,
        analytics: true,
        personalization: false,
        marketing: false,
        advertising: false,
      },
      decidedAt: 5,
      source: "banner",
      policyVersion: "3",
      region: null,
    };
    const signal = {
      aborted: false,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    };
    await network.sendConsent?.({ visitorId: "v1", record }, signal);
    vi.unstubAllGlobals();
    expect(parseConsentPost(bodies[0])).toEqual({
      ok: true,
      value: {
        subject: { visitorId: "v1" },
        input: {
          purposes: { analytics: true, personalization: false, marketing: false, advertising: false },
          policyVersion: "3",
          source: "banner",
          at: 5,
          region: null,
        },
      },
    });
    expect(parseConsentPost({ anonymousId: "a1", consentStatus: "granted" })).toMatchObject({
      value: { subject: { visitorId: "a1" } },
    });
    expect(paths(parseConsentPost({ consentStatus: "granted" }))).toEqual([""]);
  });

  it("takes no visitor id that stands for a user or a session", () => {
    expect(paths(parseConsentPost({ ...native, visitorId: "u:jane" }))).toEqual(["/visitorId"]);
    expect(paths(parseConsentPost({ visitorId: "s:1", consentStatus: "granted" }))).toEqual(["/visitorId"]);
    expect(parseConsentPost({ userId: "u:jane", consentStatus: "granted" }).ok).toBe(false);
    expect(parseDecisionsPost({ visitor: { id: "u:jane" } }).ok).toBe(false);
  });

  it("says where it is wrong, never with what", () => {
    const bad = parseConsentPost({
      visitorId: SECRET.repeat(20),
      purposes: { analytics: SECRET, necessary: false, other: true },
      policyVersion: "",
      source: SECRET,
      at: SECRET,
      region: SECRET,
      more: 1,
    });
    expect(paths(bad).sort()).toEqual([
      "/at",
      "/more",
      "/policyVersion",
      "/purposes/analytics",
      "/purposes/necessary",
      "/purposes/other",
      "/region",
      "/source",
      "/visitorId",
    ]);
    expect(JSON.stringify(bad)).not.toContain("jane");
    expect(paths(parseConsentPost({ ...native, userId: "also" }))).toEqual([""]);
    expect(paths(parseConsentPost({ ...native, visitorId: "a\nb" }))).toEqual(["/visitorId"]);
    for (const nothing of [null, 5, "x", []]) expect(parseConsentPost(nothing).ok).toBe(false);
    expect(parseConsentPost({ userId: "u", consentStatus: SECRET }).ok).toBe(false);
  });

  it("reads a decision alone", () => {
    expect(
      parseConsentInput({ purposes: {}, policyVersion: "1", source: "api", at: 0, region: null }),
    ).toEqual({
      ok: true,
      value: { purposes: {}, policyVersion: "1", source: "api", at: 0, region: null },
    });
    expect(paths(parseConsentInput({ purposes: {}, policyVersion: "1", source: "api", at: -1 }))).toEqual([
      "/at",
    ]);
    expect(
      paths(parseConsentInput({ purposes: {}, policyVersion: "1", source: "api", at: Number.NaN })),
    ).toEqual(["/at"]);
  });
});

describe("parseDecisionsPost", () => {
  it("takes a visitor as a text or with consent", () => {
    expect(parseDecisionsPost({ visitor: "v1", slots: ["hero"], context: { page: "home" } })).toEqual({
      ok: true,
      value: { visitor: { id: "v1" }, slots: ["hero"], context: { page: "home" } },
    });
    expect(parseDecisionsPost({ visitor: { id: null, consent: { personalization: true } } })).toEqual({
      ok: true,
      value: {
        visitor: {
          id: null,
          consent: {
            necessary: true,
            analytics: false,
            personalization: true,
            marketing: false,
            advertising: false,
          },
        },
        context: {},
      },
    });
    expect(parseDecisionsPost({ visitor: { id: "v", consent: null } })).toMatchObject({
      value: { visitor: { consent: null } },
    });
    expect(parseDecisionsPost({ visitor: { id: "v" } })).toEqual({
      ok: true,
      value: { visitor: { id: "v" }, context: {} },
    });
  });

  it("leaves the site to the credential", () => {
    const bad = parseDecisionsPost({ visitor: { id: 5 }, slots: [7], context: { site: "other" }, more: 1 });
    expect(paths(bad).sort()).toEqual(["/context", "/more", "/slots/0", "/visitor"]);
    expect(
      paths(parseDecisionsPost({ visitor: "v", slots: Array.from({ length: 201 }, () => "s") })),
    ).toEqual(["/slots"]);
    expect(paths(parseDecisionsPost({}))).toEqual(["/visitor"]);
  });
});

describe("parseServerConfig", () => {
  it("maps the categories of a consent platform to purposes, and to nothing else", () => {
    const consentCategories = { C0002: "analytics", C0003: ["personalization", "marketing"] };
    expect(parseServerConfig({ consentCategories })).toEqual({ ok: true, value: { consentCategories } });
    const bad = { C0002: "statistics", C0003: ["marketing", 7] };
    expect(paths(parseServerConfig({ consentCategories: bad }))).toEqual([
      "/consentCategories/C0002",
      "/consentCategories/C0003",
    ]);
  });

  it("takes the purposes that OpenFeature's clients are covered by, and nothing else for them", () => {
    const ofrep = { purposes: ["analytics", "personalization"] };
    expect(parseServerConfig({ ofrep })).toEqual({ ok: true, value: { ofrep } });
    expect(paths(parseServerConfig({ ofrep: {} }))).toEqual(["/ofrep/purposes"]);
    expect(paths(parseServerConfig({ ofrep: { purposes: ["all"], more: 1 } }))).toEqual([
      "/ofrep/purposes/0",
      "/ofrep/more",
    ]);
  });

  it("says in plain words what a value must be", () => {
    const bad = parseServerConfig({
      host: 5,
      sites: { shop: { writeKeys: "key" } },
      ports: { hot: { kind: "mysql", cluster: 1 }, channel: [] },
    });
    expect(bad).toMatchObject({
      error: [
        { path: "/host", message: "This must be a text." },
        { path: "/sites/shop/writeKeys", message: "This must be a list." },
        { path: "/ports/hot/kind", message: 'This must be "redis" or "lmdb" or "postgres".' },
        { path: "/ports/log", message: "This is missing; add it." },
        { path: "/ports/channel/kind", message: 'This is missing; it must be "redis" or "memory".' },
      ],
    });
    expect(paths(parseServerConfig([]))).toEqual([""]);
    const asked = parseDecisionsPost({ visitor: { id: 5 } });
    expect(asked).toMatchObject({ error: [{ message: expect.stringContaining("visitor id") }] });
  });

  it("takes no list where an object belongs, which would name nobody and bound nothing", () => {
    const lists = { sites: [], limits: [], sampling: [], proxy: [], ports: [] };
    expect(paths(parseServerConfig(lists))).toEqual(["/sites", "/limits", "/sampling", "/proxy", "/ports"]);
    expect(parseServerConfig({ sites: [] })).toMatchObject({
      error: [{ message: expect.stringContaining('as in `{ "default": { "writeKeys"') }],
    });
    expect(paths(parseServerConfig({ sites: { shop: [] } }))).toEqual(["/sites/shop"]);
  });

  it("takes fractions, and true and false, from the environment", () => {
    const config = {
      sampling: { lag: 10, least: { env: "LEAST" } },
      ports: {
        hot: { kind: "redis", url: "redis://127.0.0.1", cluster: { env: "CLUSTER" } },
        log: { kind: "lmdb", flush: { env: "FLUSH" } },
        channel: { kind: "memory" },
      },
    };
    expect(parseServerConfig(config, { LEAST: "0.5", CLUSTER: "true", FLUSH: "false" })).toMatchObject({
      value: { sampling: { least: 0.5 }, ports: { hot: { cluster: true }, log: { flush: false } } },
    });
    const bad = parseServerConfig(config, { LEAST: "a half", CLUSTER: "1", FLUSH: "no" });
    expect(paths(bad)).toEqual(["/sampling/least", "/ports/hot/cluster", "/ports/log/flush"]);
    expect(bad).toMatchObject({
      error: [{}, { message: "This must be true or false." }, { message: "This must be true or false." }],
    });
    for (const LEAST of ["0", "1.5", "-0.5", "", "Infinity", "0x1"])
      expect(paths(parseServerConfig(config, { LEAST, CLUSTER: "true", FLUSH: "true" }))).toEqual([
        "/sampling/least",
      ]);
  });

  it("takes whole numbers from the environment too", () => {
    const config = { port: { env: "PORT" }, limits: { lag: { env: "LAG" } } };
    expect(parseServerConfig(config, { PORT: "8080", LAG: "10" })).toEqual({
      ok: true,
      value: { port: 8080, limits: { lag: 10 } },
    });
    expect(paths(parseServerConfig(config, { PORT: "65536", LAG: "1e3" }))).toEqual(["/port", "/limits/lag"]);
  });

  it("takes models that are trained by the clock, and whom to tell, from the environment too", () => {
    const secret = `whsec_${"A".repeat(32)}`;
    const config = {
      models: {
        train: [
          {
            ...{ name: "buys-soon", predict: { event: "Order Completed", withinDays: 0.5 }, everyHours: 24 },
            ...{ days: 90, atEvent: 5, metric: "ordered", share: 0.2, promote: { env: "PROMOTE" } },
          },
          {
            site: "shop",
            name: "buys-soon",
            predict: { returnsWithinDays: 7 },
            everyHours: { env: "HOURS" },
          },
          { name: "reads", predict: { depth: 0.75 }, everyHours: 1 },
        ],
      },
      webhooks: [
        { url: "https://hooks.example/attune", secrets: [{ env: "SECRET" }], events: ["model.rolled-back"] },
        { url: "http://10.0.0.7:8080/in", secrets: [secret, secret], internal: true, site: "shop" },
      ],
    };
    const taken = parseServerConfig(config, { PROMOTE: "false", HOURS: "12", SECRET: secret });
    expect(taken).toMatchObject({
      ok: true,
      value: {
        models: { train: [{ atEvent: 5, promote: false }, { everyHours: 12 }, { predict: { depth: 0.75 } }] },
        webhooks: [{ secrets: [secret] }, { internal: true }],
      },
    });
  });

  it.each<[string, object, string]>([
    ["a name", { name: "Buys Soon" }, "/models/train/0/name"],
    ["what is predicted", { predict: { event: "x" } }, "/models/train/0/predict"],
    ["how often", { everyHours: 0 }, "/models/train/0/everyHours"],
    ["the event", { atEvent: 2.5 }, "/models/train/0/atEvent"],
    ["a share", { share: 1 }, "/models/train/0/share"],
    ["what is not known", { schedule: "daily" }, "/models/train/0/schedule"],
  ])("says where a training is wrong: %s", (_what, more, path) => {
    const training = { name: "a", predict: { depth: 1 }, everyHours: 24, ...more };
    expect(paths(parseServerConfig({ models: { train: [training] } }))).toContain(path);
  });

  it("takes each model of a site once", () => {
    const training = { name: "a", predict: { depth: 1 }, everyHours: 24 };
    const train = [training, { ...training, site: "shop" }];
    expect(parseServerConfig({ models: { train } }).ok).toBe(true);
    expect(paths(parseServerConfig({ models: { train: [...train, training] } }))).toEqual(["/models/train"]);
  });

  it.each<[string, object, string]>([
    ["no address", { url: "hooks.example" }, "/webhooks/0/url"],
    ["a password in it", { url: "https://jane:pw@hooks.example" }, "/webhooks/0/url"],
    ["an open way", { url: "http://hooks.example/in" }, "/webhooks/0"],
    ["no secret", { secrets: [] }, "/webhooks/0/secrets"],
    ["a short secret", { secrets: ["whsec_AAAA"] }, "/webhooks/0/secrets/0"],
    ["an event of another kind", { events: ["order.completed"] }, "/webhooks/0/events/0"],
  ])("says where a webhook is wrong: %s", (_what, more, path) => {
    const hook = { url: "https://hooks.example/in", secrets: [`whsec_${"A".repeat(32)}`], ...more };
    expect(paths(parseServerConfig({ webhooks: [hook] }))).toContain(path);
  });

  it("takes what is right, and only what was given", () => {
    const config = {
      port: 4600,
      host: "127.0.0.1",
      origin: "https://attune.example",
      basePath: "/attune",
      sites: { shop: { writeKeys: ["wk_0123456789abcdef"], origins: ["https://shop.example"] } },
      consent: { version: "1", mode: "opt-in" },
      retentionDays: 30,
      limits: {
        batchEvents: 1000,
        requestsPerMinute: 6000,
        strangersPerMinute: 60,
        inFlight: 200,
        inFlightBytes: 16_777_216,
        appends: 64,
        appendMs: 500,
        lag: 10_000,
      },
      sampling: { lag: 5000, inFlight: 100, appendMs: 250, least: 0.125, keep: ["Quote Asked"] },
      proxy: { address: "x-forwarded-for", country: "cf-ipcountry", region: "cf-region-code" },
      sensitive: ["properties.diagnosis", "traits.phone"],
      ports: {
        hot: { kind: "lmdb" },
        log: { kind: "lmdb" },
        channel: { kind: "memory" },
        keys: { kind: "files" },
      },
      ruleset: "./ruleset.json",
      dir: "./data",
    };
    expect(parseServerConfig(config)).toEqual({ ok: true, value: config });
    expect(parseServerConfig({})).toEqual({ ok: true, value: {} });
  });

  it("says of bounds, sampling, proxies and sensitive fields where they are wrong", () => {
    const bad = parseServerConfig({
      limits: {
        ...{ strangersPerMinute: 0, inFlight: 0, inFlightBytes: 1, appends: 0.5, appendMs: -1, lag: "x" },
        sockets: -1,
        socketsPerKey: 0.5,
      },
      sampling: { least: 0, keep: [""], rate: 1 },
      proxy: { country: "cf ipcountry", host: "x" },
      sensitive: ["email"],
    });
    expect(paths(bad).sort()).toEqual([
      "/limits/appendMs",
      "/limits/appends",
      "/limits/inFlight",
      "/limits/inFlightBytes",
      "/limits/lag",
      "/limits/sockets",
      "/limits/socketsPerKey",
      "/limits/strangersPerMinute",
      "/proxy/country",
      "/proxy/host",
      "/sampling/keep/0",
      "/sampling/least",
      "/sampling/rate",
      "/sensitive/0",
    ]);
    expect(paths(parseServerConfig({ sampling: { least: 0.5 } }))).toEqual(["/sampling"]);
    expect(paths(parseServerConfig({ sensitive: ["traits.phone"] }))).toEqual(["/sensitive"]);
  });

  it("lists all that is wrong with pointers", () => {
    const bad = parseServerConfig({
      port: 1.5,
      basePath: "attune/",
      sites: { "a/b": {}, ok: { writeKeys: ["short"], origins: ["https://x/path"] } },
      consent: { mode: "x" },
      retentionDays: 3,
      limits: { batchEvents: 0, unknown: 1 },
      dir: "",
      unknown: SECRET,
    });
    expect(paths(bad).sort()).toEqual([
      "/basePath",
      "/consent/mode",
      "/consent/version",
      "/dir",
      "/limits/batchEvents",
      "/limits/unknown",
      "/port",
      "/retentionDays",
      "/sites/a~1b",
      "/sites/ok/origins/0",
      "/sites/ok/writeKeys/0",
      "/unknown",
    ]);
    expect(JSON.stringify(bad)).not.toContain("jane");
    expect(paths(parseServerConfig(null))).toEqual([""]);
    expect(paths(parseServerConfig({ consent: {} }))).toEqual(["/consent/version"]);
  });

  it("takes origins only as browsers write them, and says how that is", () => {
    for (const origin of ["http://localhost:4600", "https://shop.example:80", "http://[::1]:8080"])
      expect(parseServerConfig({ origin })).toEqual({ ok: true, value: { origin } });
    for (const origin of [
      "attune.example",
      "https://attune.example/",
      "https://Attune.example",
      "https://attune.example:443",
      "http://[::1]:80",
      "http://attune.example:65536",
      "https://jane@attune.example",
      "ftp://attune.example",
      "null",
      "*",
      5,
    ]) {
      const bad = parseServerConfig({ origin, sites: { shop: { origins: [origin] } } });
      expect(paths(bad).sort()).toEqual(["/origin", "/sites/shop/origins/0"]);
      if (typeof origin === "string") expect(JSON.stringify(bad)).toContain("`https://shop.example`");
      expect(JSON.stringify(bad)).not.toContain("jane");
    }
  });

  it("takes the systems that hold everything, with secrets from the environment", () => {
    const config = {
      ports: {
        hot: { kind: "redis", url: { env: "REDIS_URL" }, cluster: true },
        durable: { kind: "dynamodb", table: "attune", region: "eu-west-1" },
        log: {
          kind: "kafka",
          brokers: ["kafka-1:9092"],
          topic: "events",
          sasl: { mechanism: "plain", username: "attune", password: { env: "KAFKA_PASSWORD" } },
        },
        channel: { kind: "memory" },
        series: { kind: "influxdb", url: "http://127.0.0.1:8086", database: "attune" },
        keys: { kind: "files", dir: "/etc/attune/keys" },
      },
    };
    const environment = { REDIS_URL: "rediss://:jane@redis-1:6380", KAFKA_PASSWORD: "jane" };
    const taken = parseServerConfig(config, environment);
    expect(taken).toMatchObject({
      ok: true,
      value: {
        ports: {
          hot: { url: environment.REDIS_URL, cluster: true },
          log: { sasl: { password: "jane" } },
          keys: { dir: "/etc/attune/keys" },
        },
      },
    });
    const bad = parseServerConfig(config);
    expect(paths(bad)).toEqual(["/ports/hot/url", "/ports/log/sasl/password"]);
    expect(JSON.stringify(bad)).toContain("Set the environment variable REDIS_URL");
    expect(paths(parseServerConfig(config, { ...environment, REDIS_URL: "jane:6379" }))).toEqual([
      "/ports/hot/url",
    ]);
  });

  it("says what of the systems is wrong or does not belong together", () => {
    const lmdb = { kind: "lmdb" };
    const memory = { kind: "memory" };
    const bad = (ports: unknown) => paths(parseServerConfig({ ports })).sort();
    const redis = { kind: "redis", url: "redis://127.0.0.1" };
    const kafka = { kind: "kafka", brokers: ["a:1"], topic: "t" };
    const influx = { kind: "influxdb", url: "http://127.0.0.1:8086" };
    expect(bad({ hot: lmdb, log: lmdb, channel: memory, keys: { kind: "files" } })).toEqual([]);
    expect(bad({})).toEqual(["/ports/channel", "/ports/hot", "/ports/log"]);
    for (const url of [
      "redis://h",
      "rediss://:p%40ss@h.example:6380/2",
      "redis://[::1]:6379",
      "redis://u:p@h?x=1",
    ])
      expect(bad({ hot: { ...redis, url }, log: lmdb, channel: memory })).toEqual([]);
    for (const url of [
      "redis://",
      "redis:h",
      "redis://h:99999",
      "redis://h:x",
      "redis://a b",
      "mysql://h",
      "redis://u@v@h",
    ])
      expect(bad({ hot: { ...redis, url }, log: lmdb, channel: memory })).toEqual(["/ports/hot/url"]);
    expect(bad({ hot: { kind: "mysql" }, log: lmdb, channel: memory })).toEqual(["/ports/hot/kind"]);
    expect(
      bad({ hot: { kind: "redis", url: "http://x" }, log: lmdb, channel: { ...memory, url: "x" } }),
    ).toEqual(["/ports/channel/url", "/ports/hot/url"]);
    expect(bad({ hot: redis, log: { ...kafka, brokers: [] }, channel: memory })).toEqual([
      "/ports/log/brokers",
    ]);
    expect(bad({ hot: redis, log: kafka, channel: memory })).toEqual(["/ports/keys"]);
    expect(bad({ hot: redis, log: redis, channel: redis, keys: { kind: "files" } })).toEqual([
      "/ports/keys/dir",
    ]);
    for (const more of [{}, { database: "a", org: "b" }, { org: "a", bucket: "b" }])
      expect(bad({ hot: lmdb, log: lmdb, channel: memory, series: { ...influx, ...more } })).toEqual([
        "/ports/series",
      ]);
  });
});

describe("lists where objects belong", () => {
  it("are refused, though they lack nothing that an object must have", () => {
    expect(paths(parseDecisionsPost({ visitor: "v", context: [] }))).toEqual(["/context"]);
    expect(paths(parseDecisionsPost({ visitor: { id: "v", consent: [] } }))).not.toEqual([]);
    const consent = { visitorId: "v", purposes: [], policyVersion: "1", source: "api" };
    expect(paths(parseConsentPost(consent))).toEqual(["/purposes"]);
  });
});
