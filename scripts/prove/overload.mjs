import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startServer, WRITE_KEY } from "./server.mjs";

const CLIENT = fileURLToPath(new URL("./overload-client.mjs", import.meta.url));
const BATCH = 20;
const VISITORS = 500;
const LANES = 16;
export const TIMES = 3;
/** T12: a refusal within so long (ms), and memory within so many times of what the same server holds at the load that it can take. */
const REFUSED_MS = 50;
const MEMORY = 1.5;
/**
 * A server that is sent three times what it can take. First it is found out what it can take: batches that are each waited for until they
 * are folded. Then so many and, at last, three times as many come whatever becomes of those before. At the end a ledger of ids tells whether
 * all that was acknowledged is there.
 *
 * @param {{ seconds: number, onProgress?: (text: string) => void }} options How long each of the three takes.
 */
export async function overload({ seconds, onProgress = () => undefined }) {
  const dir = mkdtempSync(join(tmpdir(), "attune-overload-"));
  const server = await startServer({ store: "lmdb", log: "lmdb", dir, sealed: true, limits: {} });
  const settings = { port: server.port, writeKey: WRITE_KEY, batch: BATCH, visitors: VISITORS };
  const client = fork(CLIENT, [JSON.stringify(settings)]);
  const steps = [];
  const step = async (asked) => {
    await server.ask("peak");
    client.send(asked);
    const [done] = await once(client, "message");
    steps.push(done);
    const memory = await server.ask("peak");
    await server.ask("settled");
    return { ...done, memoryMb: Math.round(memory / 1e6) };
  };
  try {
    await once(client, "message");
    // Code and caches are warm before anything counts, and each visitor is known.
    await step({ lanes: LANES, seconds: Math.min(5, seconds) });
    const whole = await step({ lanes: LANES, seconds });
    const capacity = (whole.acknowledged.length / whole.tookMs) * 1000;
    onProgress(`takes ${Math.round(capacity * BATCH)} events/s, ${whole.memoryMb} MB`);
    const normal = await step({ rate: capacity, seconds });
    onProgress(line("normal", normal));
    const over = await step({ rate: capacity * TIMES, seconds });
    onProgress(line(`${TIMES} ×`, over));
    return {
      ...(await judged(server, dir, { steps, normal, over })),
      capacity: Math.round(capacity * BATCH),
    };
  } finally {
    client.kill("SIGKILL");
    await server.kill();
    rmSync(dir, { recursive: true, force: true });
  }
}

const refusals = ({ refused }) => Object.values(refused).reduce((sum, count) => sum + count, 0);

export const line = (title, step) =>
  `${title}: ${step.sent} batches, ${step.acknowledged.length} acknowledged (p99 ${step.acknowledgedMs.p99} ms), ` +
  `${refusals(step)} refused ${JSON.stringify(step.refused)} (p50 ${step.refusedMs.p50}, p99 ${step.refusedMs.p99} ms), ${step.memoryMb} MB`;

/** Ids of the events that the store holds. */
async function storedIds(server, dir) {
  const file = join(dir, "dump.ndjson");
  await server.ask("dump", { file });
  const ids = new Set();
  for (const text of readFileSync(file, "utf8").split("\n"))
    if (text !== "")
      for (const event of JSON.parse(text).events) ids.add(event.slice(0, event.lastIndexOf(":")));
  return ids;
}

async function judged(server, dir, { steps, normal, over }) {
  const stored = await storedIds(server, dir);
  const idsOf = ({ run }, batches) =>
    batches.flatMap((n) => Array.from({ length: BATCH }, (_, i) => `${run}-${n}-${i}`));
  const acknowledged = steps.flatMap((step) => idsOf(step, step.acknowledged));
  const open = new Set(steps.flatMap((step) => idsOf(step, step.unknown)));
  const known = new Set(acknowledged);
  const lost = acknowledged.filter((id) => !stored.has(id));
  /** Refused, and yet taken: no harm, since it may be sent again, but told. */
  const takenAnyway = [...stored].filter((id) => !known.has(id) && !open.has(id)).length;
  const { events } = await server.ask("summary");
  const memory = over.memoryMb / normal.memoryMb;
  const problems = [];
  const must = (holds, what) => {
    if (!holds) problems.push(what);
  };
  must(lost.length === 0, `${lost.length} acknowledged events are lost`);
  must(events === stored.size, `${events} events are counted, ${stored.size} are there`);
  must(refusals(over) > 0, "nothing was refused: it was no overload");
  must(over.withoutRetryAfter === 0, `${over.withoutRetryAfter} refusals did not say when to come again`);
  must(over.unexpected.length === 0, `unexpected: ${over.unexpected.join("; ")}`);
  must(
    memory <= MEMORY,
    `memory ${over.memoryMb} MB is ${memory.toFixed(2)} times the normal ${normal.memoryMb} MB`,
  );
  return {
    acknowledged: acknowledged.length,
    lost: lost.length,
    takenAnyway,
    refused: over.refused,
    refusedMs: over.refusedMs,
    acknowledgedMs: over.acknowledgedMs,
    clientDelayP99Ms: over.clientDelayP99Ms,
    memoryMb: { normal: normal.memoryMb, over: over.memoryMb },
    memory: Math.round(memory * 100) / 100,
    problems,
    // The median: the tail on a box that others keep busy is the scheduler's, and is told.
    slow: over.refusedMs.p50 > REFUSED_MS ? `half of the refusals took longer than ${REFUSED_MS} ms` : null,
  };
}
