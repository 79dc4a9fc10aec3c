import type { Decision, Grants, Ruleset } from "@attune/core";
import { encodeConsentCookie, type ConsentRecord, grantsOf, type Purpose } from "@attune/core/consent";
import { memoryStore } from "@attune/core/memory";
import {
  createPersonalizationService,
  type DecideVisitor,
  type PersonalizationService,
} from "@attune/core/service";
import fc from "fast-check";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ruleset } from "../../test/kit.js";
import { decideOnServer, serializeInitial } from "./index.js";
import { readCookie } from "./read-cookie.js";

const NOW = Date.UTC(2026, 0, 5);
const policy = { version: "1" };
const VISITOR = "0190a0d0-5e6f-7000-8000-000000000001";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function consentCookie(purposes: readonly Purpose[], decidedAt = NOW - 1000): string {
  const record: ConsentRecord = {
    v: 1,
    policyVersion: "1",
    mode: "opt-in",
    region: null,
    grants: grantsOf(purposes),
    decidedAt,
    source: "banner",
    revision: 1,
    asked: ["analytics", "personalization", "marketing", "advertising"],
  };
  return `attune-consent=${encodeConsentCookie(record)}; attune-visitor=${VISITOR}`;
}

const request = (headers: Record<string, string>): Request =>
  new Request("https://shop.example/", { headers });

/** A real service over memory, which also says what it was asked. */
function recordingService() {
  const service = createPersonalizationService({
    stores: { hot: memoryStore() },
    clock: { now: () => NOW },
    ruleset,
  });
  closing.push(() => service.close());
  const asked: DecideVisitor[] = [];
  const recording: Pick<PersonalizationService, "decide" | "ruleset"> = {
    decide: (visitor, ...rest) => {
      asked.push(visitor as DecideVisitor);
      return service.decide(visitor, ...rest);
    },
    ruleset: (site) => service.ruleset(site),
  };
  return { service: recording, asked };
}

const options = { policy, now: () => NOW, timeoutMs: 2000 };

