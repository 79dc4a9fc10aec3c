/** A map that forgets what was not used lately. */
export interface BoundedCache<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
  clear(): void;
  /** Drops what is not to be kept. Looks at every entry. */
  prune(keep: (value: V) => boolean): void;
}

/**
 * Keeps at least the `size` entries used last and at most twice as many: two generations, of which the older is dropped
 * whole when the younger is full. Reads of young entries cost one lookup and move nothing.
 */
export function createBoundedCache<V>(size: number): BoundedCache<V> {
  let young = new Map<string, V>();
  let old = new Map<string, V>();
  const set = (key: string, value: V): void => {
    if (young.size >= size && !young.has(key)) {
      old = young;
      young = new Map();
    }
    young.set(key, value);
  };
  return {
    get(key) {
      const value = young.get(key);
      if (value !== undefined) return value;
      const aged = old.get(key);
      if (aged !== undefined) set(key, aged);
      return aged;
    },
    set,
    delete(key) {
      young.delete(key);
      old.delete(key);
    },
    clear() {
      young.clear();
      old.clear();
    },
    prune(keep) {
      for (const entries of [young, old]) {
        for (const [key, value] of entries) if (!keep(value)) entries.delete(key);
      }
    },
  };
}
