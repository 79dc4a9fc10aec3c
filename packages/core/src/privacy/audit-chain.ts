import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { canonicalJson, type JsonValue } from "../kernel/json.js";
import { sameText } from "./same-text.js";

/** One thing that was done and that somebody may have to answer for. Nothing in it names a subject. */
export interface AuditEntry {
  /** 1, 2, 3 … within a site. */
  seq: number;
  /** Epoch ms. */
  at: number;
  /** What was done, e.g. `erasure`, `ruleset`, `key-revoked`. */
  type: string;
  /** Who did it: the name of a credential, or `system`. */
  actor: string;
  detail: Readonly<Record<string, JsonValue>>;
  /** Hash of the entry before; of the first, 64 zeros. */
  previous: string;
  /** SHA-256 over the canonical JSON of everything above, hex. */
  hash: string;
}

/** What a chain had come to at a moment, signed: kept elsewhere, it shows that nothing was cut off or written anew since. */
export interface AuditCheckpoint {
  site: string;
  seq: number;
  hash: string;
  at: number;
  /** HMAC-SHA-256 under the site's audit key, hex. */
  signature: string;
}

export type AuditVerdict =
  | { ok: true; entries: number }
  /** `seq`: where it first does not hold. */
  | { ok: false; seq: number; reason: "altered" | "out-of-order" | "cut-off" | "checkpoint-forged" };

export const FIRST_HASH = "0".repeat(64);

const hashOf = (entry: Omit<AuditEntry, "hash">): string =>
  bytesToHex(sha256(utf8ToBytes(canonicalJson(entry))));

/** The entry that follows `last` (null: the first). */
export function nextEntry(
  last: Pick<AuditEntry, "seq" | "hash"> | null,
  what: Pick<AuditEntry, "at" | "type" | "actor" | "detail">,
): AuditEntry {
  const { at, type, actor, detail } = what;
  const entry = { seq: (last?.seq ?? 0) + 1, at, type, actor, detail, previous: last?.hash ?? FIRST_HASH };
  return { ...entry, hash: hashOf(entry) };
}

const signatureOf = (key: Uint8Array, { site, seq, hash, at }: Omit<AuditCheckpoint, "signature">): string =>
  bytesToHex(hmac(sha256, key, utf8ToBytes(canonicalJson({ site, seq, hash, at }))));

/** @param key 32 bytes, kept apart from the entries: who has both can write history anew. */
export function signCheckpoint(key: Uint8Array, what: Omit<AuditCheckpoint, "signature">): AuditCheckpoint {
  return { ...what, signature: signatureOf(key, what) };
}

/** Walks a chain entry by entry; `end` gives the verdict. O(1) memory beside the checkpoints. */
export interface AuditWalk {
  add(entry: AuditEntry): void;
  end(): AuditVerdict;
}

/**
 * Checks a chain from its first entry on against checkpoints: one byte edited, an entry moved, taken out or cut off does not pass. What came
 * after the last checkpoint is held together by its hashes alone, so whoever can write the store could have written that part anew.
 */
export function walkChain(site: string, checkpoints: readonly AuditCheckpoint[], key: Uint8Array): AuditWalk {
  let last: AuditEntry | null = null;
  let verdict: AuditVerdict | null = null;
  const refuse = (seq: number, reason: Extract<AuditVerdict, { ok: false }>["reason"]): void => {
    verdict ??= { ok: false, seq, reason };
  };
  const marks = new Map<number, string>();
  let furthest = 0;
  for (const checkpoint of checkpoints) {
    if (checkpoint.site !== site || !sameText(checkpoint.signature, signatureOf(key, checkpoint)))
      refuse(checkpoint.seq, "checkpoint-forged");
    marks.set(checkpoint.seq, checkpoint.hash);
    furthest = Math.max(furthest, checkpoint.seq);
  }
  return {
    add(entry) {
      if (verdict !== null) return;
      const { hash, ...content } = entry;
      const seq = (last?.seq ?? 0) + 1;
      if (entry.seq !== seq || entry.previous !== (last?.hash ?? FIRST_HASH))
        return refuse(seq, "out-of-order");
      if (!sameText(hash, hashOf(content))) return refuse(seq, "altered");
      const marked = marks.get(seq);
      if (marked !== undefined && !sameText(marked, hash)) return refuse(seq, "altered");
      last = entry;
    },
    end() {
      const entries = last?.seq ?? 0;
      if (entries < furthest) refuse(entries + 1, "cut-off");
      return verdict ?? { ok: true, entries };
    },
  };
}
