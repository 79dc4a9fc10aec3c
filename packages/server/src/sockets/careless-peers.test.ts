import net from "node:net";
import { memoryStore } from "@attune/core/memory";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { handshake, openRaw } from "../testing/raw-socket.js";
import { nativeEvent, SECRET, startTestServer, type TestServer } from "../testing/start.js";

const STREAM = "/api/v1/behavioral/stream";
const headers = { authorization: `Bearer ${SECRET}` };
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let at: TestServer;
beforeAll(async () => {
  at = await startTestServer();
});
afterAll(() => at.close());

describe("a peer of sockets that is careless or hostile", () => {
  it("takes no place for good by going away in the middle of its handshake", async () => {
    const store = memoryStore();
    let asked = 0;
    const slow = {
      ...store,
      async get(...args: Parameters<typeof store.get>) {
        if (args[1] === "ticket") {
          asked++;
          await sleep(300);
        }
        return store.get(...args);
      },
    } as typeof store;
    const own = await startTestServer({ stores: { hot: slow }, limits: { socketsPerAddress: 1 } });
    const ticket = async (): Promise<string> => {
      const answer = await own.call(`${STREAM}/ticket`, { method: "POST" });
      return `${STREAM}?ticket=${((await answer.json()) as { ticket: string }).ticket}`;
    };
    const { port } = new URL(own.url);
    const left = net.connect(Number(port), "127.0.0.1");
    left.write(handshake(await ticket(), {}));
    await expect.poll(() => asked).toBe(1);
    left.resetAndDestroy();
    await sleep(500);
    const next = await openRaw(own.url, await ticket(), {});
    expect(String(next.bytes())).toMatch(/^HTTP\/1.1 101 /);
    next.socket.destroy();
    await own.close();
  });

  it("T12 fills no memory with answers to pings that it does not read", async () => {
    const own = await startTestServer();
    const flooding = await openRaw(own.url, STREAM, headers);
    flooding.say({ type: "connection", subscriptions: ["rulesets"] });
    flooding.socket.pause();
    let most = 0;
    const many = Buffer.concat(
      Array.from({ length: 500 }, () => Buffer.from("89fd00000000".padEnd(262, "0"), "hex")),
    );
    let sent = 0;
    for (; sent < 32 << 20 && !flooding.socket.destroyed && own.connections.size > 0; sent += many.length) {
      if (!flooding.socket.write(many))
        await Promise.race([sleep(50), new Promise((resolve) => flooding.socket.once("drain", resolve))]);
      for (const { writableLength } of own.connections) most = Math.max(most, writableLength);
    }
    flooding.socket.destroy();
    expect(most).toBeLessThan(2 << 20);
    expect(own.connections.size).toBe(0);
    await own.close();
  });

  it("T20 is answered as over HTTP where an event nests without end or holds a number that is none", async () => {
    const ws = new WebSocket(at.url.replace("http", "ws") + STREAM, { headers });
    await new Promise((resolve) => ws.once("open", resolve));
    const messages: Record<string, unknown>[] = [];
    ws.on("message", (data) => messages.push(JSON.parse(String(data))));
    const answer = async (ref: string): Promise<Record<string, unknown> | undefined> => {
      await expect.poll(() => messages.some((message) => message.ref === ref), { timeout: 5000 }).toBe(true);
      return messages.find((message) => message.ref === ref);
    };
    ws.send('{"type":"connection","subscriptions":["rulesets"]}');
    const text = JSON.stringify(nativeEvent({ id: "huge", properties: { price: 7 } })).replace(
      "7}",
      "1e400}",
    );
    const deep = `{"events":[${text},{"a":${"[".repeat(200_000)}${"]".repeat(200_000)}}]}`;
    const posted = (await (await at.post("/api/v1/behavioral/batch", deep)).json()) as {
      rejected: { errors: unknown }[];
    };
    ws.send(`{"ref":"1","type":"batch",${deep.slice(1)}`);
    expect(await answer("1")).toMatchObject({ type: "ack", accepted: 0, rejected: posted.rejected });
    const single = await at.post("/api/v1/behavioral/events", text);
    ws.send(`{"type":"event" , "event" : ${text},"ref":"2"}`);
    const { detail, errors } = (await single.json()) as { detail: string; errors: unknown };
    expect(await answer("2")).toMatchObject({
      type: "error",
      status: single.status,
      detail,
      errors,
      eventId: "huge",
    });
    expect(at.reports).toEqual([]);
    ws.terminate();
  });
});
