import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createCancel } from "../engine/host.js";
import { browserNetwork, retryAfter } from "./network.js";

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
  /** Headers and the front of a body arrive, its end never does. */
  stalls?: boolean;
}

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
  vi.unstubAllGlobals();
});

/** A real endpoint that answers as told and writes down what came. */
async function endpoint(answer: (url: string, encoding?: string) => Answer, domain?: string) {
  const hints: string[] = [];
  const seen: {
    url: string;
    method: string;
    headers: Record<string, unknown>;
    body: string;
    bytes: Buffer;
  }[] = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => void chunks.push(chunk));
    request.on("end", () => {
      const bytes = Buffer.concat(chunks);
      const { url = "", method = "" } = request;
      seen.push({ url, method, headers: request.headers, body: String(bytes), bytes });
      const { status, headers, body: said, stalls } = answer(url, request.headers["content-encoding"]);
      if (stalls) return void response.writeHead(status, headers).write("{");
      return void response.writeHead(status, headers).end(said === undefined ? "" : JSON.stringify(said));
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  return {
    seen,
    network: browserNetwork(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      "wk_1",
      (error) => hints.push(String(error)),
      domain,
    ),
    hints,
  };
}

const items = (count: number, size = 10) =>
  Array.from({ length: count }, (_, i) => ({ id: `e${i}`, body: { id: `e${i}`, text: "x".repeat(size) } }));
const now = { last: false, signal: createCancel().signal };

describe("what the endpoint's answers mean", () => {
  it("done, with the refused events by id", async () => {
    const { network, seen } = await endpoint(() => ({
      status: 200,
      body: {
        accepted: 2,
        duplicates: 0,
        rejected: [{ index: 1, errors: [{ code: "ATTUNE_EVENTS_NAME" }] }],
      },
    }));
    expect(await network.send(items(3), now)).toEqual({
      status: "done",
      taken: 3,
      rejected: [{ id: "e1", reason: "ATTUNE_EVENTS_NAME" }],
    });
    expect(seen[0]).toMatchObject({
      method: "POST",
      url: "/api/v1/behavioral/batch",
      headers: { authorization: "Bearer wk_1", "content-type": "application/json" },
    });
    expect(JSON.parse(seen[0]?.body ?? "")).toMatchObject({
      sentAt: expect.any(Number),
      events: [{ id: "e0" }, { id: "e1" }, { id: "e2" }],
    });
  });

  it.each([
    [413, {}, { status: "too-large" }],
    [400, { "content-type": "application/problem+json" }, { status: "too-large" }],
    [422, { "content-type": "application/problem+json; charset=utf-8" }, { status: "too-large" }],
    // A proxy's own 400 says nothing about the events.
    [400, { "content-type": "text/html" }, { status: "retry" }],
    [401, {}, { status: "refused", code: 401, detail: expect.stringMatching(/batch, status 401$/) }],
    [403, {}, { status: "refused", code: 403, detail: expect.stringMatching(/batch, status 403$/) }],
    [404, {}, { status: "retry" }],
    [500, {}, { status: "retry" }],
    [429, { "retry-after": "7" }, { status: "retry", afterMs: 7000 }],
    [503, { "retry-after": "soon" }, { status: "retry" }],
  ])("%i %j", async (status, headers, outcome) => {
    const { network } = await endpoint(() => ({ status, headers: headers as Record<string, string> }));
    expect(await network.send(items(1), now)).toEqual(outcome);
  });

  it("T4 a success that is no answer of an endpoint takes nothing: a network's log-in page, a host's page for whatever it does not know", async () => {
    for (const body of [undefined, "<html>Log in</html>", [], { ok: true }, { rejected: 0 }]) {
      const { network, hints } = await endpoint(() => ({ status: 200, body }));
      expect(await network.send(items(2), now)).toEqual({ status: "retry" });
      expect(hints).toEqual([expect.stringMatching(/batch, status 200/)]);
    }
  });

  it("nobody there, or let go of: to be tried again", async () => {
    expect(await browserNetwork("http://127.0.0.1:1").send(items(1), now)).toEqual({ status: "retry" });
    const { network } = await endpoint(() => ({ status: 200 }));
    const cancel = createCancel();
    cancel.abort();
    expect(await network.send(items(1), { last: false, signal: cancel.signal })).toEqual({ status: "retry" });
  });
});

describe("an answer that stalls half way", () => {
  it("is let go of with its signal, and holds nothing up", async () => {
    const { network, seen } = await endpoint(() => ({ status: 200, stalls: true }));
    const cancel = createCancel();
    const sent = network.send(items(1), { last: false, signal: cancel.signal });
    const ruleset = network.fetchRuleset?.(null, cancel.signal);
    await expect.poll(() => seen.length).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 100));
    cancel.abort();
    // What it took is told apart by ids when it comes again.
    expect(await sent).toEqual({ status: "retry" });
    await expect(ruleset).rejects.toThrow();
  }, 3000);
});

