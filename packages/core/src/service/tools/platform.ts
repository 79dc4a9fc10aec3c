/** What every JavaScript platform has and the bare language library does not declare. */
interface Timers {
  setTimeout(task: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
  performance: { now(): number };
}

/** Read when it is used, so that fake timers put in place later are seen. */
// A proven boundary: browsers, Node, workers and edge runtimes all have both functions.
const timers = (): Timers => globalThis as unknown as Timers;

/** Milliseconds since some moment, by a clock that never goes back. */
export const elapsed = (): number => timers().performance.now();

/** Resolves after about `ms` milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void timers().setTimeout(resolve, ms));
}

/** What the task gives, or `late` if that takes longer than `ms`; a rejection passes through. */
export async function within<T, L>(task: Promise<T>, ms: number, late: L): Promise<T | L> {
  let handle: unknown;
  const timeout = new Promise<L>((resolve) => {
    handle = timers().setTimeout(() => resolve(late), ms);
  });
  try {
    return await Promise.race([task, timeout]);
  } finally {
    timers().clearTimeout(handle);
  }
}
