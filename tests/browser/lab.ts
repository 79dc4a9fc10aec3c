import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { resolveCore } from "./resolve-core.js";
import type { Lab } from "./fixture/page.js";

declare global {
  // What the fixture page's script puts there.
  var lab: Lab;
}

export interface Received {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
  at: number;
}

export interface LabServer {
  url: string;
  requests: Received[];
  /** Requests that carried something of a visitor. */
  sent(): Received[];
  /** All events that arrived, in the order in which they did. */
  events(): {
    id: string;
    name: string;
    properties: Record<string, unknown>;
    context: Record<string, Record<string, unknown>>;
    [key: string]: unknown;
  }[];
  consents(): { visitorId: string; granularConsent: Record<string, boolean> }[];
  close(): Promise<void>;
}

const BODY = `
  <main style="height: 3000px">
    <h1>Hats</h1>
    <button id="buy" data-attune-name="buy-hat">Buy <b>this hat</b></button>
    <a id="next" href="#more">More</a>
    <div data-attune-ignore><button id="ignored">Card number 4111 1111 1111 1111</button></div>
    <p id="offer" data-attune-view="footer-offer" style="position: absolute; top: 2600px; height: 100px">An offer</p>
  </main>`;

const html = (auto: boolean, body: string): string =>
  `<!doctype html><html lang="en"><title>Hats</title><link rel="icon" href="data:,">${body}<script src="/app.js"></script>${auto ? "<script>lab.open()</script>" : ""}</html>`;

const NOTHING_DECIDED = { schemaVersion: 1, revision: 1, slots: {} };

async function bundle(): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL("./fixture/page.ts", import.meta.url))],
    bundle: true,
    write: false,
    format: "iife",
    target: "es2022",
    plugins: [resolveCore],
  });
  return result.outputFiles[0]?.text ?? "";
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return (request.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes).toString("utf8");
};

/** A site with a page, and an endpoint that writes down everything that reaches it. Pages under `/auto` start an engine by themselves. */
export async function startLab(
  options: {
    ruleset?: unknown;
    answer?: (path: string) => number;
    retryAfter?: string;
    /** HTML of the pages. */
    body?: string;
    /** Answers what goes to the endpoint, in place of the lab. */
    api?: RequestListener;
    /** What an answer waits for. */
    wait?: (path: string) => Promise<unknown>;
  } = {},
): Promise<LabServer> {
  const script = await bundle();
  const requests: Received[] = [];
  const server: Server = createServer(async (request, response) => {
    const { method = "", url: path = "", headers } = request;
    if (options.api && path.startsWith("/api/")) return options.api(request, response);
    const body = await bodyOf(request).catch(() => "");
    requests.push({ method, path, headers, body, at: Date.now() });
    if (path === "/app.js")
      return void response.writeHead(200, { "content-type": "text/javascript" }).end(script);
    if (!path.startsWith("/api/"))
      return void response
        .writeHead(200, { "content-type": "text/html" })
        .end(html(path.startsWith("/auto"), options.body ?? BODY));
    await options.wait?.(path);
    const status = options.answer?.(path) ?? 200;
    const answer =
      path === "/api/v1/ruleset"
        ? (options.ruleset ?? NOTHING_DECIDED)
        : { accepted: 1, duplicates: 0, rejected: [] };
    const asked = status === 429 && options.retryAfter ? { "retry-after": options.retryAfter } : {};
    response.writeHead(status, { "content-type": "application/json", ...asked }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const posted = (path: string): Received[] =>
    requests.filter((request) => request.method === "POST" && request.path === `/api/v1/behavioral/${path}`);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    sent: () => requests.filter(({ path }) => path.startsWith("/api/") && path !== "/api/v1/ruleset"),
    events: () =>
      posted("batch").flatMap(
        ({ body }) => (JSON.parse(body) as { events: ReturnType<LabServer["events"]> }).events,
      ),
    consents: () =>
      posted("consent").map(({ body }) => JSON.parse(body) as ReturnType<LabServer["consents"]>[number]),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Waits until something holds, or says what is missing. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  ms = 30_000,
): Promise<void> {
  const end = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
