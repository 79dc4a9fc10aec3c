import { gunzipSync } from "node:zlib";
import { setTimeout as sleep } from "node:timers/promises";
import type { Request } from "playwright-core";

/** What a browser tells of a request that is under way. */
export interface RequestFacts {
  method: string;
  url: URL;
  /** `image`, `fetch`, `beacon` and the like. */
  by: string;
  /** Of a document: the page itself, or a frame in it. */
  isDocument: boolean;
  isTopDocument: boolean;
  /** Null where there is none, or the browser does not tell. */
  body: { text: string; bytes: number } | null;
}

const NAMES: Readonly<Record<string, string>> = { ping: "beacon", xhr: "XMLHttpRequest" };

export function factsOf(request: Request): RequestFacts {
  const isDocument = request.isNavigationRequest() && request.resourceType() === "document";
  const type = request.resourceType();
  return {
    method: request.method(),
    url: new URL(request.url()),
    by: request.serviceWorker() ? "service worker" : (NAMES[type] ?? type),
    isDocument,
    isTopDocument: isDocument && isOnTop(request),
    body: bodyOf(request),
  };
}

/** A document has no frame yet where its page is only being opened. */
function isOnTop(request: Request): boolean {
  try {
    return request.frame().parentFrame() === null;
  } catch {
    return false;
  }
}

function bodyOf(request: Request): RequestFacts["body"] {
  const body = request.postDataBuffer();
  if (body === null) return null;
  const isGzip = body[0] === 0x1f && body[1] === 0x8b;
  return { text: (isGzip ? unzipped(body) : body).toString("utf8"), bytes: body.length };
}

function unzipped(body: Buffer): Buffer {
  try {
    return gunzipSync(body, { maxOutputLength: 2 ** 24 });
  } catch {
    return body;
  }
}

/** Browsers tell the cookies of a request only once it is on its way. */
const HEADERS_MS = 1000;

/** All headers, as far as they are told in time. */
export const headersOf = (request: Request): Promise<Record<string, string>> =>
  Promise.race([
    request.allHeaders().catch(() => request.headers()),
    sleep(HEADERS_MS, request.headers(), { ref: false }),
  ]);