describe("decideOnServer", () => {
  it("decides with consent, for the visitor of the cookie, and sends the ruleset along", async () => {
    const { service, asked } = recordingService();
    const initial = await decideOnServer(
      request({ cookie: consentCookie(["analytics", "personalization"]) }),
      {
        ...options,
        service,
        slots: ["hero", "cta"],
      },
    );
    expect(asked).toEqual([{ id: VISITOR, consent: grantsOf(["analytics", "personalization"]) }]);
    expect(initial.decisions.cta).toMatchObject({
      variant: "b",
      value: "Buy now",
      reason: "split",
      propensity: 1,
    });
    expect(initial.decisions.hero).toMatchObject({ variant: "plain", isFallback: true });
    expect(initial.ruleset).toEqual(ruleset);
    expect(initial).toMatchObject({
      gpc: false,
      region: null,
      now: NOW,
      consent: { revision: 1 },
      stateVersion: 1,
    });
    expect(initial.rulesetVersion).toBe((await service.ruleset())?.version);
  });

  it.each([
    ["nothing decided", `attune-visitor=${VISITOR}`],
    ["refused", consentCookie([])],
    ["a decision that has expired", consentCookie(["personalization"], NOW - 200 * 86_400_000)],
    ["a broken cookie", `attune-consent=%7Bgrants; attune-visitor=${VISITOR}`],
  ])("%s: no id is used, and all is fallback for want of consent", async (_, cookie) => {
    const { service, asked } = recordingService();
    const initial = await decideOnServer(request({ cookie }), { ...options, service });
    expect(asked.map(({ id }) => id)).toEqual([null]);
    expect(Object.keys(initial.decisions).sort()).toEqual(["cta", "hero", "hidden", "top"]);
    for (const decision of Object.values(initial.decisions)) {
      expect(decision).toMatchObject({ reason: "consent", isFallback: true, propensity: null });
    }
    expect(initial.segments).toEqual({});
    expect(JSON.stringify(initial)).not.toContain(VISITOR);
  });

  it("only statistics allowed: the id assigns as in the page, and nothing is personalised", async () => {
    const { service, asked } = recordingService();
    const initial = await decideOnServer(request({ cookie: consentCookie(["analytics"]) }), {
      ...options,
      service,
    });
    expect(asked.map(({ id }) => id)).toEqual([VISITOR]);
    for (const decision of Object.values(initial.decisions)) expect(decision.reason).toBe("consent");
    expect(initial.segments).toEqual({});
    expect(JSON.stringify(initial)).not.toContain(VISITOR);
  });

  it("T28 Sec-GPC counts from the first response", async () => {
    const { service, asked } = recordingService();
    const initial = await decideOnServer(
      request({ cookie: consentCookie(["personalization", "advertising", "marketing"]), "sec-gpc": "1" }),
      { ...options, service },
    );
    expect(initial.gpc).toBe(true);
    expect(asked[0]?.consent).toEqual(grantsOf(["personalization"]));
    expect(initial.consent?.grants.advertising).toBe(false);
  });

  it("uses no id that a page would not take: what stands for a user or a session is nobody's cookie", async () => {
    const { service, asked } = recordingService();
    const cookie = consentCookie(["analytics", "personalization"]);
    for (const id of ["u:ann", "s:1", "", "a b", "x".repeat(129)])
      await decideOnServer(request({ cookie: cookie.replace(VISITOR, id) }), { ...options, service });
    expect(asked.map(({ id }) => id)).toEqual([null, null, null, null, null]);
  });

  it("lets conditions read where the visitor is, whoever decides", async () => {
    const regional: Ruleset = {
      schemaVersion: 1,
      revision: 1,
      slots: {
        greeting: {
          purposes: ["necessary"],
          variants: { plain: "Hello", north: "Moin" },
          fallback: "plain",
          policy: { type: "rules", rules: [{ when: { "context.region": "DE" }, variant: "north" }] },
        },
      },
    };
    const service = createPersonalizationService({ stores: { hot: memoryStore() }, ruleset: regional });
    closing.push(() => service.close());
    const greet = async (given: { region?: string; context?: { region: string } }) =>
      (await decideOnServer(request({}), { ...options, service, ...given })).decisions.greeting?.variant;
    expect(await greet({ region: "DE" })).toBe("north");
    expect(await greet({ region: "FR" })).toBe("plain");
    expect(await greet({ region: "FR", context: { region: "DE" } })).toBe("north");
  });

  it("takes the mode of the region", async () => {
    const { service, asked } = recordingService();
    const optOut = { ...policy, regions: { "US-CA": "opt-out" as const } };
    await decideOnServer(request({ cookie: `attune-visitor=${VISITOR}` }), {
      ...options,
      service,
      policy: optOut,
      region: "US-CA",
    });
    expect(asked[0]).toMatchObject({ id: VISITOR, consent: { personalization: true } });
  });

  it("does not hold the page: a late back end gives fallbacks in time, and is reported", async () => {
    const reported: unknown[] = [];
    const started = performance.now();
    const initial = await decideOnServer(request({ cookie: consentCookie(["personalization"]) }), {
      policy,
      now: () => NOW,
      service: { decide: () => new Promise(() => undefined), ruleset: () => new Promise(() => undefined) },
      slots: ["hero", "nowhere"],
      ruleset,
      report: (error) => reported.push(error),
    });
    expect(performance.now() - started).toBeLessThan(1500);
    expect(initial.decisions.hero).toMatchObject({
      variant: "plain",
      value: { title: "Welcome" },
      reason: "error",
      isFallback: true,
    });
    expect(initial.decisions.nowhere).toMatchObject({ variant: null, value: null, reason: "error" });
    expect(reported).toEqual([expect.objectContaining({ code: "ATTUNE_REACT_TIMEOUT" })]);
  });

  it("survives a back end that throws at once", async () => {
    const reported: unknown[] = [];
    const broken = (): never => {
      throw new Error("down");
    };
    const initial = await decideOnServer(request({}), {
      ...options,
      service: { decide: broken, ruleset: broken },
      slots: ["hero"],
      report: (error) => reported.push(error),
    });
    expect(initial.decisions.hero).toMatchObject({ reason: "error", isFallback: true });
    expect(reported).toHaveLength(1);
  });

  it("asks a server over HTTP with the write key, and stops asking when time is up", async () => {
    const { service } = recordingService();
    const seen: { url: string; authorization: string; body: string }[] = [];
    let hang = false;
    let cut = 0;
    const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
      let body = "";
      for await (const chunk of incoming) body += String(chunk);
      seen.push({ url: incoming.url ?? "", authorization: incoming.headers.authorization ?? "", body });
      outgoing.on("close", () => void (outgoing.writableEnded || cut++));
      if (hang) return;
      outgoing.setHeader("content-type", "application/json");
      if (incoming.method === "GET") return void outgoing.end(JSON.stringify(ruleset));
      const asked = JSON.parse(body) as { visitor: { id: string | null; consent: Grants }; slots: string[] };
      outgoing.end(JSON.stringify(await service.decide(asked.visitor, asked.slots)));
    };
    const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(() => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    });
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const http = { ...options, endpoint, writeKey: "wk_test", slots: ["cta"] };
    const cookie = consentCookie(["personalization"]);

    const initial = await decideOnServer(request({ cookie }), http);
    expect(initial.decisions.cta).toMatchObject({ variant: "b", reason: "split" });
    expect(initial.ruleset).toEqual(ruleset);
    expect(seen.map(({ url }) => url).sort()).toEqual(["/api/v1/decisions", "/api/v1/ruleset"]);
    expect(seen.every(({ authorization }) => authorization === "Bearer wk_test")).toBe(true);

    seen.length = 0;
    await decideOnServer(request({ cookie: `attune-visitor=${VISITOR}` }), http);
    expect(JSON.stringify(seen)).not.toContain(VISITOR);

    hang = true;
    const late = await decideOnServer(request({ cookie }), { ...http, timeoutMs: 50 });
    expect(late.decisions.cta).toMatchObject({ reason: "error" });
    await expect.poll(() => cut).toBe(2);
  });

  it("tells of a back end that does not answer on the console, in development", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const dead = { ...options, endpoint: "http://127.0.0.1:1", writeKey: "wk", slots: ["hero"] };
    expect((await decideOnServer(request({}), dead)).decisions.hero?.reason).toBe("error");
    expect(warn.mock.calls.flat()).toEqual([
      expect.stringMatching(/No answer from http:\/\/127\.0\.0\.1:1\/api\/v1\/(decisions|ruleset)\./),
    ]);
    vi.stubEnv("NODE_ENV", "production");
    await decideOnServer(request({}), dead);
    expect(warn).toHaveBeenCalledTimes(1);
    vi.unstubAllEnvs();
    warn.mockRestore();
  });

  it("reports an answer that is an error", async () => {
    const reported: unknown[] = [];
    const refusing = (async () =>
      Response.json({ detail: "This key is not known here." }, { status: 403 })) as typeof fetch;
    const initial = await decideOnServer(request({}), {
      ...options,
      endpoint: "https://attune.example",
      writeKey: "wk",
      fetch: refusing,
      slots: ["hero"],
      report: (error) => reported.push(error),
    });
    expect(initial.decisions.hero?.reason).toBe("error");
    expect(reported).toEqual([
      expect.objectContaining({
        code: "ATTUNE_REACT_BACK_END",
        message: expect.stringMatching(
          /^https:\/\/attune\.example\/api.*status 403: This key is not known here/,
        ) as string,
      }),
    ]);
  });
});

