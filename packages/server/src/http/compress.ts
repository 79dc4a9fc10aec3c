import { promisify } from "node:util";
import zlib from "node:zlib";
import { PlainResponse } from "@attune/server-adapters/node";

type Compress = (data: Uint8Array) => Promise<Uint8Array>;

/** Answers change with every request: quick settings, not the smallest size. */
const BROTLI_QUALITY = 4;
const MIN_BYTES = 1024;
const COMPRESSIBLE =
  /^(text\/(?!event-stream)|application\/(json|problem\+json|x-ndjson|javascript)|image\/svg\+xml)/;

const gzip = promisify(zlib.gzip);
const brotli = promisify(zlib.brotliCompress);

/** Best first. */
const ENCODERS: readonly (readonly [name: string, compress: Compress])[] = [
  [
    "br",
    (data) => brotli(data, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }) as never,
  ],
  ...("zstdCompress" in zlib ? [["zstd", promisify(zlib.zstdCompress as never) as Compress] as const] : []),
  ["gzip", (data) => gzip(data) as never],
];

/** The encoding that the header (RFC 9110 §12.5.3) likes best of those that are here, the server's order among equals; null for none. */
export function acceptedEncoding(header: string | null): string | null {
  if (header === null) return null;
  const weights = new Map<string, number>();
  for (const part of header.toLowerCase().split(",")) {
    const [name = "", ...parameters] = part.split(";").map((text) => text.trim());
    const q = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
    weights.set(name, q === undefined ? 1 : Number(q) || 0);
  }
  let best: string | null = null;
  let most = 0;
  for (const [name] of ENCODERS) {
    const weight = weights.get(name) ?? weights.get("*") ?? 0;
    if (weight > most) [best, most] = [name, weight];
  }
  return best !== null && (weights.get("identity") ?? 0) > most ? null : best;
}

/**
 * The response as its reader wants it. Only bodies that are whole and have more than a kilobyte are compressed; streams of events, and what
 * must not be transformed, are left as they are. A strong ETag becomes a weak one: the bytes are others, what they say is the same.
 */
export async function compressed(request: Request, response: Response): Promise<Response> {
  const { headers } = response;
  if (isEmpty(response) || !COMPRESSIBLE.test(headers.get("content-type") ?? "")) return response;
  if (headers.has("content-encoding") || headers.get("cache-control")?.includes("no-transform") === true)
    return response;
  headers.append("vary", "accept-encoding");
  if (Number(headers.get("content-length") ?? Number.POSITIVE_INFINITY) < MIN_BYTES) return response;
  if (request.method === "HEAD") return response;
  const encoding = acceptedEncoding(request.headers.get("accept-encoding"));
  const compress = ENCODERS.find(([name]) => name === encoding)?.[1];
  if (encoding === null || !compress) return response;
  const plain = new Uint8Array(await response.arrayBuffer());
  const worth = plain.byteLength >= MIN_BYTES;
  const body = worth ? await compress(plain) : plain;
  const own = new Headers(headers);
  own.set("content-length", String(body.byteLength));
  if (worth) own.set("content-encoding", encoding);
  const etag = own.get("etag");
  if (worth && etag?.startsWith('"') === true) own.set("etag", `W/${etag}`);
  return new PlainResponse(body as Uint8Array<ArrayBuffer>, { status: response.status, headers: own });
}

const isEmpty = (response: Response): boolean =>
  response instanceof PlainResponse ? response.isEmpty : response.body === null;
