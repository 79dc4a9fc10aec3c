import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe } from "vitest";
import { type Mount, mountBattery } from "../packages/server-adapters/test/mount-battery.js";

interface NextApp {
  prepare(): Promise<void>;
  getRequestHandler(): RequestListener;
  close(): Promise<void>;
}

const dir = fileURLToPath(new URL("../packages/server-adapters/test/next-app", import.meta.url));
const { resolve } = createRequire(`${dir}/`);

/** Where the application's route looks for what a case mounts. */
const MOUNTED = Symbol.for("attune.test.mounted");

// Building an application takes most of a minute where the machine is busy.
describe.skipIf(process.env.ATTUNE_NEXT !== "1")("nextRoute in a built application (ATTUNE_NEXT=1)", () => {
  let app: NextApp;
  let listener: RequestListener;

  beforeAll(async () => {
    // Next replaces the process's fetch by one that reads along. The cases ask with the real one.
    const { fetch } = globalThis;
    Object.defineProperty(globalThis, "fetch", { get: () => fetch, set: () => undefined });
    const build = spawn(process.execPath, [resolve("next/dist/bin/next"), "build", dir], {
      env: { ...process.env, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" },
      stdio: ["ignore", "ignore", "inherit"],
    });
    const [code] = (await once(build, "exit")) as [number | null];
    if (code !== 0) throw new Error(`next build ended with ${code}`);
    const next = (await import(resolve("next"))) as {
      default: (options: { dir: string; dev: boolean }) => NextApp;
    };
    app = next.default({ dir, dev: false });
    await app.prepare();
    listener = app.getRequestHandler();
  });
  afterAll(async () => {
    await app?.close();
    Reflect.deleteProperty(globalThis, MOUNTED);
  });

  const mount: Mount = async (handler, options) => {
    Reflect.set(globalThis, MOUNTED, { handler, report: options?.report });
    const server = createServer(listener).listen(0, "127.0.0.1");
    await once(server, "listening");
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/shop/attune`,
      async stop() {
        server.closeAllConnections();
        server.close();
        await once(server, "close");
      },
    };
  };
  mountBattery("next", mount, {
    "leaves queries as they are encoded": "Next writes them anew, with the same meaning",
    "knows the origin that it was asked at": "Next names its own host in request.url",
    "keeps the connection usable after a body that was left half-read":
      "Next closes it now and then, with any route",
  });
});
