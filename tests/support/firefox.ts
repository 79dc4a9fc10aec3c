import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { type Driven, middleOf, pressAt } from "./driven.js";
import { endOf } from "./end-of.js";

const PATH = process.env.FIREFOX ?? "/usr/bin/firefox-esr";

/** Why Firefox cannot be driven here; null where it can. */
export const noFirefox: string | null = existsSync(PATH)
  ? null
  : `there is no Firefox at ${PATH}; set FIREFOX`;

/** What it says to its makers, and asks them, is not what is looked at. */
const QUIET: Readonly<Record<string, boolean | string | number>> = {
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.page": 0,
  "datareporting.policy.dataSubmissionEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,none",
  "toolkit.telemetry.server": "",
};

const START_MS = 20_000;
type Answer = { id?: number; type: string; result?: unknown; error?: string; message?: string };

/** Starts a Firefox without a window, with an empty profile, and speaks WebDriver BiDi to it (W3C, "WebDriver BiDi"). */
export async function launchFirefox(): Promise<Driven> {
  const profile = mkdtempSync(join(tmpdir(), "attune-firefox-"));
  const lines = Object.entries(QUIET).map(
    ([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`,
  );
  writeFileSync(join(profile, "user.js"), lines.join("\n"));
  const args = ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"];
  const firefox = spawn(PATH, args, { stdio: ["ignore", "ignore", "pipe"] });
  const stop = async (): Promise<void> => {
    await endOf(firefox);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const socket = new WebSocket(`${await addressOf(firefox)}/session`);
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    return await drive(socket, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

function addressOf(firefox: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let told = "";
    const timer = setTimeout(() => reject(new Error(`Firefox did not start: ${told}`)), START_MS);
    firefox.once("exit", (code) => reject(new Error(`Firefox ended (${code}): ${told}`)));
    firefox.stderr?.on("data", (bytes: Buffer) => {
      told = (told + bytes.toString()).slice(-4000);
      const address = /WebDriver BiDi listening on (ws:\S+)/.exec(told)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    });
  });
}

async function drive(socket: WebSocket, stop: () => Promise<void>): Promise<Driven> {
  let last = 0;
  const waiting = new Map<number, (answer: Answer) => void>();
  socket.on("message", (data: Buffer) => {
    const answer = JSON.parse(data.toString()) as Answer;
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer);
  });
  const send = async <T>(method: string, params: object): Promise<T> => {
    const id = ++last;
    const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve));
    socket.send(JSON.stringify({ id, method, params }));
    const answer = await answered;
    waiting.delete(id);
    if (answer.type === "error") throw new Error(`${method}: ${answer.error}: ${answer.message}`);
    return answer.result as T;
  };
  const { capabilities } = await send<{ capabilities: { browserName: string; browserVersion: string } }>(
    "session.new",
    { capabilities: {} },
  );
  const { contexts } = await send<{ contexts: { context: string }[] }>("browsingContext.getTree", {});
  const context = contexts[0]?.context;
  const evaluate = async <T>(expression: string): Promise<T> => {
    const given = await send<{
      type: string;
      result: { value?: string };
      exceptionDetails?: { text: string };
    }>("script.evaluate", {
      expression: `Promise.resolve(${expression}).then((value) => JSON.stringify(value ?? null))`,
      target: { context },
      awaitPromise: true,
    });
    if (given.exceptionDetails) throw new Error(given.exceptionDetails.text);
    return JSON.parse(given.result.value ?? "null") as T;
  };
  return {
    title: `${capabilities.browserName} ${capabilities.browserVersion}`,
    evaluate,
    open: async (url) => void (await send("browsingContext.navigate", { context, url, wait: "complete" })),
    click: async (selector) => {
      const actions = pressAt(await evaluate(middleOf(selector)));
      await send("input.performActions", { context, actions });
    },
    close: async () => {
      socket.terminate();
      await stop();
    },
  };
}
