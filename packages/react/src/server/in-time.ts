import { AttuneError } from "@attune/core";

/** Runs a task that may take `ms` milliseconds. Past that it is told to stop and the promise rejects with `ATTUNE_REACT_TIMEOUT`. */
export function inTime<T>(ms: number, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new AttuneError(
          "ATTUNE_REACT_TIMEOUT",
          `No decisions within ${ms} ms; raise timeoutMs or look at the back end.`,
        ),
      );
      controller.abort();
    }, ms);
    // Called inside of a promise, so that a task that throws at once is a rejection too.
    Promise.resolve(controller.signal)
      .then(task)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}
