import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { post } from "./post.js";

let server: http.Server;
let port = 0;
const asked: { path: string; body: string; type: string }[] = [];
beforeAll(async () => {
  server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      asked.push({ path: request.url ?? "", body, type: request.headers["content-type"] ?? "" });
      if (request.url === "/never") return;
      if (request.url === "/elsewhere") response.writeHead(307, { location: "/in" }).end();
      else response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const to = (url: string, internal: boolean, timeoutMs = 5000) =>
  post({
    ...{ url, internal, timeoutMs, headers: { "webhook-id": "a" }, body: '{"ä":1}' },
    signal: new AbortController().signal,
  });

describe("T18 a post of a webhook", () => {
  it("brings its body, and follows no redirection", async () => {
    expect(await to(`http://127.0.0.1:${port}/in`, true)).toBe(204);
    expect(await to(`http://127.0.0.1:${port}/elsewhere`, true)).toBe(307);
    expect(asked).toEqual([
      { path: "/in", body: '{"ä":1}', type: "application/json" },
      { path: "/elsewhere", body: '{"ä":1}', type: "application/json" },
    ]);
  });

  it("takes a receiver that wants another protocol for one that did not take it", async () => {
    const strange = http.createServer();
    strange.on("upgrade", () => undefined);
    strange.on("request", (request) => {
      request.socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: any\r\n\r\n");
    });
    await new Promise<void>((resolve) => strange.listen(0, "127.0.0.1", resolve));
    expect(await to(`http://127.0.0.1:${(strange.address() as AddressInfo).port}/in`, true)).toBe(101);
    strange.closeAllConnections();
    strange.close();
  });

  it("does not reach into one's own network, however that is written", async () => {
    const before = asked.length;
    // Names are looked up, and what they lead to is checked; the last is 127.0.0.1 as one number.
    for (const host of ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0x7f.1", "2130706433"])
      await expect(to(`http://${host}:${port}/in`, false)).rejects.toMatchObject({
        code: "ATTUNE_SERVER_WEBHOOK_ADDRESS",
      });
    expect(asked).toHaveLength(before);
  });

  it("gives up what does not answer", async () => {
    await expect(to(`http://127.0.0.1:${port}/never`, true, 50)).rejects.toMatchObject({
      code: "ATTUNE_SERVER_WEBHOOK_TIME",
    });
  });
});
