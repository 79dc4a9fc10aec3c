import { isAttuneError, seededRandom } from "@attune/core";
import { autoCluster, type AutoClusterOptions } from "../choose/auto-cluster.js";
import { chooseK, type ChooseKOptions } from "../choose/choose-k.js";
import { dbscan, type DbscanOptions } from "../density/dbscan.js";
import { hdbscan, type HdbscanOptions } from "../density/hdbscan.js";
import { optics, type OpticsOptions } from "../density/optics.js";
import { hierarchical, type HierarchicalOptions } from "../hierarchical/hierarchical.js";
import { kmeans, type KmeansOptions } from "../kmeans/kmeans.js";
import { miniBatchKmeans, type MiniBatchKmeansOptions } from "../kmeans/mini-batch.js";

/** Options as they travel: a generator cannot, its seed can. */
export type Sent<Options> = Omit<Options, "random" | "columns"> & { readonly seed?: number };

/** What a worker can be asked for, and with which options. */
export interface WorkerTasks {
  readonly kmeans: Sent<KmeansOptions> & { readonly engine?: "native" | "ml-kmeans" | "tfjs" };
  readonly miniBatchKmeans: Sent<MiniBatchKmeansOptions>;
  readonly dbscan: Sent<DbscanOptions> & { readonly engine?: "native" | "density-clustering" };
  readonly optics: Sent<OpticsOptions> & { readonly engine?: "native" | "density-clustering" };
  readonly hdbscan: Sent<HdbscanOptions>;
  readonly hierarchical: Sent<HierarchicalOptions>;
  readonly autoCluster: Sent<AutoClusterOptions>;
  readonly chooseK: Sent<ChooseKOptions>;
}

export type TaskName = keyof WorkerTasks;

const RUN = {
  ...{ kmeans, miniBatchKmeans, dbscan, optics, hdbscan, hierarchical, autoCluster, chooseK },
} as unknown as Readonly<Record<TaskName, (points: Float64Array, options: object) => unknown>>;

export type TaskResult<Name extends TaskName> = {
  kmeans: Awaited<ReturnType<typeof kmeans>>;
  miniBatchKmeans: ReturnType<typeof miniBatchKmeans>;
  dbscan: Awaited<ReturnType<typeof dbscan>>;
  optics: Awaited<ReturnType<typeof optics>>;
  hdbscan: ReturnType<typeof hdbscan>;
  hierarchical: ReturnType<typeof hierarchical>;
  autoCluster: ReturnType<typeof autoCluster>;
  chooseK: ReturnType<typeof chooseK>;
}[Name];

/** What is sent to the worker. */
export interface WorkerRequest {
  readonly id: number;
  readonly task: TaskName;
  readonly points: Float64Array;
  readonly columns: number;
  readonly options: object & { readonly seed?: number | undefined };
}

/** What comes back; before all else, once, that the worker serves. */
export type WorkerReply =
  | { readonly serves: true }
  | { readonly id: number; readonly result: unknown }
  | {
      readonly id: number;
      readonly error: { readonly code: string; readonly message: string; readonly path: string | undefined };
    };

/** The buffers of a result, which are moved, not copied. */
export function buffersOf(value: unknown, found = new Set<ArrayBuffer>()): Set<ArrayBuffer> {
  if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof ArrayBuffer) found.add(value.buffer);
  } else if (typeof value === "object" && value !== null) {
    for (const part of Object.values(value)) buffersOf(part, found);
  }
  return found;
}

/** Does what is asked; a failure comes back as one, it is not thrown. */
export async function runTask({ id, task, points, columns, options }: WorkerRequest): Promise<WorkerReply> {
  try {
    if (!Object.hasOwn(RUN, task)) throw new TypeError("There is no such task.");
    const { seed, ...rest } = options;
    const random = seed === undefined ? {} : { random: seededRandom(seed) };
    return { id, result: await RUN[task](points, { ...rest, ...random, columns }) };
  } catch (error) {
    if (isAttuneError(error))
      return { id, error: { code: error.code, message: error.message, path: error.path } };
    const message = error instanceof Error ? error.message : "The worker failed.";
    return { id, error: { code: "ATTUNE_ML_WORKER", message, path: undefined } };
  }
}
