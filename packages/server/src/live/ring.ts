/** The latest entries of a sequence, each under its number: what a reader that was away can still be given. */
export interface Ring<T> {
  /** Its number; the first is 1. */
  push(value: T): number;
  /** Entries after the number that were not dropped, oldest first; null if some of them are no longer held. */
  after(sequence: number): { sequence: number; value: T }[] | null;
  /** Forgets the entries for which it holds; numbers stay as they are. */
  drop(which: (value: T) => boolean): void;
  readonly last: number;
}

export function createRing<T>(size: number): Ring<T> {
  const places: ({ value: T } | null)[] = [];
  let last = 0;
  return {
    get last() {
      return last;
    },
    push(value) {
      last += 1;
      places[last % size] = { value };
      return last;
    },
    after(sequence) {
      if (sequence > last || sequence < last - size) return null;
      const found: { sequence: number; value: T }[] = [];
      for (let at = sequence + 1; at <= last; at++) {
        const held = places[at % size];
        if (held) found.push({ sequence: at, value: held.value });
      }
      return found;
    },
    drop(which) {
      places.forEach((held, place) => {
        if (held && which(held.value)) places[place] = null;
      });
    },
  };
}
