import { fieldsOf } from "./format/read-protobuf.js";

/** 32-bit FNV-1a over bytes (Fowler, Noll, Vo). */
function fnv1a32(bytes: Uint8Array, seed: number): number {
  let hash = seed;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** 16 hex digits that name the graph of a file, whatever its metadata says. They tell versions apart and are no protection: that is the file's SHA-256. */
export function graphHash(file: Uint8Array): string {
  let graph = new Uint8Array(0);
  for (const { number, content } of fieldsOf(file)) if (number === 7) graph = content.slice();
  const first = fnv1a32(graph, 0x811c9dc5);
  const second = fnv1a32(graph, first ^ 0x5bd1e995);
  return first.toString(16).padStart(8, "0") + second.toString(16).padStart(8, "0");
}
