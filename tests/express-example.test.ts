import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

interface Example {
  createApp(options: { dir: string }): Promise<{
    app: { listen(port: number, ready: () => void): Server };
    service: { settled(): Promise<void>; close(): Promise<void> };
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
    const { app, service } = await createApp({ dir });
    close = () => service.close();
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
});
