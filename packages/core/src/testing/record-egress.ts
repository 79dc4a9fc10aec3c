/** One thing that a page wrote, read or sent, in the order in which it did. */
export interface EgressEntry {
  /** `write`: left something on the device. `remove`: took something off it. `read`: looked at what is there. `network`: sent or opened something. */
  kind: "write" | "remove" | "read" | "network";
  /** The API that was used, for instance `document.cookie`, `localStorage`, `IndexedDB`, `fetch`, `WebSocket`. */
  api: string;
  /** What it was used on: the cookie's or key's name, the database, the address. */
  target: string;
  /** What was written or sent, as text where it is text, at most 10,000 characters. That of a `Blob` comes a moment after the entry. */
  detail: string;
  /** Ms since the page began. */
  at: number;
}

export interface EgressRecorder {
  /** To be run in the page before any of its own scripts, in each document: Playwright's `addInitScript`, Puppeteer's `evaluateOnNewDocument`. */
  readonly script: string;
  /** What the present document did so far. The argument runs an expression in the page and gives its value. */
  read(evaluate: (expression: string) => Promise<unknown>): Promise<EgressEntry[]>;
  /**
   * What is on the device now, whoever put it there: `cookie:name`, `localStorage:key`, `IndexedDB:name`, `caches:name`, `serviceWorker:scope`.
   * `unknown:localStorage` and the like where the page may not look, or cannot: there may be something. Cookies that scripts may not see
   * (`HttpOnly`), the private file system and storage buckets are not looked into. Rejects where the page gives no list.
   */
  remaining(evaluate: (expression: string) => Promise<unknown>): Promise<string[]>;
}

/**
 * Records how a page's scripts leave traces on a device or send something: cookies, the cookie store, local and session storage, IndexedDB,
 * caches, service workers, the private file system, storage buckets; fetch and fetchLater, XMLHttpRequest, beacons, WebSocket, WebTransport,
 * WebRTC, EventSource, forms, windows, workers, and the addresses given to images, scripts, frames and media. It is bound to no test
 * framework and to no Attune code, so that a host can run it on its own app:
 *
 * ```ts
 * const recorder = recordEgress();
 * await context.addInitScript(recorder.script);
 * await page.goto("http://localhost:3000");
 * const entries = await recorder.read((expression) => page.evaluate(expression));
 * ```
 *
 * Each document has its own list: read it before navigating away. It does not see what HTML, CSS, `<link>` and `import()` load, nor what runs
 * in workers; a recording proxy or server shows those. Nor does it see `localStorage.name` where that is read or set; `remaining` shows what was set.
 */
export function recordEgress(options: { variable?: string } = {}): EgressRecorder {
  const variable = JSON.stringify(options.variable ?? "__attuneEgress");
  return {
    script: `(${RECORDER})(${variable});`,
    read: async (evaluate) => ((await evaluate(`globalThis[${variable}] ?? []`)) ?? []) as EgressEntry[],
    async remaining(evaluate) {
      const names = await evaluate(`(${REMAINING})(${variable})`);
      if (Array.isArray(names)) return names as string[];
      throw new Error(
        "The page gave no list of what is on the device. Let `evaluate` wait for the expression and give its value.",
      );
    },
  };
}

