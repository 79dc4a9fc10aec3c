import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { type Mount, type Mounted, mountBattery } from "../../test/mount-battery.js";
import { expressMount } from "../express/index.js";
import { fastifyPlugin } from "../fastify/index.js";
import { honoMount } from "../hono/index.js";
import { nextRoute } from "../next/index.js";
import { toNodeListener } from "../node/index.js";

async function listen(server: Server, base = "/attune"): Promise<Mounted> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const MOUNTS: Record<string, Mount> = {
  node: (handler, options) => listen(createServer(toNodeListener(handler, options)), ""),
  "node, for a plain reader": (handler, options) =>
    listen(createServer(toNodeListener(Object.assign(handler, { readsPlainly: true }), options)), ""),
  express: (handler, options) => {
    const app = express();
    app.use("/attune", expressMount(handler, options));
    return listen(createServer(app as RequestListener));
  },
  fastify: async (handler, options) => {
    const app = fastify({ forceCloseConnections: true });
    await app.register(fastifyPlugin(handler, options), { prefix: "/attune" });
    return { url: `${await app.listen({ host: "127.0.0.1", port: 0 })}/attune`, stop: () => app.close() };
  },
  "hono on the node listener": (handler, options) => {
    const app = new Hono().all("/attune/*", honoMount(handler, options));
    return listen(createServer(toNodeListener((request) => app.fetch(request))));
  },
  "hono on @hono/node-server": (handler, options) => {
    const app = new Hono().all("/attune/*", honoMount(handler, options));
    return listen(createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server);
  },
  // Next itself is a build away: `tests/next-mount.test.ts` runs the same there. Here, its methods with real requests.
  next: (handler, options) => {
    const route = nextRoute((request) => handler(request), { ...options, basePath: "/attune" });
    return listen(
      createServer(toNodeListener((request) => route[request.method as keyof typeof route](request))),
    );
  },
};

const WITHOUT: Record<string, Record<string, string>> = {
  "hono on @hono/node-server": {
    "keeps the connection usable after a body that was left half-read":
      "that server closes it, with any handler",
  },
};

for (const [name, mount] of Object.entries(MOUNTS)) mountBattery(name, mount, WITHOUT[name]);
