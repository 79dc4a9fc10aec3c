import { readFileSync, statfsSync } from "node:fs";
import type { RootDatabase } from "lmdb";
import { ASKS, COMMITTED, type Handle } from "./handle.js";

interface Waiting {
  number: number;
  then(): void;
}

/**
 * Calls back once the write transaction under way can be seen by everybody, which is when the death of this process cannot undo it any more. lmdb
 * (seen in 3.5.6) resolves what it gives out later, once it is on the disk too: a millisecond and more, beside some tenths of one.
 *
 * Null where a process that opens the file could not tell that death from a power cut: lmdb then goes back to what was on the disk.
 */
export function watchVisible(
  root: Pick<RootDatabase, "getWriteTxnId" | "resetReadTxn">,
): ((then: () => void) => void) | null {
  const { env } = root as { env?: Partial<Handle> };
  if (!isHandle(env) || !knowsBoot()) return null;
  /** Of the transaction whose actions run now. Each has its own, since a number is used again where a commit fails, or has changed nothing. */
  let running: Waiting[] = [];
  const { startWriting } = env;
  const watched: Handle["startWriting"] = (address, progress) => {
    let mine: Waiting[] = [];
    const look = (): void => {
      if (mine.length === 0) return;
      const { lastTxnId } = env.info() as { lastTxnId: number };
      const seen = mine.filter(({ number }) => number <= lastTxnId);
      if (seen.length === 0) return;
      mine = mine.filter(({ number }) => number > lastTxnId);
      // What is read from now on is read from there.
      root.resetReadTxn();
      for (const { then } of seen) then();
    };
    return startWriting.call(env, address, (status) => {
      if (status === ASKS) running = mine;
      const answer = progress(status);
      // With the end, lmdb resolves or rejects by itself.
      if (status === COMMITTED) look();
      return answer;
    });
  };
  // The method is read-only on the prototype.
  Object.defineProperty(env, "startWriting", { value: watched, configurable: true });
  return (then) => {
    running.push({ number: root.getWriteTxnId(), then });
  };
}

const isHandle = (env: Partial<Handle> | undefined): env is Handle =>
  typeof env?.info === "function" && typeof env.startWriting === "function";

const BOOT = "/proc/sys/kernel/random/boot_id";
/** Of the file system that lmdb insists on. */
const PROC = 0x9fa0;

/** Whether lmdb can know that the system was not started again since, from where it looks, and goes by it. */
function knowsBoot(): boolean {
  if (process.env.LMDB_RESTORE === "safe") return false;
  if (process.platform === "darwin") return true;
  try {
    return process.platform === "linux" && statfsSync(BOOT).type === PROC && readFileSync(BOOT).length > 0;
  } catch {
    return false;
  }
}
