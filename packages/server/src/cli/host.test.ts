import http from "node:http";
import { describe, expect, it } from "vitest";
import { startHost } from "./host.js";

const get = (url: string, agent: http.Agent): Promise<{ status: number; connection: string | undefined }> =>
  new Promise((resolve, reject) => {
    const outgoing = http.get(url, { agent }, (response) => {
      response.resume();
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, connection: response.headers.connection }),
      );
    });
    outgoing.on("error", reject);
  });

describe("a host that ends", () => {
  it("refuses new requests at once and waits for the fold only so long", async () => {
    const host = await startHost({ dir: null, port: 0, host: "127.0.0.1" });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    expect(await get(`${host.url}/health/live`, agent)).toMatchObject({ status: 200 });
    host.server.service.settled = () => new Promise(() => {});
    const started = Date.now();
    const closing = host.close(400);
    expect(await get(`${host.url}/health/live`, agent)).toEqual({ status: 503, connection: "close" });
    expect(await closing).toBe(false);
    expect(Date.now() - started).toBeLessThan(2000);
    await expect(get(`${host.url}/health/live`, agent)).rejects.toThrow();
    agent.destroy();
  });

  it("that has folded everything says so", async () => {
    const host = await startHost({ dir: null, port: 0, host: "127.0.0.1" });
    expect(await host.close(5000)).toBe(true);
  });

  it("knows where sign-in links lead", async () => {
    const host = await startHost({ dir: null, port: 0, host: "127.0.0.1" });
    const headers = { authorization: `Bearer ${host.keys.secretKey}` };
    const made = await fetch(`${host.url}/api/v1/dashboard/sign-in`, { method: "POST", headers });
    expect(((await made.json()) as { url: string }).url).toMatch(`${host.url}/dashboard/sign-in?token=`);
    await host.close();
  });
});
