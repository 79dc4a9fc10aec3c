import type { RootDatabase } from "lmdb";
import { ASKS, COMMITTED, type Handle } from "./handle.js";

/**
 * Of a file that was just opened: resolves when no thread of lmdb's writes to it any more.
 *
 * A transaction resolves as soon as its mark is seen, which its thread sets a moment before it has done with the file (seen in 3.5.6: it then
 * tells others of the commit). Whoever closes in that moment takes the file from under that thread, and the process ends by a signal.
 */
export function watchWriters(root: Pick<RootDatabase, "resetReadTxn">): () => Promise<void> {
  const { env } = root as { env?: Partial<Handle> };
  let running = 0;
  let waiting: (() => void)[] = [];
  const ended = (): void => {
    running -= 1;
    if (running > 0) return;
    for (const go of waiting) go();
    waiting = [];
  };
  if (typeof env?.startWriting === "function") {
    const { startWriting } = env;
    const watched: Handle["startWriting"] = (address, progress) => {
      running += 1;
      return startWriting.call(env, address, (status) => {
        try {
          return progress(status);
        } finally {
          if (status !== COMMITTED && status !== ASKS) ended();
        }
      });
    };
    // The method is read-only on the prototype; others watch it, too.
    Object.defineProperty(env, "startWriting", { value: watched, configurable: true });
  }
  return async () => {
    if (running > 0) await new Promise<void>((resolve) => waiting.push(resolve));
    // What has called back has things of its own to tidy up after that.
    await new Promise(setImmediate);
  };
}
