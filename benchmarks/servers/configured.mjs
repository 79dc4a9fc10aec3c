import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createPersonalizationService } from "@attune/core/service";
import { createAttuneServer, tuneHeap } from "@attune/server";
import { toNodeListener } from "@attune/server-adapters/node";
import { dumpTo } from "./dump.mjs";
import { portsOf } from "./ports.mjs";

/**
 * A server in a process of its own, on the ports that its argument describes (see `portsOf`; and `port`, `worker`, `ruleset`; `limits`: the
 * server makes its service itself, so that it knows its log and bounds what waits there). It tells its
 * parent `{ port }` when it listens and `{ folding: true }` with the first event that it folds, and answers `{ id, ask }` with
 * `{ id, answer }`. It ends with its parent.
 */
const settings = JSON.parse(process.argv[2]);
// As `attune serve` does.
tuneHeap();
const ports = await portsOf(settings);
// What the proofs kill on purpose is reported in thousands of lines otherwise.
const report = (error) => process.env.ATTUNE_PROVE_VERBOSE && console.error(error);
const own = {
  ...ports,
  worker: settings.worker !== false,
  ...(settings.ruleset && { ruleset: settings.ruleset }),
  report,
};
const server = createAttuneServer({
  ...(settings.limits
    ? { ...ports, limits: settings.limits }
    : { service: createPersonalizationService(own) }),
  auth: {
    keys: [
      { id: "write", kind: "write", key: "wk_proof" },
      { id: "secret", kind: "secret", key: "sk_proof" },
    ],
  },
  report,
});
const { service } = server;

/** Memory of this process alone: pages of a mapped database are the system's, which takes them back when it likes. */
function ownMemory() {
  const kilobytes = /RssAnon:\s+(\d+) kB/.exec(existsSync(STATUS) ? readFileSync(STATUS, "latin1") : "")?.[1];
  return kilobytes === undefined ? process.memoryUsage.rss() : Number(kilobytes) * 1024;
}
const STATUS = "/proc/self/status";
let peak = 0;
/** From when somebody asks for the peak: reading the file costs what a proof of latencies would see. */
let watching = null;

const ANSWERS = {
  /** Processor time of all threads, µs; how long the event loop was busy, ms; memory, bytes. */
  usage() {
    const { user, system } = process.cpuUsage();
    const loopMs = performance.eventLoopUtilization().active;
    return { cpu: user + system, loopMs, rss: process.memoryUsage.rss() };
  },
  /** The most memory that the process held since this was asked last, bytes. The first time: what it holds. */
  peak() {
    watching ??= setInterval(() => {
      peak = Math.max(peak, ownMemory());
    }, 50).unref();
    const most = Math.max(peak, ownMemory());
    peak = 0;
    return most;
  },
  settled: () => service.settled(),
  summary: () => service.summary("default", { names: 500 }),
  /** For each shard of the log: where what it still holds begins, and up to where it is folded. */
  shards: () =>
    Promise.all(
      Array.from({ length: ports.log.capabilities.shards }, async (_, shard) => {
        const [first] = await ports.log.read(shard, 0, 1);
        return { first: first?.position ?? null, folded: await ports.log.committed("fold", shard) };
      }),
    ),
  dump: ({ file }) => dumpTo(file, ports.stores.hot),
};
process.on("message", async ({ id, ask, ...rest }) => {
  try {
    process.send({ id, answer: (await ANSWERS[ask](rest)) ?? null });
  } catch (error) {
    process.send({ id, failed: String(error?.stack ?? error) });
  }
});
process.on("disconnect", () => process.exit());

let isFolding = false;
await service.subscribe({ types: ["event"] }, () => {
  if (isFolding) return;
  isFolding = true;
  process.send({ folding: true });
});
const http = createServer(toNodeListener(server.fetch));
// Longer than a visitor pauses: a connection that is closed just when it is used again is an error that says nothing of the server.
http.keepAliveTimeout = 120_000;
http.listen(settings.port ?? 0, "127.0.0.1", () => process.send({ port: http.address().port }));