describe("what is told of a misconfiguration", () => {
  const problem = { type: "x", title: "Unauthorized", detail: "This key is not known." };

  it("the address and the server's own words", async () => {
    const { network } = await endpoint(() => ({ status: 401, body: problem }));
    expect(await network.send(items(1), now)).toMatchObject({
      detail: expect.stringMatching(
        /^http:.*\/api\/v1\/behavioral\/batch, status 401: This key is not known\.$/,
      ),
    });
    await expect(network.fetchRuleset?.(null, now.signal)).rejects.toMatchObject({
      code: "ATTUNE_BROWSER_ANSWER",
      message: expect.stringMatching(/\/api\/v1\/ruleset, status 401: This key is not known\.$/),
    });
    const message = { visitorId: "somebody", record: { grants: {} } };
    await expect(network.sendConsent?.(message, now.signal)).rejects.toMatchObject({
      message: expect.stringMatching(/consent, status 401/),
    });
  });

  it("that no ruleset is there, and that nobody answers", async () => {
    const { network, hints } = await endpoint(() => ({ status: 404 }));
    await expect(network.fetchRuleset?.(null, now.signal)).rejects.toThrow(/ruleset, status 404/);
    await network.send(items(1), now);
    expect(hints).toEqual([expect.stringMatching(/batch, status 404/)]);
    const nobody = browserNetwork("http://127.0.0.1:1", "wk_1", (error) => hints.push(String(error)));
    await expect(nobody.fetchRuleset?.(null, now.signal)).rejects.toMatchObject({
      code: "ATTUNE_BROWSER_UNREACHABLE",
      message: "No answer from http://127.0.0.1:1/api/v1/ruleset.",
    });
    await nobody.send(items(1), now);
    expect(hints).toHaveLength(2);
  });
});

describe("T4: a page that goes away", () => {
  it("has at most 60 KiB on the way, over all requests, and says how much was taken", async () => {
    const { network, seen } = await endpoint(() => ({ status: 200, body: { rejected: [] } }));
    const last = { last: true, signal: createCancel().signal };
    const outcomes = await Promise.all([
      network.send(items(200, 1000), last),
      network.send(items(50, 1000), last),
    ]);
    expect(seen.reduce((sum, { body }) => sum + body.length, 0)).toBeLessThanOrEqual(60 * 1024);
    expect(outcomes[0]).toMatchObject({
      status: "done",
      taken: expect.toSatisfy((taken: number) => taken > 50 && taken < 60),
    });
    expect(outcomes[1]).toEqual({ status: "retry" });
    expect(await network.send(items(5), last)).toMatchObject({ status: "done", taken: 5 });
  });
});

describe("a large batch", () => {
  const inflated = (body: Buffer) => JSON.parse(gunzipSync(body).toString()) as { events: unknown[] };

  it("goes compressed; what must survive the page, or is small, goes as it is", async () => {
    const { network, seen } = await endpoint(() => ({ status: 200, body: { rejected: [] } }));
    expect(await network.send(items(50, 200), now)).toMatchObject({ status: "done", taken: 50 });
    await network.send(items(5), now);
    await network.send(items(50, 200), { ...now, last: true });
    expect(seen.map(({ headers }) => headers["content-encoding"])).toEqual(["gzip", undefined, undefined]);
    expect(inflated(seen[0]?.bytes as Buffer).events).toHaveLength(50);
    expect(seen[0]?.bytes.length).toBeLessThan((seen[2]?.bytes.length ?? 0) / 5);
  });

  it("goes as it is from then on where no compressed bodies are taken, and stays the batch it was", async () => {
    const { network, seen } = await endpoint((_, encoding) =>
      encoding ? { status: 415 } : { status: 200, body: { rejected: [] } },
    );
    expect(await network.send(items(50, 200), now)).toMatchObject({ status: "done", taken: 50 });
    expect(await network.send(items(50, 200), now)).toMatchObject({ status: "done", taken: 50 });
    expect(seen.map(({ headers }) => headers["content-encoding"])).toEqual(["gzip", undefined, undefined]);
  });
});

describe("T7: a page that may not open a channel to the others", () => {
  const refusing = class {
    constructor() {
      throw new DOMException("The operation is insecure.", "SecurityError");
    }
  };
  it.each([["refused", refusing] as const, ["not there", undefined] as const])(
    "hears that it is hidden until it stops listening: %s",
    (_, channel) => {
      const target = new EventTarget();
      vi.stubGlobal("document", Object.assign(new EventTarget(), { visibilityState: "hidden" }));
      vi.stubGlobal("addEventListener", target.addEventListener.bind(target));
      vi.stubGlobal("removeEventListener", target.removeEventListener.bind(target));
      vi.stubGlobal("BroadcastChannel", channel);
      let heard = 0;
      const stop = browserNetwork("http://127.0.0.1:1").onHide?.(() => void (heard += 1));
      target.dispatchEvent(new Event("pagehide"));
      document.dispatchEvent(new Event("visibilitychange"));
      expect(heard).toBe(2);
      stop?.();
      target.dispatchEvent(new Event("pagehide"));
      document.dispatchEvent(new Event("visibilitychange"));
      expect(heard).toBe(2);
    },
  );
});

