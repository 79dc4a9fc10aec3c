import type { EgressEntry, EgressRecorder } from "@attune/core/testing";
import type { BrowserContext, Frame, Page, Request, WebSocket } from "playwright-core";
import { idsIn } from "./ids-in.js";
import { isOwnHost, onDevice, pathOf, sentTo, thingOf, valueOf } from "./name-things.js";
import { factsOf, headersOf } from "./request-facts.js";
import { completed, createTally, type Sighting } from "./tally.js";
import type { Observation } from "./types.js";

/** What a page is made of. */
const PARTS = new Set("document stylesheet script image font media manifest texttrack other".split(" "));
/** As much of a body as the recorder keeps: then it is not known how long it is. */
const KEPT = 10_000;

export interface WatchOptions {
  context: BrowserContext;
  recorder: EgressRecorder;
  pageUrl: string;
  own: readonly string[];
  /** Names what of the planted values is in these texts. */
  find(texts: readonly string[]): string[];
}

/** Notes all that the pages of one context do. */
export interface Watch {
  /** From now on it is this phase of the visit. */
  enter(phase: number): void;
  /** Takes what the recorder has noted in the page's documents, and what is on the device now. To be called before a page is left. */
  take(page: Page): Promise<void>;
  /** Notes the sockets and streams of events that stand open now. */
  takeOpen(): void;
  /** Why something may not have been seen; empty where all was. */
  doubts(): string[];
  /** All of it, once every request has told what it carries. To be called when the visit has ended. */
  observations(): Promise<Observation[]>;
}

