import { AttuneError } from "@attune/core";

/** A file to fetch, and what it must be. */
export interface FileToFetch {
  readonly url: string | URL;
  readonly integrity?: string | undefined;
  readonly maxBytes: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly fetch?: typeof fetch | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The SHA-256 of bytes, base64, behind `sha256-`, as Subresource Integrity writes it. */
export async function sha256Of(bytes: Uint8Array): Promise<string> {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) {
    throw new AttuneError(
      "ATTUNE_ML_NO_CRYPTO",
      "What was fetched cannot be checked here: serve the page over HTTPS, where browsers have `crypto.subtle`.",
    );
  }
  const digest = new Uint8Array(await subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
  return `sha256-${btoa(String.fromCharCode(...digest))}`;
}

/** @throws AttuneError `ATTUNE_ML_INTEGRITY` where bytes are not those of the hash. */
export async function checkIntegrity(bytes: Uint8Array, integrity: string): Promise<void> {
  if ((await sha256Of(bytes)) === integrity) return;
  throw new AttuneError(
    "ATTUNE_ML_INTEGRITY",
    "The file is not the one that its hash (`sha256-…`) was made of: it is not used. Publish the file and its hash together.",
  );
}

function unavailable(url: string | URL, why: string, cause?: unknown): AttuneError {
  const at = new URL(url, "http://relative.invalid").pathname;
  return new AttuneError("ATTUNE_ML_FETCH", `${at} could not be fetched: ${why}.`, { cause });
}

/** Reads a body, but never more than `maxBytes` of it. */
async function readBounded(response: Response, { url, maxBytes }: FileToFetch): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > maxBytes) {
      void reader.cancel();
      throw unavailable(url, `it has more than ${maxBytes} bytes; give \`maxBytes\` if it is meant to`);
    }
    chunks.push(value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/**
 * Fetches a file without credentials, up to a size, and checks its hash where one is given.
 *
 * @throws AttuneError `ATTUNE_ML_FETCH` (unreachable, refused, too large), `ATTUNE_ML_INTEGRITY`, `ATTUNE_ML_NO_CRYPTO`.
 */
export async function fetchChecked(file: FileToFetch): Promise<Uint8Array> {
  const ask = file.fetch ?? globalThis.fetch;
  let response: Response;
  let bytes: Uint8Array;
  try {
    response = await ask(file.url, {
      credentials: "omit",
      ...(file.headers && { headers: file.headers }),
      ...(file.signal && { signal: file.signal }),
    });
  } catch (cause) {
    throw unavailable(file.url, "there was no answer", cause);
  }
  if (!response.ok) throw unavailable(file.url, `the answer was ${response.status}`);
  try {
    bytes = await readBounded(response, file);
  } catch (cause) {
    throw cause instanceof AttuneError ? cause : unavailable(file.url, "the answer broke off", cause);
  }
  if (file.integrity !== undefined) await checkIntegrity(bytes, file.integrity);
  return bytes;
}
