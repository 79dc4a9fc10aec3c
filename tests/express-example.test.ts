import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium, newVisitor, noChromium } from "./support/chromium.js";

interface Example {
  createApp(options: { dir: string }): Promise<{
    app: { listen(port: number, ready: () => void): Server };
    close(): Promise<void>;
  }>;
}

describe("the Express example: Attune as a library inside an application that exists", () => {
  const dir = mkdtempSync(join(tmpdir(), "attune-express-"));
  let listener: Server;
  let url: string;
  let close: () => Promise<void>;

  const call = (method: string, path: string, body?: unknown) =>
    fetch(url + path, {
      method,
      headers: { "x-visitor": "visitor-1", "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const greeting = async () =>
    (await (await call("GET", "/")).json()) as { greeting: string; because: string };
  const view = (index: number) => ({
    eventId: `e${index}`,
    sessionId: "s1",
    anonymousId: "visitor-1",
    deviceType: "desktop",
    eventType: "page_view",
    eventData: { url: `https://blog.example/${index}`, timestamp: Date.now() },
    consent: { analytics: true, personalization: true },
  });

  beforeAll(async () => {
    const { createApp } = (await import("../examples/express-app/app.js" as string)) as Example;
    const { app, close: end } = await createApp({ dir });
    close = end;
    await new Promise<void>((resolve) => {
      listener = app.listen(0, resolve);
    });
    url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await new Promise((resolve) => listener.close(resolve));
    await close();
    rmSync(dir, { recursive: true, force: true });
  });

  it("decides by what it was told, under consent, exports it and erases it", async () => {
    expect(await greeting()).toEqual({ greeting: "Welcome.", because: "consent" });
    expect((await call("POST", "/consent", { analytics: true, personalization: true })).status).toBe(200);
    expect((await greeting()).because).toBe("no-match");

    const taken = await call("POST", "/events", [view(1), view(2), view(3), { eventType: 7 }]);
    expect(await taken.json()).toMatchObject({ accepted: 3, duplicates: 0, rejected: [{ index: 3 }] });
    expect(await greeting()).toEqual({
      greeting: "Welcome back. There is more of what you read last time.",
      because: "rule",
    });

    const held = (await (await call("GET", "/me")).json()) as { visitors: { events: { id: string }[] }[] };
    expect(held.visitors[0]?.events.map((event) => event.id)).toEqual(["e1", "e2", "e3"]);

    expect(await (await call("DELETE", "/me")).json()).toMatchObject({
      status: "completed",
      removed: { events: 3 },
    });
    const left = (await (await call("GET", "/me")).json()) as {
      visitors: { events: unknown[]; state: unknown }[];
    };
    expect(left.visitors.flatMap((visitor) => visitor.events)).toEqual([]);
  });

  it("does what its README's terminal lines say", async () => {
    const readme = readFileSync(new URL("../examples/express-app/README.md", import.meta.url), "utf8");
    const lines = /terminal[^`]*```sh\n(.+?)```/s.exec(readme)?.[1] ?? "";
    const { stdout } = await promisify(execFile)("bash", [
      "-c",
      lines.replaceAll("localhost:3100", new URL(url).host),
    ]);
    expect(stdout).toContain('"because":"rule"');
  });

  it.skipIf(noChromium !== null)("lets a page of its own talk to it", async () => {
    const browser = await launchChromium();
    try {
      const { page, complaints } = await newVisitor(browser);
      await page.goto(`${url}/page`);
      await page.getByText("Because: consent").waitFor();
      await page.getByText("Accept").click();
      for (let i = 0; i < 3; i++) await page.getByText("Read another").click();
      await page.getByRole("heading", { name: "Welcome back." }).waitFor();
      await page.getByText("Because: rule").waitFor();
      // What the page sent has arrived: the service itself would decide the same.
      const id = (await page.context().cookies()).find(({ name }) => name === "attune-visitor")?.value;
      await expect
        .poll(async () => {
          const answer = await fetch(`${url}/`, { headers: { "x-visitor": decodeURIComponent(id ?? "") } });
          return ((await answer.json()) as { because: string }).because;
        })
        .toBe("rule");
      await page.getByText("Withdraw").click();
      await page.getByText("Because: consent").waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
