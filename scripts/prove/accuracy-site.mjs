import { createServer, request } from "node:http";
import { join } from "node:path";
import { build } from "esbuild";
import { root } from "../lib/run.mjs";
import { WRITE_KEY } from "./server.mjs";

const BUTTONS = 12;
const list = (count, make) => Array.from({ length: count }, (_, i) => make(i)).join("\n");

/** A shop's page with one of everything that capture knows. Each address has the same content. */
const BODY = `
<style>
  body { margin: 0; font: 16px/1.5 sans-serif } main { position: relative; height: 4800px } nav a, button { display: inline-block; padding: 4px 8px }
  #terms { height: 120px; overflow: auto } [data-attune-hover] { width: 200px; height: 30px; background: #ddd }
</style>
<main>
  <nav>${list(4, (i) => `<a class="spa" id="link-${i}" href="#">Shelf ${i}</a>`)}</nav>
  <p>${list(BUTTONS, (i) => `<button id="button-${i}"${i % 3 === 0 ? ` data-attune-name="offer-${i}"` : ""}>Offer <b>${i}</b></button>`)}</p>
  <p><button id="dead">Nothing</button> <button id="fails">Fails</button> <shop-card></shop-card></p>
  <p id="words">Words that somebody copies</p>
  <div data-attune-ignore><button id="private">Private</button></div>
  <div data-attune-hover="price" id="price">Price</div>
  <form id="order" name="order"><input name="city" id="city"><input name="cardNumber" id="card"><button id="send">Send</button></form>
  <div id="terms" data-attune-scroll="terms"><div style="height: 1080px">Terms</div></div>
  <output id="out"></output>
  <p id="footer" data-attune-view="footer" style="position: absolute; top: 4600px">Footer</p>
</main>
`;

const page = (capture) =>
  `<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,"><body data-capture="${capture}">${BODY}<script>${HOST_SCRIPT}</script><script type="module" src="/assets/page.js"></script></html>`;

/**
 * The page's own script stands in the page, so that whatever a browser says came from `/assets/` is the library's. Long frames (Long Animation Frames API) name their scripts of 5 ms and more;
 * `ours` is what the library's took of one together, in ms of the wall clock, `what` which.
 */
const HOST_SCRIPT = `{
globalThis.longTasks = [];
globalThis.longFrames = [];
new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });
new PerformanceObserver((list) => {
  for (const { duration, scripts } of list.getEntries()) {
    const library = scripts.filter(({ sourceURL }) => sourceURL.includes("/assets/"));
    longFrames.push({
      duration,
      ours: library.reduce((sum, script) => sum + script.duration, 0),
      what: library.map(({ invoker, duration }) => invoker.replace(/^.*\\/assets\\//, "") + " " + duration + " ms"),
    });
  }
}).observe({ type: "long-animation-frame" });
let count = 0;
const out = document.querySelector("#out");
for (const button of document.querySelectorAll("button[id^=button]")) button.onclick = () => { out.textContent = String(count++); };
fails.onclick = () => { out.textContent = "fails"; throw new TypeError("failure " + location.pathname); };
document.querySelector("form").onsubmit = (event) => event.preventDefault();
customElements.define("shop-card", class extends HTMLElement {
  connectedCallback() {
    this.attachShadow({ mode: "open" }).innerHTML = '<button id="in-shadow">In shadow</button>';
    this.shadowRoot.firstChild.onclick = () => { out.textContent = String(count++); };
  }
});
document.querySelector("nav").onclick = (event) => {
  event.preventDefault();
  history.pushState(null, "", globalThis.next);
  document.title = "Shop " + globalThis.next;
  scrollTo(0, 0);
};
}`;

const SCRIPT = `
import { createAttune } from "@attune/core";
import { browser } from "@attune/core/browser";
if (document.body.dataset.capture !== "none") {
  globalThis.attune = createAttune({
    consent: { policy: { version: "1", mode: "opt-in" } },
    environment: browser({ endpoint: "", writeKey: ${JSON.stringify(WRITE_KEY)}, capture: { text: true } }),
  });
  attune.start();
}
`;

/** The page's script as a host's bundler makes it, from the built packages: what is loaded lazily stays in chunks. */
async function bundle() {
  const { outputFiles } = await build({
    stdin: { contents: SCRIPT, resolveDir: join(root, "benchmarks"), sourcefile: "page.js" },
    entryNames: "page",
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    target: "es2022",
    outdir: "/assets",
    write: false,
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return new Map(outputFiles.map(({ path, contents }) => [path, contents]));
}

/** Passes a request on to the Attune server, as a host's proxy does. */
function forward(incoming, response, port) {
  const { method, url, headers } = incoming;
  const outgoing = request({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  outgoing.on("error", () => response.destroy());
  incoming.pipe(outgoing);
}

/** Clocks of a page that is apart from others are exact to 5 µs, of any other to 100 µs. */
const ISOLATED = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/** A site with the Attune server behind `/api/`. `?capture=none` is a page without Attune. */
export async function startSite(serverPort) {
  const assets = await bundle();
  const site = createServer((incoming, response) => {
    const { pathname, searchParams } = new URL(incoming.url, "http://site");
    if (pathname.startsWith("/api/")) return forward(incoming, response, serverPort);
    const asset = assets.get(pathname);
    if (asset) return response.writeHead(200, { "content-type": "text/javascript" }).end(asset);
    return response
      .writeHead(200, { "content-type": "text/html", ...ISOLATED })
      .end(page(searchParams.get("capture") ?? "on"));
  });
  await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${site.address().port}`,
    close: () =>
      new Promise((resolve) => {
        site.close(resolve);
        site.closeAllConnections();
      }),
  };
}

export const BUTTON_COUNT = BUTTONS;
