import http from "node:http";
import type { AddressInfo } from "node:net";
import { FEATURES_VERSION } from "@attune/core";
import { createModelRegistry } from "@attune/ml/registry";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../client/index.js";
import { createAttuneServer } from "../server.js";
import { SECRET, startTestServer, type TestServer } from "../testing/start.js";
import { type SignedHeaders, verifyWebhook } from "./sign.js";

const secret = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
let receiver: http.Server;
let port = 0;
/** Posts that were never answered. */
let hanging = 0;
let at: TestServer;
const taken: { headers: SignedHeaders; body: string }[] = [];

beforeAll(async () => {
  receiver = http.createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      if (request.url === "/hangs") return void hanging++;
      taken.push({ headers: request.headers as never, body });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  port = (receiver.address() as AddressInfo).port;
  const url = `http://127.0.0.1:${port}/hook`;
  at = await startTestServer({
    models: { load: () => Promise.reject(new Error("nobody is scored here")) },
    webhooks: ["/hangs", "/hook"].map((path) => ({
      ...{ url: url.replace("/hook", path), secrets: [secret], internal: true },
    })),
  });
  await createClient({ url: at.url, key: SECRET }).publishRuleset({
    schemaVersion: 1,
    revision: 1,
    slots: {},
  });
});
afterAll(async () => {
  await at.close();
  receiver.closeAllConnections();
  receiver.close();
});

describe("webhooks of a server", () => {
  it("tell what happens to models, signed, and name nobody", async () => {
    const registry = createModelRegistry(at.store, { clock: { now: () => Date.now() } });
    const add = (byte: number) =>
      registry.add({
        ...{ name: "buys", bytes: new Uint8Array([byte]), inputs: ["sessions"], outputs: ["buys"] },
        ...{ featuresVersion: FEATURES_VERSION, purposes: ["personalization"] },
      });
    const version = await add(1);
    const client = createClient({ url: at.url, key: SECRET });
    await client.promoteModel("buys", { version: version.version, reason: "Jane said so" });
    await expect.poll(() => taken.length, { timeout: 20_000, interval: 100 }).toBe(1);
    const [{ headers, body } = { headers: {} as SignedHeaders, body: "" }] = taken;
    expect(verifyWebhook(body, headers, { secrets: [secret], at: Date.now() })).toBe(true);
    const told = JSON.parse(body) as { type: string };
    expect(told).toEqual({
      type: "model.promoted",
      timestamp: expect.any(String),
      data: { site: "default", model: "buys", version: version.version, code: null, reason: null },
    });
    expect(body).not.toContain("Jane");
    // The other receiver has the first message still. Nobody waits for it: not who hears of the second, nor the end of the server.
    expect(hanging).toBe(1);
    await client.promoteModel("buys", { version: (await add(2)).version });
    await expect.poll(() => taken.length, { timeout: 9000, interval: 100 }).toBe(2);
    const began = performance.now();
    await at.server.close();
    expect(performance.now() - began).toBeLessThan(3000);
  }, 25_000);

  it("are refused where they would be told twice, or never", () => {
    const hook = { url: "https://hooks.example/a", secrets: [secret] };
    const auth = { keys: [] };
    expect(() => createAttuneServer({ stores: { hot: at.store }, auth, webhooks: [hook, hook] })).toThrow(
      expect.objectContaining({ code: "ATTUNE_SERVER_WEBHOOKS", path: "/webhooks/1/url" }),
    );
    const { service } = at.server;
    expect(() => createAttuneServer({ service, auth, webhooks: [hook] })).toThrow(
      expect.objectContaining({ code: "ATTUNE_SERVER_WEBHOOKS", path: "/webhooks" }),
    );
  });
});
