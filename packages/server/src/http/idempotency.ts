import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import type { Clock } from "@attune/core";
import type { Store } from "@attune/core/ports";
import type { Principal } from "../auth/authenticate.js";
import { problem } from "./problem.js";
import { Refusal } from "./refusal.js";

/** What is remembered of a request that named itself. Nothing in it tells what the request said, or what it was answered. */
export interface KeptAnswer {
  /** Of the whole key: two keys may share a place. */
  key: string;
  /** Of method, path and body, under the key itself: nobody who has only this can try out bodies. */
  print: string;
  /**
   * Null while it is being done. The body is sealed under the key itself, so that whoever knows that alone can read it: an erasure, which does
   * not come here, leaves nothing legible.
   */
  answer: { status: number; type: string; etag: string | null; body: string } | null;
}

/** Where answers are kept. Both calls are atomic for one place. */
export interface IdempotencyStore {
  /** Null if the place was free, and it is now taken by `kept`; otherwise what stands there. */
  claim(place: Place, kept: KeptAnswer, expiresAt: number): Promise<KeptAnswer | null>;
  /** Replaces what stands there; null: frees it. */
  settle(place: Place, kept: KeptAnswer | null, expiresAt: number): Promise<void>;
}

export interface Place {
  site: string;
  name: string;
}

const DAY_MS = 86_400_000;
/** What a process that was killed has claimed is free again after this. */
const CLAIM_MS = 60_000;
/** Longer answers are not kept; none of the routes gives one. */
const MAX_ANSWER = 64 << 10;
const KEY = /^[\x21-\x7e]{1,255}$/;
/**
 * Whoever has a write key can make up keys without end, so those of one share this many places, and a newer one takes over an older one's. A
 * secret key's each have their own, for a day.
 */
const PLACES = 65_536;

const digest = (text: string): string => createHash("sha256").update(text).digest("base64url");

function placeOf({ kind, id, site }: Principal, key: string): Place {
  const name = digest(`${id}\n${key}`);
  if (kind !== "write") return { site, name };
  const place = Buffer.from(name, "base64url").readUInt32BE(0) % PLACES;
  return { site, name: `${digest(id).slice(0, 16)}.${place}` };
}

export interface IdempotentCall {
  request: Request;
  url: URL;
  body: unknown;
  principal: Principal;
}

/** Answers a request that carries an `Idempotency-Key` once, and gives the same answer again for a day. */
export type Once = (call: IdempotentCall, handle: () => Promise<Response> | Response) => Promise<Response>;

export function createOnce(store: IdempotencyStore, clock: Clock, report: (error: unknown) => void): Once {
  return async ({ request, url, body, principal }, handle) => {
    const key = request.headers.get("idempotency-key");
    if (key === null) return handle();
    if (!KEY.test(key)) {
      throw new Refusal(
        400,
        "ATTUNE_SERVER_IDEMPOTENCY_KEY",
        "An Idempotency-Key has 1 to 255 visible ASCII characters.",
      );
    }
    const place = placeOf(principal, key);
    const own = digest(`${principal.id}\n${key}`);
    // Global Privacy Control changes what a decision on consent comes to.
    const gpc = request.headers.get("sec-gpc") ?? "";
    const said = `${request.method} ${gpc}\n${url.pathname}${url.search}\n${JSON.stringify(body) ?? ""}`;
    const under = (what: string): Buffer =>
      createHmac("sha256", `${principal.id}\n${key}`).update(what).digest();
    const print = under(said).toString("base64url");
    const seal = sealOf(under(`answer\n${said}`));
    const claim: KeptAnswer = { key: own, print, answer: null };
    let found = await store.claim(place, claim, clock.now() + CLAIM_MS);
    if (found !== null && found.key !== own) {
      await store.settle(place, claim, clock.now() + CLAIM_MS);
      found = null;
    }
    if (found !== null) return replay(found, print, seal);
    let response: Response;
    try {
      response = await handle();
    } catch (error) {
      // Nothing was done, or nobody knows: it may be tried again, under the same key.
      await store.settle(place, null, 0).catch(report);
      throw error;
    }
    // It was done: that it cannot be remembered is no reason to say otherwise.
    await keep(store, { place, claim, seal }, response, clock.now() + DAY_MS).catch(report);
    return response;
  };
}

function replay({ print, answer }: KeptAnswer, asked: string, seal: Seal): Response {
  if (print !== asked) {
    throw new Refusal(
      422,
      "ATTUNE_SERVER_IDEMPOTENCY",
      "This Idempotency-Key was used for another request; use a new key for each.",
    );
  }
  if (answer === null) {
    const detail = "A request with this Idempotency-Key is being answered; send the same again soon.";
    const headers = { "retry-after": "1" };
    return problem({ status: 409, code: "ATTUNE_SERVER_IDEMPOTENCY_PENDING", detail, headers });
  }
  const headers = new Headers({
    "content-type": answer.type,
    "cache-control": "no-store",
    "idempotency-replayed": "true",
  });
  if (answer.etag !== null) headers.set("etag", answer.etag);
  return new Response(seal.open(answer.body), { status: answer.status, headers });
}

interface Seal {
  close(text: string): string;
  open(sealed: string): string;
}

const NONCE = 12;
const TAG = 16;

/** AES-256-GCM (NIST SP 800-38D). */
function sealOf(secret: Buffer): Seal {
  return {
    close(text) {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv("aes-256-gcm", secret, nonce);
      const sealed = [cipher.update(text, "utf8"), cipher.final()];
      return Buffer.concat([nonce, cipher.getAuthTag(), ...sealed]).toString("base64url");
    },
    open(text) {
      const bytes = Buffer.from(text, "base64url");
      const nonce = bytes.subarray(0, NONCE);
      const decipher = createDecipheriv("aes-256-gcm", secret, nonce, { authTagLength: TAG });
      decipher.setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
      return decipher.update(bytes.subarray(NONCE + TAG), undefined, "utf8") + decipher.final("utf8");
    },
  };
}

async function keep(
  store: IdempotencyStore,
  { place, claim, seal }: { place: Place; claim: KeptAnswer; seal: Seal },
  response: Response,
  expiresAt: number,
): Promise<void> {
  const body = await response.clone().text();
  if (response.status >= 500 || body.length > MAX_ANSWER) return store.settle(place, null, 0);
  const { status, headers } = response;
  const [type, etag] = [headers.get("content-type") ?? "", headers.get("etag")];
  const answer = { status, type, etag, body: seal.close(body) };
  await store.settle(place, { ...claim, answer }, expiresAt);
}

const partitionOf = ({ site, name }: Place): string => `${site}/once/${name}`;
const SORT = "answer";

/** Keeps answers in a store, the hot one for example; they expire by themselves. */
export function storedAnswers(store: Store): IdempotencyStore {
  return {
    async claim(place, kept, expiresAt) {
      const partition = partitionOf(place);
      // What stood in the way may be gone when it is read.
      for (;;) {
        const put = await store.put(partition, SORT, kept, { ifVersion: 0, expiresAt });
        if (put.written) return null;
        const found = await store.get<KeptAnswer>(partition, SORT);
        if (found) return found.value;
      }
    },
    async settle(place, kept, expiresAt) {
      const partition = partitionOf(place);
      if (kept === null) await store.delete(partition, SORT);
      else await store.put(partition, SORT, kept, { expiresAt });
    },
  };
}
