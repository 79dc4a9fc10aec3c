import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Event } from "@attune/core";
import { memoryLog, memoryStore } from "@attune/core/memory";
import { createAttuneServer } from "@attune/server";
import { toNodeListener } from "@attune/server-adapters/node";
import { build, type Plugin } from "esbuild";

/** A folder in which the packages and the libraries beside them are installed as in a host's. */
const HOST = fileURLToPath(new URL("../../benchmarks/", import.meta.url));
const fromHost = createRequire(`${HOST}package.json`);

/** A host's workers, as docs/models.md shows them. */
const WORKERS: Readonly<Record<string, string>> = {
  clusters: `import "@attune/ml/clustering/worker";`,
  "clusters-tfjs": `
import { getBackend, setBackend } from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import "@attune/ml/clustering/worker";
setWasmPaths("/tfjs/");
setBackend("wasm").then(() => new BroadcastChannel("backend").postMessage(getBackend()));`,
};

const likeAHost: Plugin = {
  name: "like a host",
  setup({ onResolve, onLoad, resolve }) {
    onResolve({ filter: /^worker:/ }, ({ path }) => ({ path: path.slice(7), namespace: "worker" }));
    onLoad({ filter: /./, namespace: "worker" }, ({ path }) => ({
      contents: WORKERS[path] ?? "",
      resolveDir: HOST,
    }));
    // What the page's script names is found where the host has it installed: built, by the packages' own exports.
    onResolve({ filter: /^@/ }, ({ path, kind, importer, pluginData }) =>
      pluginData === "asked" || !importer.includes("/fixture/")
        ? undefined
        : resolve(path, { kind, resolveDir: HOST, pluginData: "asked" }),
    );
  },
};

/** The page's script and its workers, as a bundler makes them: what is loaded lazily stays in chunks. */
async function bundle(): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: {
      app: fileURLToPath(new URL("./fixture/story-page.ts", import.meta.url)),
      ...Object.fromEntries(Object.keys(WORKERS).map((name) => [name, `worker:${name}`])),
    },
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "es2022",
    outdir: "/",
    write: false,
    logLevel: "error",
    define: { "process.env.NODE_ENV": '"development"' },
    // The workspace's own would lead to the sources.
    tsconfigRaw: {},
    plugins: [likeAHost],
  });
  return new Map(outputFiles.map(({ path, contents }) => [path, contents]));
}

/** Own scripts and workers alone, and WebAssembly: all that the page needs is said here. */
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src data:";
const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Hats</title><link rel="icon" href="data:,"></head>
<body><h1 id="hero">Hats</h1><p id="offer">Welcome</p><button id="add">Add to bag</button><script type="module" src="/app.js"></script></body></html>`;

export interface StorySite {
  readonly url: string;
  /** What else lies on the site, by path. */
  readonly files: Map<string, Uint8Array | string>;
  /** Paths that were asked for. */
  readonly asked: string[];
  /** What the server holds of a visitor, in order. */
  eventsOf(visitorId: string): Promise<Event[]>;
  close(): Promise<void>;
}

/** A shop's site, its pages under a strict policy of content, with a real Attune server under the same origin. */
export async function startStorySite(): Promise<StorySite> {
  const files = new Map<string, Uint8Array | string>(await bundle());
  const wasm = dirname(fromHost.resolve("@tensorflow/tfjs-backend-wasm"));
  const name = "tfjs-backend-wasm-simd.wasm";
  files.set(`/tfjs/${name}`, readFileSync(`${wasm}/${name}`));
  const attune = createAttuneServer({
    stores: { hot: memoryStore() },
    log: memoryLog(),
    auth: { keys: [{ kind: "write", key: "wk_test" }] },
  });
  const answer = toNodeListener(attune.fetch);
  const asked: string[] = [];
  const site = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://host").pathname;
    if (path.startsWith("/api/")) return void answer(request, response);
    asked.push(path);
    const file = files.get(path);
    const isPage = !file && !/\.\w+$/.test(path);
    const type = isPage
      ? "text/html"
      : path.endsWith(".js")
        ? "text/javascript"
        : path.endsWith(".wasm")
          ? "application/wasm"
          : "application/octet-stream";
    response
      .writeHead(file || isPage ? 200 : 404, { "content-type": type, "content-security-policy": POLICY })
      .end(isPage ? PAGE : file);
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(site.address() as AddressInfo).port}`,
    files,
    asked,
    async eventsOf(visitorId) {
      const { visitors } = await attune.service.exportData({ visitorId });
      return visitors.flatMap(({ events }) => events as Event[]);
    },
    async close() {
      site.closeAllConnections();
      await new Promise((resolve) => site.close(resolve));
      await attune.close();
    },
  };
}
