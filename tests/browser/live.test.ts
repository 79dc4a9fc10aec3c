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
  slots: {
    hero: {
      variants: { a: `a${revision}`, b: `b${revision}` },
      fallback: "a",
      policy: { type: "rules", rules: [{ variant: "b" }] },
    },
  },
});

describe.skipIf(noChromium !== null)("rulesets that are pushed", () => {
  let browser: Browser;
  let site: LabServer;
  const server = createAttuneServer({
    stores: { hot: memoryStore() },
    log: memoryLog(),
    channel: memoryChannel(),
    auth: { keys: [{ kind: "write", key: "wk_test" }] },
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

  it("decide at once where consent was given; T3 and T25: nothing is open in a page that leaves, and nothing 100 ms after a withdrawal", async () => {
    await publish(1);
    const { page, complaints } = await newVisitor(browser);
    await page.goto(site.url);
    const hero = () => page.evaluate(() => lab.attune?.decide("hero").value);
    await page.evaluate(async () => {
      addEventListener("pageshow", ({ persisted }) => {
        if (persisted) document.title = "back";
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

    const open = await page.evaluate(async () => {
      const sources: EventSource[] = [];
      const close = EventSource.prototype.close;
      EventSource.prototype.close = function (this: EventSource) {
        sources.push(this);
        close.call(this);
      };
      const started = performance.now();
      void lab.attune?.consent.withdraw();
      while (sources.length === 0 && performance.now() - started < 1000)
        await new Promise((resolve) => setTimeout(resolve, 1));
      return { ms: performance.now() - started, states: sources.map(({ readyState }) => readyState) };
    });
    expect(open.states).toEqual([2]);
    expect(open.ms).toBeLessThan(100);
    await until("nobody reads", async () => (await readers()) === 0);
    expect(complaints).toEqual([]);
    expect(await page.evaluate(() => lab.errors)).toEqual([]);
  });
});