/** Source text, not a function: it must reach the page exactly as it stands here, whatever a bundler does to the code around it. */
const RECORDER = `function (variable) {
  if (globalThis[variable]) return;
  const list = [];
  Object.defineProperty(globalThis, variable, { value: list });
  const text = (value) => {
    try {
      if (value == null) return "";
      if (typeof value === "string") return value.slice(0, 10000);
      if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return new TextDecoder().decode(value).slice(0, 10000);
      if (value instanceof Blob || value instanceof FormData || value instanceof ReadableStream) return Object.prototype.toString.call(value);
      if (value instanceof URLSearchParams) return String(value).slice(0, 10000);
      return (JSON.stringify(value) ?? String(value)).slice(0, 10000);
    } catch { return String(value); }
  };
  const add = (kind, api, target, detail) => {
    if (list.rests) return;
    try {
      const entry = { kind, api, target: String(target), detail: text(detail), at: performance.now() };
      list.push(entry);
      // Its text is there a moment later.
      if (detail instanceof Blob) detail.slice(0, 10000).text().then((read) => { entry.detail = read; }, () => {});
    } catch {}
  };
  const database = (source) => (source.objectStore || source).transaction.db.name;
  const method = (owner, name, note) => {
    const original = owner && owner[name];
    if (typeof original !== "function") return;
    owner[name] = function (...args) {
      try { note.apply(this, args); } catch {}
      return original.apply(this, args);
    };
  };
  const accessor = (owner, name, get, set) => {
    const found = owner && Object.getOwnPropertyDescriptor(owner, name);
    if (!found || !found.configurable) return;
    Object.defineProperty(owner, name, {
      ...found,
      ...(found.get && get ? { get() { get.call(this); return found.get.call(this); } } : {}),
      ...(found.set && set ? { set(value) { set.call(this, value); return found.set.call(this, value); } } : {}),
    });
  };
  const construct = (name, note) => {
    const Original = globalThis[name];
    if (!Original) return;
    globalThis[name] = new Proxy(Original, { construct(target, args, self) { try { note(...args); } catch {} return Reflect.construct(target, args, self); } });
  };
  const prototype = (name) => globalThis[name] && globalThis[name].prototype;

  accessor(prototype("Document"), "cookie",
    () => add("read", "document.cookie", "*"),
    (value) => {
      const line = String(value);
      const gone = /;\\s*max-age=\\s*(0|-\\d+)\\s*(;|$)/i.test(line) || Date.parse((/;\\s*expires=([^;]+)/i.exec(line) || [])[1]) < Date.now();
      add(gone ? "remove" : "write", "document.cookie", line.split("=")[0].trim(), line);
    });
  const store = prototype("CookieStore");
  const named = (value) => (value && typeof value === "object" ? value.name : value);
  method(store, "set", (name, value) => add("write", "cookieStore", named(name), value === undefined ? name : value));
  method(store, "delete", (name) => add("remove", "cookieStore", named(name)));
  method(store, "get", (name) => add("read", "cookieStore", named(name)));
  method(store, "getAll", () => add("read", "cookieStore", "*"));

  const storageName = (storage) => { try { return storage === localStorage ? "localStorage" : "sessionStorage"; } catch { return "storage"; } };
  const storage = prototype("Storage");
  method(storage, "setItem", function (key, value) { add("write", storageName(this), key, value); });
  method(storage, "getItem", function (key) { add("read", storageName(this), key); });
  method(storage, "key", function (index) { add("read", storageName(this), index); });
  method(storage, "removeItem", function (key) { add("remove", storageName(this), key); });
  method(storage, "clear", function () { add("remove", storageName(this), "*"); });

  method(prototype("IDBFactory"), "open", (name) => add("write", "IndexedDB", name, "open"));
  method(prototype("IDBFactory"), "databases", () => add("read", "IndexedDB", "*"));
  method(prototype("IDBFactory"), "deleteDatabase", (name) => add("remove", "IndexedDB", name, "deleteDatabase"));
  for (const name of ["put", "add"]) method(prototype("IDBObjectStore"), name, function (value) { add("write", "IndexedDB", database(this), value); });
  for (const name of ["get", "getAll", "getKey", "getAllKeys", "getAllRecords", "count", "openCursor", "openKeyCursor"])
    for (const owner of ["IDBObjectStore", "IDBIndex"]) method(prototype(owner), name, function () { add("read", "IndexedDB", database(this)); });
  for (const name of ["delete", "clear"]) method(prototype("IDBObjectStore"), name, function () { add("remove", "IndexedDB", database(this)); });

  method(prototype("IDBCursor"), "update", function (value) { add("write", "IndexedDB", database(this.source), value); });
  method(prototype("IDBCursor"), "delete", function () { add("remove", "IndexedDB", database(this.source)); });

  method(prototype("CacheStorage"), "open", (name) => add("write", "caches", name, "open"));
  method(prototype("CacheStorage"), "delete", (name) => add("remove", "caches", name));
  const address = (input) => (input && input.url) || String(input);
  for (const [owner, names] of [["CacheStorage", ["match", "has", "keys"]], ["Cache", ["match", "matchAll", "keys"]]])
    for (const name of names) method(prototype(owner), name, (input) => add("read", "caches", input === undefined ? "*" : address(input)));
  method(prototype("Cache"), "delete", (input) => add("remove", "caches", address(input)));
  for (const name of ["put", "add"]) method(prototype("Cache"), name, (input) => add("write", "caches", address(input)));
  method(prototype("Cache"), "addAll", (inputs) => add("write", "caches", Array.from(inputs, address).join(" ")));
  method(prototype("ServiceWorkerContainer"), "register", (url) => add("write", "serviceWorker", url));
  for (const name of ["getRegistration", "getRegistrations"]) method(prototype("ServiceWorkerContainer"), name, () => add("read", "serviceWorker", "*"));
  for (const name of ["StorageManager", "StorageBucket"]) method(prototype(name), "getDirectory", () => add("write", "fileSystem", "*"));
  method(prototype("StorageBucketManager"), "open", (name) => add("write", "storageBuckets", name));
  method(prototype("StorageBucketManager"), "keys", () => add("read", "storageBuckets", "*"));
  method(prototype("StorageBucketManager"), "delete", (name) => add("remove", "storageBuckets", name));

  for (const name of ["fetch", "fetchLater"]) method(globalThis, name, (input, init) => add("network", name, address(input), init && init.body));
  const opened = new WeakMap();
  method(prototype("XMLHttpRequest"), "open", function (_verb, url) { opened.set(this, url); });
  method(prototype("XMLHttpRequest"), "send", function (body) { add("network", "XMLHttpRequest", opened.get(this), body); });
  method(prototype("Navigator"), "sendBeacon", (url, body) => add("network", "sendBeacon", url, body));
  construct("WebSocket", (url) => add("network", "WebSocket", url));
  method(prototype("WebSocket"), "send", function (body) { add("network", "WebSocket", this.url, body); });
  construct("EventSource", (url) => add("network", "EventSource", url));
  for (const name of ["WebTransport", "Worker", "SharedWorker"]) construct(name, (url) => add("network", name, url));
  construct("RTCPeerConnection", (settings) => add("network", "RTCPeerConnection", "", settings));
  for (const name of ["submit", "requestSubmit"]) method(prototype("HTMLFormElement"), name, function () { add("network", "form", this.action); });
  method(globalThis, "open", (url) => add("network", "open", url));
  for (const name of ["Image", "Script", "IFrame", "Media", "Source", "Track", "Embed"]) {
    const element = prototype("HTML" + name + "Element");
    for (const attribute of ["src", "srcset"]) accessor(element, attribute, null, (url) => add("network", name, url));
    method(element, "setAttribute", (attribute, url) => { if (/^src(set)?$/i.test(attribute)) add("network", name, url); });
  }
}`;

