/** Index of the first key that is not below `key` in a sorted array. */
export function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many fresh keys are spliced in one by one before a merge of the whole is cheaper. */
const SPLICE_LIMIT = 16;

export interface SortedKeys {
  add(key: string): void;
  remove(key: string): void;
  /** The keys in code-unit order, with removed ones possibly still among them: check before use. Valid until the next call. */
  list(): readonly string[];
}

/**
 * An ordered set of keys that pays for order only when order is asked for: additions wait in a list and are merged at
 * the next {@link SortedKeys.list}; removals are remembered and swept out once they are half of all.
 */
export function sortedKeys(): SortedKeys {
  let keys: string[] = [];
  let added: string[] = [];
  const removed = new Set<string>();

  const merge = (): void => {
    if (added.length <= SPLICE_LIMIT) {
      for (const key of added) keys.splice(lowerBound(keys, key), 0, key);
    } else {
      // The native sort orders by code unit, finds the run that is sorted already and merges: linear for that part.
      keys = keys.concat(added).sort();
    }
    added = [];
  };

  /** Keeps churn (add, remove, add another …) from growing the lists when nobody ever asks for order. */
  const compact = (): void => {
    keys = keys.filter((key) => !removed.has(key));
    added = added.filter((key) => !removed.has(key));
    removed.clear();
  };

  return {
    add(key) {
      if (!removed.delete(key)) added.push(key);
    },
    remove(key) {
      removed.add(key);
      if (removed.size > SPLICE_LIMIT && removed.size * 2 > keys.length + added.length) compact();
    },
    list() {
      if (added.length > 0) merge();
      return keys;
    },
  };
}
