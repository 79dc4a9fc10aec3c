import { AttuneError, type ErrorCode } from "@attune/core";
import { type Points, toMatrix } from "../../data/points.js";
import type { TaskName, TaskResult, WorkerReply, WorkerRequest, WorkerTasks } from "../worker/tasks.js";

export type { Sent, TaskName, TaskResult, WorkerTasks } from "../worker/tasks.js";

/** What of a `Worker` is used. */
export interface WorkerLike {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(
    type: "message" | "error",
    listen: (event: { readonly data?: unknown; readonly message?: string }) => void,
  ): void;
  terminate(): void;
}

export interface RunOptions {
  /** Ends the task: what the worker computes is given up with the worker, the next task starts another. */
  readonly signal?: AbortSignal;
  /** Moves the points to the worker instead of copying them; a `Float64Array` is then empty afterwards (default false). */
  readonly transfer?: boolean;
  /** How many numbers a point has; needed for typed arrays only. */
  readonly columns?: number;
}

export interface ClusterWorker {
  /**
   * Runs a clustering function in the worker, by name; one after the other.
   *
   * @throws AttuneError (rejects) those of the function, `ATTUNE_ML_WORKER` where the worker fails or is closed; the signal's reason where it is aborted.
   */
  run<Name extends TaskName>(
    task: Name,
    points: Points,
    options: WorkerTasks[Name] & RunOptions,
  ): Promise<TaskResult<Name>>;
  /** Ends the worker; what is running fails. */
  close(): void;
}

export interface ClusterWorkerOptions {
  /**
   * How long, ms, a worker may take until it serves, loading included (default 30,000). One that loads and never does was made of a file that lacks
   * `@attune/ml/clustering/worker`, or whose import of it a bundler took for needless.
   */
  readonly startWithinMs?: number;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const failed = (message: string, cause?: unknown): AttuneError =>
  new AttuneError("ATTUNE_ML_WORKER", message, { cause });

/**
 * Clusters in a Web Worker, so that the page stays free: points go over as one typed array, results come back moved, not copied. The worker is made
 * when first needed.
 *
 * @param create Makes the worker, of a file of the host's own that holds `import "@attune/ml/clustering/worker";`, in the form that bundlers know:
 * `() => new Worker(new URL("./clusters.worker.js", import.meta.url), { type: "module" })`.
 */
export function createClusterWorker(
  create: () => WorkerLike,
  { startWithinMs = 30_000 }: ClusterWorkerOptions = {},
): ClusterWorker {
  const waiting = new Map<number, Waiting>();
  let starting: ReturnType<typeof setTimeout> | undefined;
  let worker: WorkerLike | null = null;
  let nextId = 0;
  let isClosed = false;

  const drop = (error: AttuneError): void => {
    clearTimeout(starting);
    worker?.terminate();
    worker = null;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const receive = (reply: WorkerReply): void => {
    clearTimeout(starting);
    if ("serves" in reply) return;
    const waiter = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ("result" in reply) waiter?.resolve(reply.result);
    else {
      const { code, message, path } = reply.error;
      waiter?.reject(new AttuneError(code as ErrorCode, message, path === undefined ? {} : { path }));
    }
  };
  const start = (): WorkerLike => {
    const made = create();
    made.addEventListener("message", ({ data }) =>
      made === worker ? receive(data as WorkerReply) : undefined,
    );
    made.addEventListener("error", ({ message }) => {
      if (made === worker) drop(failed(`The worker failed: ${message ?? "it could not be loaded"}.`));
    });
    starting = setTimeout(
      () =>
        drop(
          failed(
            'The worker does not serve: its file must import "@attune/ml/clustering/worker", and the bundler must keep that import.',
          ),
        ),
      startWithinMs,
    );
    return made;
  };

  return {
    async run(task, points, { signal, transfer = false, columns, ...options }) {
      signal?.throwIfAborted();
      if (isClosed) throw failed("This worker was closed: make another.");
      const matrix = toMatrix(points, columns);
      const isOwn = transfer || matrix.data !== points;
      const data = isOwn ? matrix.data : matrix.data.slice();
      const id = nextId++;
      worker ??= start();
      const request: WorkerRequest = { id, task, points: data, columns: matrix.columns, options };
      const current = worker;
      return new Promise((resolve, reject) => {
        const abort = (): void => {
          if (!waiting.delete(id)) return;
          reject(signal?.reason);
          // Nothing else can stop what it is computing; others that wait for it fail with it.
          drop(failed("The worker was ended because another of its tasks was aborted: run this one again."));
        };
        const done = (): void => signal?.removeEventListener("abort", abort);
        waiting.set(id, {
          resolve: (result) => (done(), resolve(result as never)),
          reject: (error) => (done(), reject(error)),
        });
        signal?.addEventListener("abort", abort, { once: true });
        current.postMessage(request, [data.buffer as ArrayBuffer]);
      });
    },
    close() {
      isClosed = true;
      drop(failed("This worker was closed."));
    },
  };
}
