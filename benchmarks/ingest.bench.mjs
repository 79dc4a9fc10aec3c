import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { call, createAgent } from "../scripts/prove/traffic.mjs";
import { bodies } from "./page-events.mjs";

const BATCH = 100;
const WARM_UP = 3;
const SECONDS = 3;
const ROUNDS = 3;
const CONNECTIONS = 8;

function start(script) {
  const child = fork(fileURLToPath(new URL(`./servers/${script}`, import.meta.url)));
  return new Promise((resolve, reject) => {
    child.once("message", ({ port }) => resolve({ child, port }));
    child.once("exit", (code) => reject(new Error(`${script} ended with ${code}`)));
  });
}

/** Events a second, and the processor time that the server spends on one, microseconds. */
async function load({ child, port }, path, batches) {
  const agent = createAgent(CONNECTIONS);
  const used = () =>
    new Promise((resolve) => {
      child.once("message", ({ cpu }) => resolve(cpu));
      child.send("usage");
    });
  let next = 0;
  let accepted = 0;
  const lane = async (until) => {
    while (performance.now() < until) {
      const answer = await call(agent, {
        port,
        path,
        key: "wk_bench",
        body: batches[next++ % batches.length],
      });
      if (answer.status >= 300) throw new Error(`${answer.status}: ${answer.body.slice(0, 300)}`);
      const taken = JSON.parse(answer.body).accepted;
      accepted += taken;
    }
  };
  const lanes = (seconds) =>
    Promise.all(Array.from({ length: CONNECTIONS }, () => lane(performance.now() + seconds * 1000)));
  await lanes(WARM_UP);
  accepted = 0;
  const before = await used();
  const began = performance.now();
  await lanes(SECONDS);
  const rate = accepted / ((performance.now() - began) / 1000);
  const cost = ((await used()) - before) / accepted;
  agent.destroy();
  return { rate, cost };
}

async function measure(path, batches, script) {
  const server = await start(script);
  server.child.removeAllListeners("exit");
  try {
    return await load(server, path, batches);
  } finally {
    server.child.kill("SIGKILL");
  }
}

/**
 * Server and client are two processes and want a core each. They take turns, so that noise meets all alike; the best round counts. The batches
 * come again and again, which is the same to a door: ids are compared where events are folded, and what that costs `pipeline.bench.mjs` measures
 * with events that differ.
 */
export async function run() {
  const batches = bodies(800, BATCH);
  const best = { bare: null, door: null };
  const keep = (name, result) => {
    if (best[name] === null || result.rate > best[name].rate) best[name] = result;
  };
  for (let round = 0; round < ROUNDS; round++) {
    keep("bare", await measure("/", batches, "bare.mjs"));
    keep("door", await measure("/api/v1/behavioral/batch", batches, "attune.mjs"));
  }
  const { bare, door } = best;
  const share = ({ rate }) => `${Math.round((rate / bare.rate) * 100)} % of bare`;
  const row = (label, result, ratio) => ({
    label: `${label} (${result.cost.toFixed(1)} µs of processor time each)`,
    value: Math.round(result.rate),
    unit: "events/s",
    ...(ratio && { ratio }),
  });
  return {
    name: `HTTP ingestion, batches of ${BATCH} (~${Math.round(batches[0].length / BATCH)} B an event), one server process`,
    rows: [
      row("bare node:http, JSON.parse only", bare),
      row("Attune: auth, validation, consent, append", door, share(door)),
    ],
    checks: [
      { label: "door against bare", ok: door.rate / bare.rate >= 0.4, target: "≥ 40 %", seen: share(door) },
    ],
  };
}