describe("serializeInitial", () => {
  const initialWith = (value: string) => ({
    ruleset: undefined as unknown as Ruleset,
    rulesetVersion: null,
    stateVersion: 1,
    decisions: { hero: { slot: "hero", value } as unknown as Decision },
    segments: {},
    consent: null,
    now: NOW,
  });

  it("never ends the script element, and reads back as it was", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.constantFrom("</script>", "<!--<script>", "]]>", "\u2028"),
        ),
        (value) => {
          const text = serializeInitial(initialWith(value));
          expect(text).not.toMatch(/[<>&\u2028\u2029]/);
          expect(JSON.parse(text).decisions.hero.value).toBe(JSON.parse(JSON.stringify(value)));
        },
      ),
    );
  });
});

describe("readCookie", () => {
  const value = fc.stringMatching(/^[\w.~=-]{0,20}$/);
  const name = fc.stringMatching(/^[a-z-]{1,10}$/);

  it("finds each cookie of a header, the first of a name, and no other", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), fc.constantFrom("; ", ";"), (pairs, separator) => {
        const header = pairs.map(([key, text]) => `${key}=${text}`).join(separator);
        for (const [key] of pairs)
          expect(readCookie(header, key)).toBe(pairs.find(([other]) => other === key)?.[1]);
        expect(readCookie(header, "absent-name-here")).toBeNull();
      }),
    );
  });
});
