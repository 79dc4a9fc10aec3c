import { buffersOf, runTask, type WorkerReply, type WorkerRequest } from "./tasks.js";

/** What of a worker's scope is used. */
export interface WorkerScope {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: "message", listen: (event: { readonly data: unknown }) => void): void;
}

/**
 * Makes a worker's scope answer `createClusterWorker`: one task after the other, results moved and not copied. This module calls it by itself where it
 * is loaded as a dedicated worker, so that a worker's whole file is `import "@attune/ml/clustering/worker";`.
 */
export function serveClustering(scope: WorkerScope): void {
  let last = Promise.resolve();
  scope.addEventListener("message", ({ data }) => {
    last = last.then(async () => {
      const reply = await runTask(data as WorkerRequest);
      scope.postMessage(reply, "result" in reply ? [...buffersOf(reply.result)] : []);
    });
  });
  const serves: WorkerReply = { serves: true };
  scope.postMessage(serves, []);
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
