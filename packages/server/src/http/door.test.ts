import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { memoryStore } from "@attune/core/memory";
import { PlainResponse, toNodeListener } from "@attune/server-adapters/node";
import { expect, it } from "vitest";
import { createAttuneServer } from "../server.js";

it("answers a Request with a Response, and what only reads as one with what only reads as one", async () => {
  const { fetch: door, close } = createAttuneServer({
    stores: { hot: memoryStore() },
    auth: { keys: [{ id: "a", kind: "secret", key: "sk_a" }] },
  });
  const answers: Response[] = [];
  const watched = Object.assign(
    async (...asked: Parameters<typeof door>) => {
      const answer = await door(...asked);
      answers.push(answer);
      return answer;
    },
    { readsPlainly: true as const },
  );
  const host = createServer(toNodeListener(watched));
  await new Promise<void>((resolve) => host.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
  try {
    for (const path of ["/api/v1/health/live", "/api/v1/nowhere", "/api/v1/behavioral/stream"]) {
      const there = await fetch(`${url}${path}`);
      const here = await door(new Request(`${url}${path}`));
      expect(here, path).toBeInstanceOf(Response);
      expect(answers.at(-1), path).toBeInstanceOf(PlainResponse);
      expect(here.status, path).toBe(there.status);
      const own = ({ headers }: Response) =>
        Object.fromEntries(
          [...headers].filter(
            ([name]) => !/^(date|connection|keep-alive|content-length|ratelimit.*)$/.test(name),
          ),
        );
      expect(own(here), path).toEqual(own(there));
      const said = [await here.json(), await there.json()].map((body) => ({
        ...body,
        instance: null,
        uptimeMs: null,
      }));
      expect(said[0], path).toEqual(said[1]);
    }
  } finally {
    host.closeAllConnections();
    await new Promise((resolve) => host.close(resolve));
    await close();
  }
});