describe("T6: what another page was told", () => {
  it("holds here too, whether or not this page goes away, and not for longer than an hour", async () => {
    vi.stubGlobal("document", new EventTarget());
    vi.stubGlobal("addEventListener", () => undefined);
    vi.stubGlobal("removeEventListener", () => undefined);
    const { network, seen } = await endpoint(() => ({ status: 503, headers: { "retry-after": "60" } }));
    const { port } = server?.address() as AddressInfo;
    const other = browserNetwork(`http://127.0.0.1:${port}/`);
    const stops = [network.onHide?.(() => undefined), other.onHide?.(() => undefined)];
    const told = new Promise((resolve) => {
      new BroadcastChannel(`attune-wait http://127.0.0.1:${port}`).onmessage = ({ target }) => {
        (target as BroadcastChannel).close();
        setTimeout(resolve, 50);
      };
    });
    await network.send(items(1), now);
    await told;
    for (const last of [true, false]) {
      expect(await other.send(items(1), { ...now, last })).toEqual({
        status: "retry",
        afterMs: expect.closeTo(60_000, -4),
      });
    }
    expect(seen).toHaveLength(1);
    const clock = vi.spyOn(Date, "now");
    clock.mockReturnValue(Date.now() - 86_400_000);
    await other.send(items(1), now);
    clock.mockRestore();
    expect(seen).toHaveLength(2);
    for (const stop of stops) stop?.();
  });
});

describe("T6: Retry-After", () => {
  const at = Date.parse("2026-11-20T12:00:00Z");
  it.each([
    [null, undefined],
    ["0", 0],
    ["120", 120_000],
    ["Fri, 20 Nov 2026 12:01:00 GMT", 60_000],
    ["Fri, 20 Nov 2026 11:00:00 GMT", undefined],
    ["-1", undefined],
    ["later", undefined],
  ])("%s is %s ms", (header, ms) => {
    expect(retryAfter(header, at)).toBe(ms);
  });
});

describe("consent and ruleset", () => {
  it("a consent record goes out in the server's words", async () => {
    const { network, seen } = await endpoint(() => ({ status: 201 }));
    const record = {
      v: 1,
      policyVersion: "p1",
      mode: "opt-in",
      region: "DE",
      grants: { necessary: true, analytics: false },
      decidedAt: 5,
      source: "banner",
      revision: 2,
    };
    await network.sendConsent?.({ visitorId: "v1", record }, createCancel().signal);
    expect(JSON.parse(seen[0]?.body ?? "")).toEqual({
      visitorId: "v1",
      consentType: "granular",
      consentStatus: "withdrawn",
      consentDate: 5,
      consentSource: "banner",
      granularConsent: { necessary: true, analytics: false },
      policyVersion: "p1",
      region: "DE",
    });
  });

  it("a ruleset is asked for without saying who asks, and not loaded twice", async () => {
    const { network, seen } = await endpoint(() => ({ status: 304 }));
    expect(await network.fetchRuleset?.("1-abc", createCancel().signal)).toBeNull();
    expect(seen[0]).toMatchObject({
      method: "GET",
      url: "/api/v1/ruleset",
      headers: { "if-none-match": '"1-abc"' },
    });
    expect(seen[0]?.headers.cookie).toBeUndefined();
  });
});

describe("a decision, told to an endpoint of another origin", () => {
  const record = {
    grants: { analytics: false },
    decidedAt: 1,
    source: "api",
    policyVersion: "1",
    region: null,
  };
  const decide = async (mayHold: boolean, domain?: string) => {
    vi.stubGlobal("location", { href: "http://shop.example/", origin: "http://shop.example" });
    const { network, seen } = await endpoint(() => ({ status: 201, body: {} }), domain);
    const { fetch } = globalThis;
    const tried: unknown[] = [];
    // As browsers do where the preflight allows no cookies.
    vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
      tried.push(init.credentials);
      return init.credentials === "include" && !mayHold
        ? Promise.reject(new TypeError("Failed to fetch"))
        : fetch(url, init);
    });
    for (let i = 0; i < 2; i++) await network.sendConsent?.({ visitorId: "v1", record }, now.signal);
    return { tried, arrived: seen.length };
  };

  it("goes with the visitor's cookie where the endpoint allows it, and once", async () => {
    expect(await decide(true, ".127.0.0.1")).toEqual({ tried: ["include", "include"], arrived: 2 });
  });

  it("is not even tried with it outside of the site's own domain, where that would be an error in the host's console", async () => {
    for (const domain of [undefined, ".shop.example", ".27.0.0.1"])
      expect(await decide(true, domain)).toEqual({ tried: ["same-origin", "same-origin"], arrived: 2 });
  });

  it("goes without it where the endpoint does not, and is not tried with it again", async () => {
    expect(await decide(false, "127.0.0.1")).toEqual({
      tried: ["include", "same-origin", "same-origin"],
      arrived: 2,
    });
  });
});
