import { readFileSync } from "node:fs";
import type { RootDatabase } from "lmdb";

/** What lmdb's types leave out: the handle behind a database. */
interface Handle {
  info(): object;
  startWriting(address: number, progress: (status: number) => unknown): unknown;
}

/** What `startWriting` calls back with: all is done, or something was committed. Anything else is about running the actions, or an error. */
const [DONE, COMMITTED, ASKS] = [0, 1, 2];

/**
 * Calls back once the write transaction under way can be seen by everybody, which is when the death of this process cannot undo it any more. lmdb
 * (seen in 3.5.6) resolves what it gives out later, once it is on the disk too: a millisecond and more, beside some tenths of one.
 *
 * Null where a process that opens the file could not tell that death from a power cut: lmdb then goes back to what was on the disk.
 */
export function watchVisible(
  root: Pick<RootDatabase, "getWriteTxnId" | "resetReadTxn">,
): ((then: () => void) => void) | null {
  const { env } = root as { env?: Handle };
  if (env === undefined || !knowsBoot()) return null;
  let waiting: { number: number; then(): void }[] = [];
  const look = (): void => {
    const { lastTxnId } = env.info() as { lastTxnId: number };
    const seen = waiting.filter(({ number }) => number <= lastTxnId);
    if (seen.length === 0) return;
    waiting = waiting.filter(({ number }) => number > lastTxnId);
    // What is read from now on is read from there.
    root.resetReadTxn();
    for (const { then } of seen) then();
  };
  const { startWriting } = env;
  const watched: Handle["startWriting"] = (address, progress) =>
    startWriting.call(env, address, (status) => {
      const answer = progress(status);
      if (status === DONE || status === COMMITTED) look();
      // Its number is the next one's.
      else if (status !== ASKS) waiting = [];
      return answer;
    });
  // The method is read-only on the prototype.
  Object.defineProperty(env, "startWriting", { value: watched });
  return (then) => {
    waiting.push({ number: root.getWriteTxnId(), then });
  };
}

/** Whether lmdb can know that the system was not started again since, from where it looks. */
function knowsBoot(): boolean {
  if (process.platform === "darwin") return true;
  try {
    return process.platform === "linux" && readFileSync("/proc/sys/kernel/random/boot_id").length > 0;
  } catch {
    return false;
  }
}
