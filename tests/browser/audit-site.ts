import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { resolveCore, resolveReact } from "./resolve-core.js";

export interface AuditSite {
  /** The site's own address; `/clean` and `/banner` keep to their consent, `/cheat` does not, `/bare` has nothing of Attune. */
  url: string;
  /** Another host, to which cheating pages send. */
  other: string;
  close(): Promise<void>;
}

const NOTHING_DECIDED = JSON.stringify({ schemaVersion: 1, revision: 1, slots: {} });

const FIELDS = `<form><input name="q"><input type="email" name="email"><textarea name="note"></textarea></form>`;

const html = (body: string): string =>
  `<!doctype html><html lang="en"><title>Hats</title><link rel="icon" href="data:,"><body><h1>Hats</h1>${FIELDS}<script src="/engine.js"></script><script>lab.open({ consent: { policy: { version: "2026-11" } } })</script>${body}</body></html>`;

const BANNER = `<!doctype html><html lang="en"><title>Hats</title><link rel="icon" href="data:,"><body><div id="root"></div><script src="/banner.js"></script></body></html>`;

/** Each line is one thing that a page must not do before consent, or in spite of a refusal. */
const cheats = (other: string): string => `
<link rel="stylesheet" href="${other}/font.css">
<img src="${other}/pixel.gif?visitor=1" alt="" referrerpolicy="unsafe-url">
<iframe src="${other}/frame" title="From elsewhere"></iframe>
<script>
const other = ${JSON.stringify(other)};
const id = "id-1234567890-abcdef";
document.cookie = "_early=" + id + "; path=/";
cookieStore.set("_modern", id);
localStorage.setItem("early-id", id);
localStorage.sneaky = id;
sessionStorage.setItem("early-session", id);
indexedDB.open("early-base").onupgradeneeded = (event) => event.target.result.createObjectStore("box");
caches.open("early-cache");
navigator.serviceWorker.register("/sw.js");
navigator.storage.getDirectory();
localStorage.getItem("known-before");
cookieStore.get("_known");
fetch(other + "/fetched", { method: "POST", mode: "no-cors", body: "seen" });
fetch("/own/collect", { method: "POST", body: new Blob(["seen"]) });
fetch("/api/v1/ruleset?again", { credentials: "include" });
const request = new XMLHttpRequest();
request.open("POST", "/own/xhr");
request.send("seen");
navigator.sendBeacon("/own/beacon", new Blob(["seen"], { type: "application/json" }));
new Image().src = "/own/pixel.gif?visitor=" + id;
new EventSource(other + "/events").onerror = (event) => event.target.close();
const socket = new WebSocket(other.replace("http", "ws") + "/socket");
socket.onopen = () => { socket.send("hello"); setInterval(() => socket.send("still here"), 50); };
new RTCPeerConnection();
new SharedWorker("/shared.js");
new EventSource("/own/stream");
localStorage.setItem("profile", JSON.stringify({ anonymous: "anon-9876543210-fedcba" }));
new Image().src = "/own/json-pixel.gif?a=anon-9876543210-fedcba";
addEventListener("click", (event) => { localStorage.noted = event.target.textContent; });
new Worker(URL.createObjectURL(new Blob(["fetch('" + location.origin + "/own/from-worker', { method: 'POST', body: 'x' })"])));
addEventListener("pagehide", () => navigator.sendBeacon("/own/goodbye", new Blob(["bye"])));
const note = document.querySelector("textarea");
note.addEventListener("input", () => fetch("/own/typed", { method: "POST", body: JSON.stringify({ text: note.value }) }));
const mail = document.querySelector("[type=email]");
mail.addEventListener("input", () => navigator.sendBeacon("/own/encoded", new Blob([JSON.stringify({ m: btoa("to:" + mail.value) })])));
mail.addEventListener("change", async () => {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(mail.value)));
  fetch("/own/hashed?e=" + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""));
});
addEventListener("click", (event) => localStorage.setItem("clicked", event.target.textContent));
fetch("/own/referrer", { method: "POST", body: document.referrer });
// Whatever is granted is taken for everything, and Global Privacy Control for nothing.
const told = new BroadcastChannel("attune-default");
told.onmessage = ({ data }) => {
  if (Object.values(data.grants).filter(Boolean).length > 1) fetch(other + "/ads", { method: "POST", mode: "no-cors", body: "x" });
};
</script>`;

const BODIES: Readonly<Record<string, [type: string, text: string]>> = {
  "/sw.js": [
    "text/javascript",
    "self.addEventListener('install', () => { fetch('/own/from-service-worker', { method: 'POST', body: 'x' }); });",
  ],
  "/api/v1/ruleset": ["application/json", NOTHING_DECIDED],
  "/shared.js": ["text/javascript", "fetch('/own/out-of-sight', { method: 'POST', body: 'x' });"],
  "/font.css": ["text/css", ""],
  "/frame": ["text/html", "<script>localStorage.setItem('of-other', '1')</script>"],
};

async function bundle(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`./fixture/${name}.ts`, import.meta.url))],
    bundle: true,
    write: false,
    format: "iife",
    target: "es2022",
    define: { "process.env.NODE_ENV": '"production"' },
    plugins: [resolveCore, resolveReact],
  });
  return outputFiles[0]?.text ?? "";
}

/** A site of two hosts, on two free ports. */
export async function startAuditSite(): Promise<AuditSite> {
  const [engine, banner] = await Promise.all([bundle("page"), bundle("banner")]);
  const servers: Server[] = [];
  let otherUrl = "";

  const answer = ({ url = "/", method }: IncomingMessage, response: ServerResponse): void => {
    const { pathname } = new URL(url, "http://site");
    const send = (type: string, text: string): void =>
      void response.writeHead(200, { "content-type": type }).end(text);
    if (pathname === "/engine.js") return send("text/javascript", engine);
    if (pathname === "/banner.js") return send("text/javascript", banner);
    if (pathname === "/banner") return send("text/html", BANNER);
    if (pathname === "/own/stream")
      return void response.writeHead(200, { "content-type": "text/event-stream" }).write(":\n\n");
    const body = BODIES[pathname];
    if (body) return send(...body);
    if (method === "POST") return send("application/json", '{"accepted":1,"duplicates":0,"rejected":[]}');
    if (pathname.endsWith(".gif")) return send("image/gif", "");
    if (pathname.startsWith("/clean"))
      return send("text/html", html('<a href="/clean/hats">Hats</a> <a href="/logout">Sign out</a>'));
    if (pathname.startsWith("/bare"))
      return send("text/html", "<!doctype html><title>Bare</title><h1>Bare</h1><link rel=icon href=data:,>");
    if (!pathname.startsWith("/cheat")) return void response.writeHead(404).end("Nothing here");
    response.setHeader("set-cookie", "_server=1; Path=/; HttpOnly");
    return send("text/html", html(cheats(otherUrl)));
  };
  const listen = async (): Promise<number> => {
    const server = createServer(answer);
    server.on("upgrade", acceptSocket);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  };
  const url = `http://127.0.0.1:${await listen()}`;
  // Another name: of another name's cookies and storage browsers know.
  otherUrl = `http://localhost:${await listen()}`;
  return {
    url,
    other: otherUrl,
    async close() {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

/** Opens a WebSocket (RFC 6455 §4.2.2) and listens to nothing that comes over it. */
function acceptSocket({ headers }: IncomingMessage, socket: Duplex): void {
  const accept = createHash("sha1")
    .update(`${headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest("base64");
  socket
    .on("error", () => undefined)
    .on("end", () => socket.end())
    .resume();
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
}
