import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { SECRET_KEY, startServer, WRITE_KEY } from "../scripts/prove/server.mjs";
import { call, createAgent } from "../scripts/prove/traffic.mjs";
import { bodies } from "./page-events.mjs";

const STREAMS = 1000;
const FRAMES = 300;
/** Events that come in one batch. */
const TOGETHER = 10;
/** Frames that come so far apart that none waits for another, and how far that is, ms. */
const [APART, APART_MS] = [60, 60];
const WARM_UP = 400;

function openStream(port, onBytes) {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${SECRET_KEY}` };
    const options = { agent: false, host: "127.0.0.1", port, path: "/api/v1/behavioral/stream", headers };
    const outgoing = request(options, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`the stream answered ${response.statusCode}`));
      response.on("data", onBytes);
      response.on("error", () => undefined);
      resolve(outgoing);
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

/** Sends the batches one after the other and waits until the server rests; the processor time that took it, µs. */
async function publish(server, agent, batches, pauseMs = 0) {
  const before = (await server.ask("usage")).cpu;
  for (const body of batches) {
    const { status, body: text } = await call(agent, {
      port: server.port,
      path: "/api/v1/behavioral/batch?wait=20000",
      key: WRITE_KEY,
      body,
    });
    if (status !== 200) throw new Error(`${status}: ${text.slice(0, 300)}`);
    if (pauseMs > 0) await sleep(pauseMs);
  }
  let last = before;
  // Streams are written after the answer: it rests when a while goes by without work.
  for (;;) {
    await sleep(300);
    const { cpu } = await server.ask("usage");
    if (cpu - last < 15_000) return cpu - before;
    last = cpu;
  }
}

/** What a live stream costs: memory while it is open, and processor time for each frame that it is sent. */
export async function run() {
  const server = await startServer({ store: "memory", log: "memory", retain: 1000 });
  const agent = createAgent(1);
  const singles = bodies(WARM_UP + FRAMES * 2, 1);
  const apart = bodies(APART * 2, 1, singles.length + 2 * FRAMES);
  const tens = bodies((FRAMES / TOGETHER) * 2, TOGETHER, singles.length);
  const half = tens.length / 2;
  const open = [];
  let bytes = 0;
  let chunks = 0;
  try {
    await publish(server, agent, singles.slice(0, WARM_UP));
    const unread = {
      apart: await publish(server, agent, apart.slice(0, APART), APART_MS),
      one: await publish(server, agent, singles.slice(WARM_UP, WARM_UP + FRAMES)),
      ten: await publish(server, agent, tens.slice(0, half)),
    };
    const before = (await server.ask("usage")).rss;
    for (let i = 0; i < STREAMS; i++)
      open.push(
        await openStream(server.port, (chunk) => {
          bytes += chunk.length;
          chunks += 1;
        }),
      );
    const after = (await server.ask("usage")).rss;
    const read = { apart: await publish(server, agent, apart.slice(APART), APART_MS) };
    chunks = 0;
    read.one = await publish(server, agent, singles.slice(WARM_UP + FRAMES));
    const chunksOfOne = chunks / STREAMS / FRAMES;
    bytes = 0;
    read.ten = await publish(server, agent, tens.slice(half));
    const cost = (what, frames) => (read[what] - unread[what]) / STREAMS / frames;
    const row = (label, value, unit) => ({ label, value, unit });
    return {
      name: `Live streams: ${STREAMS} of them on one process`,
      rows: [
        row("memory of an open stream", (after - before) / STREAMS / 1024, "KiB"),
        row(`processor time of one frame to one stream, ${APART_MS} ms apart`, cost("apart", APART), "µs"),
        row("the same, one right after another", cost("one", FRAMES), "µs"),
        row("chunks that a stream then gets for a frame", chunksOfOne, "chunks"),
        row(`the same, in batches of ${TOGETHER}`, cost("ten", FRAMES), "µs"),
        row(
          "frames a core can send, one right after another",
          1e6 / cost("one", FRAMES),
          "frames/s per core",
        ),
        row("bytes received for each frame", bytes / STREAMS / FRAMES, "B"),
      ],
    };
  } finally {
    for (const one of open) one.destroy();
    agent.destroy();
    await server.kill();
  }
}
