import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type AddressInfo, createServer } from "node:net";
import { type Driven, middleOf, pressAt } from "./driven.js";
import { endOf } from "./end-of.js";

const DRIVER = process.env.WEBKIT_DRIVER ?? "/usr/bin/WebKitWebDriver";
const DISPLAY = process.env.XVFB ?? "/usr/bin/Xvfb";

const missing = [DRIVER, DISPLAY].filter((path) => !existsSync(path));

/** Why WebKitGTK cannot be driven here; null where it can. */
export const noWebkit: string | null =
  missing.length === 0 ? null : `there is no ${missing.join(" and no ")}; set WEBKIT_DRIVER and XVFB`;

const START_MS = 20_000;

/** Starts a WebKitGTK on a screen that nobody sees, and speaks WebDriver to it (W3C, "WebDriver"). */
export async function launchWebkit(): Promise<Driven> {
  const screen = spawn(DISPLAY, ["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  let driver: ChildProcess | null = null;
  const stop = async (): Promise<void> => {
    if (driver !== null) await endOf(driver);
    await endOf(screen);
  };
  try {
    const display = `:${await firstLine(screen)}`;
    const port = await freePort();
    const env = { ...process.env, DISPLAY: display, GDK_BACKEND: "x11", LIBGL_ALWAYS_SOFTWARE: "1" };
    driver = spawn(DRIVER, [`--port=${port}`], { stdio: "ignore", env });
    return await drive(`http://127.0.0.1:${port}`, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

const firstLine = (program: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("Xvfb did not start")), START_MS);
    program.once("error", reject);
    program.stdout?.once("data", (bytes: Buffer) => {
      clearTimeout(timer);
      resolve(bytes.toString().trim());
    });
  });

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

async function drive(base: string, stop: () => Promise<void>): Promise<Driven> {
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`${base}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const { value } = (await response.json()) as { value: T & { error?: string; message?: string } };
    if (!response.ok) throw new Error(`${path}: ${value.error}: ${value.message}`);
    return value;
  };
  const until = Date.now() + START_MS;
  while (
    !(await call("GET", "/status").then(
      () => true,
      () => false,
    ))
  ) {
    if (Date.now() > until) throw new Error("WebKitWebDriver did not start");
    await sleep(50);
  }
  const { sessionId, capabilities } = await call<{
    sessionId: string;
    capabilities: { browserName: string; browserVersion: string };
  }>("POST", "/session", { capabilities: { alwaysMatch: { acceptInsecureCerts: false } } });
  const session = `/session/${sessionId}`;
  const evaluate = async <T>(expression: string): Promise<T> => {
    const text = await call<string>("POST", `${session}/execute/async`, {
      script: `const done = arguments[0]; Promise.resolve().then(() => ${expression}).then((value) => done(JSON.stringify(value ?? null)), (error) => done(JSON.stringify({ failed: String(error) })))`,
      args: [],
    });
    const value = JSON.parse(text) as T & { failed?: string };
    if (typeof value === "object" && value?.failed !== undefined) throw new Error(value.failed);
    return value;
  };
  return {
    title: `${capabilities.browserName} (WebKitGTK) ${capabilities.browserVersion}`,
    evaluate,
    async open(url) {
      await evaluate("(globalThis.isLeft = true)");
      await call("POST", `${session}/url`, { url });
      // It answers before the new document is there.
      while (!(await evaluate(`globalThis.isLeft !== true && document.readyState === "complete"`)))
        await sleep(20);
    },
    click: async (selector) => {
      const actions = pressAt(await evaluate(middleOf(selector)));
      await call("POST", `${session}/actions`, { actions });
    },
    close: async () => {
      await call("DELETE", session).catch(() => undefined);
      await stop();
    },
  };
}
