import type { Attune } from "@attune/core";
import { useCallback, useRef, useSyncExternalStore } from "react";
import { useAttune } from "./use-attune.js";

/**
 * The one place where components subscribe. A component renders again only if the slice it reads has changed; the server, and the first
 * render over the server's HTML, read `initial` instead.
 *
 * @param read The slice at this moment.
 * @param initial The same slice as the server had it.
 * @param equal Whether two slices mean the same; the older one is then kept.
 */
export function useSlice<T>(
  read: (attune: Attune) => T,
  initial: (attune: Attune) => T,
  equal: (a: T, b: T) => boolean = Object.is,
): T {
  const attune = useAttune();
  const kept = useRef<{ value: T } | null>(null);
  // Written while rendering, which is safe for a cache whose old and new entry are interchangeable by `equal`.
  const stable = (value: T): T => {
    if (kept.current === null || !equal(kept.current.value, value)) kept.current = { value };
    return kept.current.value;
  };
  const subscribe = useCallback((listener: () => void) => attune.subscribe(listener), [attune]);
  return useSyncExternalStore(
    subscribe,
    () => stable(read(attune)),
    () => stable(initial(attune)),
  );
}

/** Equality of flat objects and arrays, one level deep. */
export function shallowEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const left = Object.entries(a);
  return (
    left.length === Object.keys(b).length &&
    left.every(([key, value]) => Object.is(value, (b as Record<string, unknown>)[key]))
  );
}