export function createWatch({ context, recorder, pageUrl, own, find }: WatchOptions): Watch {
  const { host: pageHost, hostname } = new URL(pageUrl);
  const [told, alsoDone, contents] = [createTally(), createTally(), createTally()];
  const values = new Set<string>();
  const sockets = new Set<WebSocket>();
  const streams = new Set<Request>();
  const doubts = new Set<string>();
  const pending: Promise<void>[] = [];
  const requests: (Sighting & { texts: string[] })[] = [];
  let phase = 0;
  let page = new URL(pageUrl).pathname;

  const remember = (value: string): void => {
    for (const id of idsIn(value)) values.add(id);
  };
  const carries = (texts: readonly string[]): boolean =>
    [...values].some((value) =>
      texts.some((text) => text.includes(value) || text.includes(encodeURIComponent(value))),
    );

  const onRequest = async (request: Request): Promise<void> => {
    const { method, url, by, isDocument, isTopDocument, body } = factsOf(request);
    const what = sentTo(method, url.href, pageUrl);
    if (what === null) return;
    if (isTopDocument) {
      page = url.pathname;
      // They go with the document that has opened them.
      streams.clear();
    }
    const place = { phase, page, by };
    const { cookie, referer = "" } = await headersOf(request);
    const isOwn = isOwnHost(url.host, pageHost, own);
    const isPart = isOwn && body === null && /^(GET|HEAD)$/.test(method) && PARTS.has(request.resourceType());
    // Its own host was told the page's address when the page was asked for.
    const texts = isOwn && isDocument ? [] : [url.href, body?.text ?? "", isOwn ? "" : referer];
    requests.push({
      ...place,
      act: "send",
      what,
      texts,
      bytes: body?.bytes ?? (method === "GET" ? 0 : null),
      // To the own host cookies go with every part of a page.
      identified: cookie !== undefined && !isPart,
      isPart,
    });
  };
  context.on("request", (request) => pending.push(onRequest(request)));

  context.on("response", (response) => {
    if (/^text\/event-stream/i.test(response.headers()["content-type"] ?? ""))
      streams.add(response.request());
  });
  for (const end of ["requestfinished", "requestfailed"] as const)
    context.on(end as "requestfinished", (request) => streams.delete(request));

  const onSocket = (socket: WebSocket): void => {
    const what = sentTo("WebSocket", socket.url(), pageUrl);
    if (what === null) return;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    const add = (text: string, bytes: number): void =>
      told.add({ act: "send", what, phase, by: "WebSocket", page, bytes, planted: find([text]) });
    add(socket.url(), 0);
    socket.on("framesent", ({ payload }) => add(String(payload), Buffer.byteLength(payload)));
  };
  context.on("page", (opened) => opened.on("websocket", onSocket));

  /** What the browser does not tell, or not whole: what leaves with the page, and bodies that are a `Blob`. */
  const addSent = ({ api, target, detail }: EgressEntry, frame: Frame): void => {
    const isRtc = api === "RTCPeerConnection";
    const what = isRtc ? "webrtc:connection" : sentTo("POST", target, frame.url());
    const isDone = isRtc || api === "sendBeacon" || api === "fetchLater" || api === "WebTransport";
    const isFilled = (api === "fetch" || api === "XMLHttpRequest") && detail !== "";
    if (what === null || !(isDone || isFilled)) return;
    const bytes = detail.length < KEPT ? Buffer.byteLength(detail) : null;
    const by = api === "sendBeacon" ? "beacon" : api;
    const planted = find([target, detail]);
    (isDone ? alsoDone : contents).add({ act: "send", what, phase, by, page, bytes, planted });
  };

  /** What it sends, no instrument of the page's sees. */
  const addWorker = (target: string, frame: Frame): void => {
    const what = sentTo("SharedWorker", target, frame.url());
    if (what !== null) told.add({ act: "open", what, phase, by: "SharedWorker", page });
  };

  const addEntry = (entry: EgressEntry, frame: Frame): void => {
    const { kind, api, target, detail } = entry;
    if (kind === "remove") return;
    if (kind === "network" && api === "SharedWorker") return addWorker(target, frame);
    if (kind === "network") return addSent(entry, frame);
    const what = thingOf(entry, hostOf(frame), pageHost);
    if (what === null) return;
    if (kind === "write") remember(valueOf(entry));
    const planted = kind === "write" ? find([target, detail]) : [];
    told.add({ act: kind, what, phase, by: api, page, planted });
  };

  const takeFrame = async (frame: Frame): Promise<void> => {
    const evaluate = (expression: string): Promise<unknown> => frame.evaluate(expression);
    const entries = await recorder.read((expression) => evaluate(`(${expression}).splice(0)`));
    for (const entry of entries) addEntry(entry, frame);
    const kept = new Map((await evaluate(KEPT_VALUES)) as [name: string, value: string][]);
    for (const name of await recorder.remaining(evaluate)) {
      const [kind = "", ...rest] = name.split(":");
      // Where a document may not look it keeps nothing; cookies are taken with those that scripts may not see.
      if (kind === "unknown" || kind === "cookie") continue;
      const target = kind === "serviceWorker" ? pathOf(rest.join(":")) : rest.join(":");
      const what = onDevice(kind, target, hostOf(frame), pageHost);
      const value = kept.get(name) ?? "";
      remember(value);
      told.add({ act: "remains", what, phase, by: "on the device", page, planted: find([value]) });
    }
  };

  const takeCookies = async (): Promise<void> => {
    for (const { name, value, domain, httpOnly } of await context.cookies()) {
      remember(value);
      const owner = domain.replace(/^\./, "");
      // A cookie of the whole domain is as much this host's.
      const isOwn = hostname === owner || hostname.endsWith(`.${owner}`);
      const what = onDevice("cookie", name, isOwn ? pageHost : owner, pageHost);
      const by = httpOnly ? "on the device, out of scripts' sight" : "on the device";
      told.add({ act: "remains", what, phase, by, page, planted: find([value]) });
    }
  };

  return {
    enter: (next) => {
      phase = next;
    },
    async take(left) {
      // A frame may go at any moment; then there is nothing to read in it any more.
      for (const frame of left.frames())
        await takeFrame(frame).catch(() => {
          if (frame === left.mainFrame()) doubts.add(unread(page));
        });
      await takeCookies();
    },
    takeOpen() {
      const add = (how: string, url: string, by: string): void => {
        const what = sentTo(how, url, pageUrl);
        if (what !== null) told.add({ act: "open", what, phase, by, page });
      };
      for (const socket of sockets) add("WebSocket", socket.url(), "WebSocket");
      for (const stream of streams) add(stream.method(), stream.url(), "stream of events");
    },
    doubts: () => [...doubts],
    async observations() {
      await Promise.all(pending);
      // Only now is it known what was kept, and so what tells a visitor from others.
      for (const { texts, identified = false, ...seen } of requests.splice(0))
        told.add({ ...seen, planted: find(texts), identified: identified || carries(texts) });
      return completed(completed(told.all(), alsoDone.all(), true), contents.all(), false);
    },
  };
}

/** Of both storages, also what was set by `localStorage.name`; nothing where the document may not look. */
const KEPT_VALUES = `["localStorage", "sessionStorage"].flatMap((kind) => {
  try { return Object.entries(window[kind]).map(([key, value]) => [kind + ":" + key, value]); } catch { return []; }
})`;

const unread = (page: string): string =>
  `What ${page} did could not be read at one point, because the document was gone or gave no answer: something may not have been seen.`;

/** Empty where the document has no address of its own: then it is not the page's. */
const hostOf = (frame: Frame): string => {
  try {
    return new URL(frame.url()).host;
  } catch {
    return "";
  }
};
