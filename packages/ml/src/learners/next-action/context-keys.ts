import type { ContextKind } from "./types.js";

/** Histories are looked at no further back than this: what a context reads stays bounded however long a session grows. */
export const MOST_HISTORY = 64;
const MOST_POSITION = 6;

/** The contexts of each blend: runs of last actions, and for the learned one what else of a history can tell. */
export function contextKinds(order: number, blend: "learned" | "witten-bell"): ContextKind[] {
  const runs = Array.from({ length: order + 1 }, (_, k): ContextKind => ({ kind: "order", order: k }));
  if (blend === "witten-bell" || order === 0) return runs;
  return [
    ...runs,
    { kind: "whole" },
    { kind: "position" },
    { kind: "ends" },
    { kind: "skip", distances: [2] },
    { kind: "skip", distances: [1, 3] },
    { kind: "skip", distances: [1, 4] },
  ];
}

/**
 * A number below 2^53 that stands for a context: two 32-bit hashes side by side, so that a million contexts share a key with a probability of about 1e-4.
 */
function keyOf(kind: number, values: readonly number[]): number {
  let a = 0x811c9dc5 ^ kind;
  let b = 0x9e3779b9 ^ kind;
  for (const value of values) {
    a = Math.imul(a ^ (value + 1), 0x85ebca6b);
    a ^= a >>> 13;
    b = Math.imul(b ^ (value + 0x51ed), 0xc2b2ae35);
    b ^= b >>> 16;
  }
  a = Math.imul(a, 0x27d4eb2f);
  a ^= a >>> 15;
  b = Math.imul(b, 0x165667b1);
  b ^= b >>> 14;
  return (a >>> 0) * 0x200000 + (b >>> 11);
}

/** A history as contexts read it: numbers of actions, −1 for one that is not known. */
export interface History {
  /** The last `MOST_HISTORY` actions at most, oldest first. */
  readonly recent: readonly number[];
  /** The very first one; −1 where there is none. */
  readonly first: number;
  readonly length: number;
}

/** Keys of the contexts in which a history stands, one per kind; −1 where it is too short for one. Kinds are told apart by the key itself. */
export function contextKeys(kinds: readonly ContextKind[], { recent, first, length }: History): number[] {
  const back = (distance: number): number => recent[recent.length - distance] as number;
  return kinds.map((kind, at) => {
    switch (kind.kind) {
      case "order":
        return length < kind.order ? -1 : keyOf(at, kind.order === 0 ? [] : recent.slice(-kind.order));
      case "skip":
        return length < Math.max(...kind.distances) ? -1 : keyOf(at, kind.distances.map(back));
      case "whole":
        return keyOf(at, [length, ...recent]);
      case "position":
        return keyOf(at, length === 0 ? [0] : [Math.min(length, MOST_POSITION), back(1)]);
      case "ends":
        return length < 2 ? -1 : keyOf(at, [first, back(1)]);
    }
  });
}
