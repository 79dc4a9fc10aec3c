import { memoryChannel, memoryLog, memoryStore } from "@attune/core/memory";
import { createAttuneServer } from "@attune/server";
import { toNodeListener } from "@attune/server-adapters/node";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium, noChromium, newVisitor } from "../support/chromium.js";
import { type LabServer, startLab, until } from "./lab.js";

const ruleset = (revision: number) => ({
  schemaVersion: 1,
  revision,
  segments: [{ name: "buyers", enter: { revenue: { $gt: 0 } } }],
  slots: {
    footer: {
      variants: { plain: "plain", thanks: "thanks" },
      fallback: "plain",
      policy: { type: "rules", rules: [{ segment: "buyers", variant: "thanks" }] },
    },
    hero: {
      variants: { a: `a${revision}`, b: `b${revision}` },
      fallback: "a",
      policy: { type: "rules", rules: [{ variant: "b" }] },
    },
  },
});

describe.skipIf(noChromium !== null)("what is pushed to pages", () => {
  let browser: Browser;
  let site: LabServer;
  const server = createAttuneServer({
    stores: { hot: memoryStore() },
    log: memoryLog(),
    channel: memoryChannel(),
    auth: {
      keys: [
        { kind: "write", key: "wk_test" },
        { kind: "secret", key: "sk_test" },
      ],
    },
    metrics: { open: true },
  });

  beforeAll(async () => {
    browser = await launchChromium({ backForward: true });
    site = await startLab({ api: toNodeListener(server.fetch) });
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await server.close();
  });

  const readers = async (): Promise<number> => {
    const answer = await server.fetch(new Request("http://attune/metrics"));
    return Number(/attune_stream_readers (\d+)/.exec(await answer.text())?.[1]);
  };
  const publish = async (revision: number): Promise<void> => {
    const result = await server.service.loadRuleset(ruleset(revision));
    if (!result.ok) throw new Error(JSON.stringify(result.error));
  };

  /** What a back end knows of a visitor and its page does not. */
  const order = async (visitorId: string, revenue: number): Promise<void> => {
    const event = {
      ...{ id: crypto.randomUUID(), schemaVersion: 1, name: "Order Completed", visitorId, sessionId: null },
      ...{ occurredAt: Date.now(), properties: { revenue }, context: {} },
      consent: { purposes: ["analytics", "personalization"], policyVersion: "1" },
    };
    const answer = await server.fetch(
      new Request("http://attune/api/v1/behavioral/batch?wait=5000", {
        method: "POST",
        headers: { authorization: "Bearer sk_test", "content-type": "application/json" },
        body: JSON.stringify([event]),
      }),
    );
    expect(((await answer.json()) as { accepted: number }).accepted).toBe(1);
  };

  it("segments that the server finds by what the page has not seen decide at once, in the page that is open, that comes back and that is opened next; no address names the visitor", async () => {
    await publish(1);
    const { context, page, complaints } = await newVisitor(browser);
    const addresses: string[] = [];
    page.on("request", (request) => addresses.push(request.url()));
    const footer = () => page.evaluate(() => lab.attune?.decide("footer").value);
    const open = (): Promise<string> =>
      page.evaluate(async () => {
        lab.open({}, { capture: false, live: true });
        await lab.attune?.consent.grant("all");
        await lab.attune?.ready();
        return lab.attune?.visitor()?.id ?? "";
      });
    await page.goto(site.url);
    const id = await open();
    await until("the page reads", async () => (await readers()) === 1);
    expect(await footer()).toBe("plain");
    await order(id, 9);
    await until("the footer thanks", async () => (await footer()) === "thanks");
    // What the page sees by itself is no reason to forget it.
    await page.evaluate(() => lab.attune?.track("Product Viewed"));
    expect(await footer()).toBe("thanks");
    await page.goto(`${site.url}/next`);
    expect(await open()).toBe(id);
    expect(await footer()).toBe("thanks");

    await context.clearCookies();
    await page.goto(site.url);
    await page.evaluate(() => indexedDB.deleteDatabase("attune-default"));
    const unknown = await open();
    expect([unknown === id, await footer()]).toEqual([false, "plain"]);
    await page.goto(`${site.url}/elsewhere`);
    await until("nobody reads", async () => (await readers()) === 0);
    await order(unknown, 9);
    await page.goto(site.url);
    expect(await open()).toBe(unknown);
    await until("the footer thanks", async () => (await footer()) === "thanks");
    expect(addresses.filter((address) => address.includes(id) || address.includes(unknown))).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
    await until("nobody reads", async () => (await readers()) === 0);
  });

  it("rulesets decide at once where consent was given; T3 and T25: nothing is open in a page that leaves, and nothing 100 ms after a withdrawal", async () => {
    await publish(1);
    const { page, complaints } = await newVisitor(browser);
    await page.goto(site.url);
    const hero = () => page.evaluate(() => lab.attune?.decide("hero").value);
    await page.evaluate(async () => {
      addEventListener("pageshow", ({ persisted }) => {
        if (persisted) document.title = "back";
      });
      const streams: AbortSignal[] = [];
      const real = fetch;
      Object.assign(globalThis, {
        streams,
        fetch(url: string, init: RequestInit) {
          if (url.endsWith("/stream")) streams.push(init.signal as AbortSignal);
          return real(url, init);
        },
      });
      lab.open({}, { capture: false, live: true });
      await lab.attune?.ready();
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await readers()).toBe(0);
    await page.evaluate(() => lab.attune?.consent.grant("all"));
    await until("the page reads", async () => (await readers()) === 1);
    await until("the first ruleset", async () => (await hero()) === "b1");
    await publish(2);
    await until("the second ruleset", async () => (await hero()) === "b2");

    await page.goto(`${site.url}/elsewhere`);
    await until("nobody reads", async () => (await readers()) === 0);
    await publish(3);
    await page.evaluate(() => history.back());
    await until("the page is back as it was", () =>
      page
        .title()
        .then((title) => title === "back")
        .catch(() => false),
    );
    await until("the third ruleset", async () => (await hero()) === "b3");

    const left = await page.evaluate(async () => {
      void lab.attune?.consent.withdraw();
      await new Promise((resolve) => setTimeout(resolve, 100));
      return (globalThis as unknown as { streams: AbortSignal[] }).streams.map(({ aborted }) => aborted);
    });
    expect(left.length).toBeGreaterThan(0);
    expect(left).not.toContain(false);
    await until("nobody reads", async () => (await readers()) === 0);
    expect(complaints).toEqual([]);
    expect(await page.evaluate(() => lab.errors)).toEqual([]);
  });
});
