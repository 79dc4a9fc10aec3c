import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { memoryLog, memoryStore } from "@attune/core/memory";
import { createAttuneServer } from "@attune/server";
import { toNodeListener } from "@attune/server-adapters/node";
import { build } from "esbuild";
import type { Host } from "./fixture/host-page.js";
import { resolveCore, resolveReact } from "./resolve-core.js";

declare global {
  // What the page's script puts there.
  var host: Host;
}

/** Whose page it is: an ordinary host, one with a strict policy of content, one that allows no text to become code either. */
export type HostKind = "plain" | "strict" | "trusted-types";

export interface HostSite {
  /** Address of the page of such a host. */
  page(kind: HostKind): string;
  /** Where the Attune server answers: another origin than the pages'. */
  endpoint: string;
  /** Names of the events that the server holds of a visitor. */
  eventsOf(visitorId: string): Promise<string[]>;
  /** Requests that reached the server, preflights aside, as `METHOD /path`. */
  requests: string[];
  /** From now on the server cannot be reached, or can be again. */
  reachable(is: boolean): void;
  close(): Promise<void>;
}

/** Fallback until personalization is granted, another hero from then on, and a third one once something is in the basket. */
const RULESET = {
  schemaVersion: 1,
  revision: 1,
  slots: {
    hero: {
      variants: { plain: "Hats", known: "Hats for you", buyer: "Hats that go with yours" },
      fallback: "plain",
      policy: {
        type: "rules",
        rules: [{ when: { cartAdds: { $gte: 1 } }, variant: "buyer" }, { variant: "known" }],
      },
    },
  },
};

const policyOf = (kind: HostKind, endpoint: string): Record<string, string> => {
  const own = `default-src 'self'; script-src 'self'; style-src 'self'; connect-src 'self' ${endpoint}; object-src 'none'; base-uri 'none'; form-action 'self'`;
  if (kind === "plain") return {};
  const strict = kind === "strict" ? own : `${own}; require-trusted-types-for 'script'; trusted-types 'none'`;
  return { "content-security-policy": strict };
};

const html = (endpoint: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><script src="/complaints.js"></script><title>Hats</title><link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/styles.css">
<script type="application/json" id="given">${JSON.stringify({ endpoint, ruleset: RULESET })}</script></head>
<body><div id="root"></div><script type="text/plain" data-attune-purpose="analytics" src="/gated.js"></script>
<script type="module" src="/assets/page.js"></script></body></html>`;

/** What browsers without a driver's console have to tell: errors, rejections that nobody handled, and what scripts complain of. */
const COMPLAINTS = `globalThis.complaints = [];
addEventListener("error", (event) => complaints.push(event.message ?? "error"));
addEventListener("unhandledrejection", (event) => complaints.push(String(event.reason)));
addEventListener("securitypolicyviolation", (event) => complaints.push(event.violatedDirective + " " + event.blockedURI));
for (const name of ["error", "warn"]) {
  const original = console[name];
  console[name] = (...args) => { complaints.push(args.map(String).join(" ")); original.apply(console, args); };
}`;

/** The page's script as a host's bundler makes it: what is loaded lazily stays in chunks. */
async function bundle(): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("./fixture/host-page.ts", import.meta.url))],
    entryNames: "page",
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    outdir: "/assets",
    write: false,
    define: { "process.env.NODE_ENV": '"production"' },
    plugins: [resolveCore, resolveReact],
  });
  return new Map(outputFiles.map(({ path, contents }) => [path, contents]));
}

const listening = async (listener: RequestListener): Promise<Server> => {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
};
const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** Pages of several hosts, and a real Attune server on an origin of its own. */
export async function startHostSite(): Promise<HostSite> {
  const assets = await bundle();
  const styles = readFileSync(new URL("../../packages/react/src/consent/styles.css", import.meta.url));
  const attune = createAttuneServer({
    stores: { hot: memoryStore() },
    log: memoryLog(),
    auth: { keys: [{ kind: "write", key: "wk_test" }] },
  });
  const requests: string[] = [];
  const answer = toNodeListener(attune.fetch);
  let isReachable = true;
  const api = await listening((request, response) => {
    if (!isReachable) return void request.destroy();
    if (request.method !== "OPTIONS")
      requests.push(`${request.method ?? ""} ${request.url?.split("?")[0] ?? ""}`);
    answer(request, response);
  });
  const endpoint = urlOf(api);
  const site = await listening(({ url = "/" }, response) => {
    const send = (type: string, body: string | Uint8Array, headers = {}): void =>
      void response.writeHead(200, { "content-type": type, ...headers }).end(body);
    const asset = assets.get(url);
    if (asset) return send("text/javascript", asset);
    if (url === "/styles.css") return send("text/css", styles);
    if (url === "/icon.svg") return send("image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg"/>');
    if (url === "/complaints.js") return send("text/javascript", COMPLAINTS);
    if (url === "/gated.js")
      return send("text/javascript", "globalThis.gated = (globalThis.gated ?? 0) + 1;");
    return send("text/html", html(endpoint), policyOf(url.slice(1).split("/")[0] as HostKind, endpoint));
  });
  return {
    page: (kind) => `${urlOf(site)}/${kind}`,
    endpoint,
    requests,
    reachable: (is) => {
      isReachable = is;
    },
    async eventsOf(visitorId) {
      const { visitors } = await attune.service.exportData({ visitorId });
      return visitors.flatMap(({ events }) => events.map(({ name }) => name));
    },
    async close() {
      for (const server of [site, api]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      await attune.close();
    },
  };
}
