import { MessageChannel, type MessagePort } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { adjustedRandIndex, kmeans } from "../index.js";
import { clouds } from "../made-points.fixture.js";
import { serveClustering } from "../worker/index.js";
import { createClusterWorker, type WorkerLike } from "./index.js";

const made = clouds(
  [
    [0, 0],
    [9, 9],
    [0, 9],
  ],
  { each: 50, spread: 1 },
);
const open: MessagePort[] = [];
afterEach(() => {
  for (const port of open.splice(0)) port.close();
});

/** Both ends of a real channel, which clones and moves as a worker's does. */
function worker(): WorkerLike & { ended: boolean } {
  const { port1, port2 } = new MessageChannel();
  open.push(port1, port2);
  serveClustering({
    postMessage: (message, transfer) => port2.postMessage(message, transfer),
    addEventListener: (_type, listen) => port2.on("message", (data: unknown) => listen({ data })),
  });
  return {
    ended: false,
    postMessage: (message, transfer) => port1.postMessage(message, transfer),
    addEventListener(type, listen) {
      if (type === "message") port1.on("message", (data: unknown) => listen({ data }));
    },
    terminate() {
      this.ended = true;
      port1.close();
    },
  };
}

describe("clusters in a worker", () => {
  it("are those of the page, without the points being lost or copied back", async () => {
    const clusters = createClusterWorker(worker);
    const found = await clusters.run("kmeans", made.data, { k: 3, columns: 2, seed: 1 });
    expect(made.data).toHaveLength(300);
    expect(found.labels).toEqual(kmeans(made.data, { k: 3, columns: 2 }).labels);
    const auto = await clusters.run("autoCluster", made.data, { columns: 2 });
    expect(adjustedRandIndex(auto.labels, made.labels)).toBe(1);
    expect((await clusters.run("chooseK", made.data, { columns: 2, max: 4, resamples: 2 })).k).toBe(3);
    const moved = made.data.slice();
    await clusters.run("dbscan", moved, { eps: 1, columns: 2, transfer: true });
    expect(moved).toHaveLength(0);
    clusters.close();
  });

  it("fail as in the page, with code and path", async () => {
    const clusters = createClusterWorker(worker);
    await expect(clusters.run("kmeans", [[1]], { k: 4 })).rejects.toMatchObject({
      code: "ATTUNE_ML_TOO_MANY_CLUSTERS",
      path: "/options/k",
    });
    await expect(clusters.run("hdbscan", [[Number.NaN]], {})).rejects.toMatchObject({
      code: "ATTUNE_ML_NOT_FINITE",
    });
    await expect(clusters.run("toString" as "hdbscan", [[1]], {})).rejects.toMatchObject({
      code: "ATTUNE_ML_WORKER",
    });
    clusters.close();
    await expect(clusters.run("hdbscan", [[1]], {})).rejects.toMatchObject({ code: "ATTUNE_ML_WORKER" });
  });

  it("of a file that does not serve fail in time, and say what is missing", async () => {
    const { port1, port2 } = new MessageChannel();
    open.push(port1, port2);
    let isEnded = false;
    const silent: WorkerLike = {
      postMessage: (message, transfer) => port1.postMessage(message, transfer),
      addEventListener: (_type, listen) => port1.on("message", (data: unknown) => listen({ data })),
      terminate: () => (isEnded = true),
    };
    const clusters = createClusterWorker(() => silent, { startWithinMs: 10 });
    await expect(clusters.run("kmeans", made.data, { k: 3, columns: 2 })).rejects.toMatchObject({
      code: "ATTUNE_ML_WORKER",
      message: expect.stringContaining("does not serve"),
    });
    expect(isEnded).toBe(true);
    clusters.close();
  });

  it("are given up when aborted, and the next task has a new worker", async () => {
    const workers: ReturnType<typeof worker>[] = [];
    const clusters = createClusterWorker(() => {
      const next = worker();
      workers.push(next);
      return next;
    });
    const stop = new AbortController();
    const running = clusters.run("kmeans", made.data, { k: 3, columns: 2, signal: stop.signal });
    stop.abort(new Error("left the page"));
    await expect(running).rejects.toThrow("left the page");
    expect(workers[0]?.ended).toBe(true);
    await expect(
      clusters.run("kmeans", made.data, { k: 3, columns: 2, signal: stop.signal }),
    ).rejects.toThrow("left");
    expect((await clusters.run("kmeans", made.data, { k: 3, columns: 2 })).clusters).toBe(3);
    expect(workers).toHaveLength(2);
    clusters.close();
  });
});
