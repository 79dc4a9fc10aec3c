import { buffersOf, runTask, type WorkerRequest } from "./tasks.js";

/** What of a worker's scope is used. */
export interface WorkerScope {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: "message", listen: (event: { readonly data: unknown }) => void): void;
}

/**
 * Makes a worker's scope answer `createClusterWorker`: one task after the other, results moved and not copied. This module calls it by itself where it
 * is loaded as a dedicated worker:
 *
 * `new Worker(new URL("@attune/ml/clustering/worker", import.meta.url), { type: "module" })`
 */
export function serveClustering(scope: WorkerScope): void {
  let last = Promise.resolve();
  scope.addEventListener("message", ({ data }) => {
    last = last.then(async () => {
      const reply = await runTask(data as WorkerRequest);
      scope.postMessage(reply, "result" in reply ? [...buffersOf(reply.result)] : []);
    });
  });
}

// Loaded as a worker, this file is the program; imported anywhere else, it does nothing.
const scope = globalThis as unknown as WorkerScope & {
  readonly DedicatedWorkerGlobalScope?: new () => object;
};
if (
  scope.DedicatedWorkerGlobalScope !== undefined &&
  globalThis instanceof scope.DedicatedWorkerGlobalScope
) {
  serveClustering(scope);
}
