import type { Store } from "@attune/core/ports";
import { CHUNK_BYTES, fromBase64, toBase64 } from "./model-bytes.js";

const chunkKey = (prefix: string, chunk: number): string => `${prefix}${String(chunk).padStart(6, "0")}`;

/** Bytes in records that every store takes: in chunks, the last of which is shorter than the others. */
export interface Blobs {
  write(prefix: string, bytes: Uint8Array): Promise<void>;
  /** As many as were written; null where some of them are not there. */
  read(prefix: string, length: number): Promise<Uint8Array<ArrayBuffer> | null>;
}

export function createBlobs(store: Store, partition: string): Blobs {
  return {
    async write(prefix, bytes) {
      for (let chunk = 0; chunk * CHUNK_BYTES < bytes.length; chunk++)
        await store.put(
          partition,
          chunkKey(prefix, chunk),
          toBase64(bytes.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES)),
        );
    },
    async read(prefix, length) {
      const count = Math.ceil(length / CHUNK_BYTES);
      const keys = Array.from({ length: count }, (_, chunk) => ({
        partition,
        sort: chunkKey(prefix, chunk),
      }));
      const bytes = new Uint8Array(length);
      // One after another: a model is never so large that this takes long, and never needed twice in memory.
      for (const [chunk, { sort }] of keys.entries()) {
        const record = await store.get<string>(partition, sort);
        if (record === null) return null;
        const part = fromBase64(record.value);
        const at = chunk * CHUNK_BYTES;
        if (part.length !== Math.min(CHUNK_BYTES, length - at)) return null;
        bytes.set(part, at);
      }
      return bytes;
    },
  };
}
