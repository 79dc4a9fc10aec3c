import { isAttuneError } from "@attune/core";
import type { Outcome } from "./evaluate.js";
import type { Request } from "./requests.js";

/** Requests that become one commit, at most. */
const GROUP = 100;

interface Turn {
  request: Request | null;
  run(): Promise<void>;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

export interface Turns {
  /** Joins the next commit to the partition. */
  commit(partition: string, request: Request): Promise<Outcome>;
  /** Does something while nothing else is written to the partition from here. */
  alone<T>(partition: string, task: () => Promise<T>): Promise<T>;
  /** Once everything that was begun has ended. */
  idle(): Promise<void>;
}

/**
 * One at a time per partition in this process. Requests that wait for the same partition go together, which costs the durable tier as much
 * as one: otherwise a partition that everybody writes to (a counter) could take only as many as it has round trips a second.
 */
export function createTurns(
  commitGroup: (partition: string, requests: readonly Request[]) => Promise<readonly Outcome[]>,
): Turns {
  const queues = new Map<string, Turn[]>();
  const running = new Set<Promise<void>>();

  const runGroup = async (partition: string, group: readonly Turn[]): Promise<void> => {
    try {
      const requests = group.flatMap(({ request }) => (request === null ? [] : [request]));
      const outcomes = await commitGroup(partition, requests);
      for (const [i, turn] of group.entries()) turn.resolve(outcomes[i] as Outcome);
    } catch (error) {
      // What a store has refused to take is the fault of one of them.
      if (group.length > 1 && isAttuneError(error) && error.code.startsWith("ATTUNE_STORE_"))
        for (const turn of group) await runGroup(partition, [turn]);
      else for (const turn of group) turn.reject(error);
    }
  };

  const drain = async (partition: string, queue: Turn[]): Promise<void> => {
    for (let first = queue[0]; first !== undefined; first = queue[0]) {
      if (first.request === null) {
        queue.shift();
        await first.run();
        continue;
      }
      const end = queue.findIndex(({ request }) => request === null);
      await runGroup(partition, queue.splice(0, Math.min(end === -1 ? queue.length : end, GROUP)));
    }
    queues.delete(partition);
  };

  const enter = (partition: string, turn: Turn): void => {
    const queue = queues.get(partition);
    if (queue !== undefined) {
      queue.push(turn);
      return;
    }
    const fresh = [turn];
    queues.set(partition, fresh);
    const run = drain(partition, fresh).finally(() => running.delete(run));
    running.add(run);
  };

  return {
    commit: (partition, request) =>
      new Promise((resolve, reject) =>
        enter(partition, { request, run: () => Promise.resolve(), resolve, reject }),
      ),
    alone: (partition, task) =>
      new Promise((resolve, reject) => {
        const run = (): Promise<void> => task().then(resolve, reject);
        enter(partition, { request: null, run, resolve: () => undefined, reject });
      }),
    async idle() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}