/** Property assignment on `localStorage` cannot be intercepted; what lies there in the end can be listed. */
const REMAINING = `async function (variable) {
  const names = [];
  const list = globalThis[variable] ?? [];
  // What is looked at here is not the page's doing; only the calls themselves are left out, so that what the page does meanwhile is seen.
  const rest = (call) => { list.rests = true; try { return call(); } finally { list.rests = false; } };
  const look = async (place, found) => {
    try { for (const name of await found()) names.push(place + ":" + name); } catch { names.push("unknown:" + place); }
  };
  await look("cookie", () => rest(() => document.cookie).split("; ").filter(Boolean).map((pair) => pair.split("=")[0]));
  await look("localStorage", () => Object.keys(localStorage));
  await look("sessionStorage", () => Object.keys(sessionStorage));
  await look("IndexedDB", async () => (await rest(() => indexedDB.databases())).map((database) => database.name));
  // Where a page may have none at all (without TLS), they are not there.
  await look("caches", () => (typeof caches === "undefined" ? [] : rest(() => caches.keys())));
  await look("serviceWorker", async () => {
    const all = "serviceWorker" in navigator ? await rest(() => navigator.serviceWorker.getRegistrations()) : [];
    return all.map((entry) => entry.scope);
  });
  return names;
}`;
