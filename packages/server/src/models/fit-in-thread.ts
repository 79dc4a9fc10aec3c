import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { AttuneError, type ErrorCode } from "@attune/core";
import {
  type TrainedOnTable,
  trainOnTable,
  type TrainOnTableOptions,
  type TrainingTable,
} from "@attune/ml/table";

/** Learns from a table. */
export type Fit = (
  table: TrainingTable,
  options: TrainOnTableOptions,
  signal?: AbortSignal,
) => Promise<TrainedOnTable> | TrainedOnTable;

/** All that the thread does; it finds the learner by its address, so that it is the same however this package was bundled. */
const THREAD = `
const { parentPort, workerData } = require("node:worker_threads");
import(workerData.learner).then(({ trainOnTable }) => {
  try {
    parentPort.postMessage({ done: trainOnTable(workerData.table, workerData.options) });
  } catch (error) {
    const { code, message, path } = error;
    parentPort.postMessage({ failed: { code, message, path } });
  }
});
`;

interface Failed {
  code?: string;
  message: string;
  path?: string;
}
type Reply = { done: TrainedOnTable } | { failed: Failed };

/** Null where the learner is there as source alone, as while it is developed. */
function learnerUrl(): string | null {
  try {
    return pathToFileURL(createRequire(import.meta.url).resolve("@attune/ml/table")).href;
  } catch {
    return null;
  }
}

const failure = ({ code, message, path }: Failed): Error =>
  code?.startsWith("ATTUNE_") === true
    ? new AttuneError(code as ErrorCode, message, path === undefined ? {} : { path })
    : new Error(message);

const ended = (): AttuneError =>
  new AttuneError(
    "ATTUNE_SERVER_TRAINING_ENDED",
    "The training was ended with its process; the next that trains begins it anew.",
  );

/**
 * Learns in a thread of its own, so that requests and decisions of this process go on: seconds of arithmetic would hold up all of them. The table is moved there and is empty afterwards.
 *
 * @throws AttuneError those of `trainOnTable`; `ATTUNE_SERVER_TRAINING_ENDED` where it was aborted.
 */
export const fitInThread: Fit = (table, options, signal) => {
  const learner = learnerUrl();
  if (learner === null) return trainOnTable(table, options);
  if (signal?.aborted === true) throw ended();
  const moved = [table.rows, table.labels, table.groups, table.times].map(
    ({ buffer }) => buffer as ArrayBuffer,
  );
  const worker = new Worker(THREAD, {
    ...{ eval: true, workerData: { learner, table, options } },
    transferList: moved,
  });
  return new Promise<TrainedOnTable>((resolve, reject) => {
    const end = (): void => {
      reject(ended());
      void worker.terminate();
    };
    signal?.addEventListener("abort", end, { once: true });
    worker.once("message", (reply: Reply) => {
      if ("done" in reply) resolve(reply.done);
      else reject(failure(reply.failed));
    });
    worker.once("error", reject);
    worker.once("exit", () => {
      signal?.removeEventListener("abort", end);
      reject(ended());
    });
  });
};
