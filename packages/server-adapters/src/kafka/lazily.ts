import { closed } from "./errors.js";

export interface Lazily<T> {
  /**
   * Made at the first call; a call after one that failed tries again. After `close` it rejects with
   * `ATTUNE_LOG_CLOSED`: nobody would end another.
   */
  get(): Promise<T>;
  /** Lets go of one that no longer works, so that the next call makes another. Nothing where that has been done. */
  drop(broken: T): void;
  /** Ends what was made, if anything was, for good. */
  close(): Promise<void>;
}

/** A connection that is made when it is first needed. */
export function lazily<T>(make: () => Promise<T>, end: (made: T) => Promise<void>): Lazily<T> {
  let current: { making: Promise<T>; made?: T } | null = null;
  let isClosed = false;
  const begin = (): { making: Promise<T>; made?: T } => {
    const own: { making: Promise<T>; made?: T } = {
      making: make().then(
        (made) => {
          own.made = made;
          return made;
        },
        (error: unknown) => {
          if (current === own) current = null;
          throw error;
        },
      ),
    };
    return own;
  };
  return {
    async get() {
      if (isClosed) throw closed();
      current ??= begin();
      return current.making;
    },
    drop(broken) {
      if (current?.made !== broken) return;
      current = null;
      // Others may still wait for its answers: it ends when they have come, and whether it ends well is no matter.
      end(broken).catch(() => undefined);
    },
    async close() {
      isClosed = true;
      const last = await current?.making.catch(() => undefined);
      current = null;
      if (last !== undefined) await end(last);
    },
  };
}
