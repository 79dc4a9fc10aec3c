export interface Lazily<T> {
  /** Made at the first call; a call after one that failed tries again. */
  get(): Promise<T>;
  /** Ends what was made, if anything was. */
  close(): Promise<void>;
}

/** A connection that is made when it is first needed. */
export function lazily<T>(make: () => Promise<T>, end: (made: T) => Promise<void>): Lazily<T> {
  let made: Promise<T> | null = null;
  return {
    get() {
      made ??= make().catch((error: unknown) => {
        made = null;
        throw error;
      });
      return made;
    },
    async close() {
      const last = await made?.catch(() => undefined);
      made = null;
      if (last !== undefined) await end(last);
    },
  };
}
