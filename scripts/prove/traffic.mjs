import { Agent, request } from "node:http";
import { createServer } from "node:net";

/** A small seeded source of chance (mulberry32), [0, 1): the same seed gives the same traffic. */
export function chance(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * A free port outside the range that outgoing connections take theirs from: a client that keeps trying a dead server there could otherwise
 * be connected to itself.
 */
export async function lowPort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const probe = createServer();
    const isFree = await new Promise((resolve) => {
      probe.once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

export const createAgent = (maxSockets) =>
  new Agent({ keepAlive: true, maxSockets, maxFreeSockets: maxSockets });

/** One request with a body of JSON, as a value or as bytes; `{ status, headers, body }`. Rejects where the connection breaks or nothing comes for `timeout` ms.
 * `onConnected` is told when it has a connection that stands. */
export function call(agent, { port, path, method = "POST", key, body, timeout = 30_000, onConnected }) {
  const text = body === undefined ? null : Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${key}`,
      ...(text !== null && {
        "content-type": "application/json",
        "content-length": text.length,
      }),
    };
    const outgoing = request(
      { agent, host: "127.0.0.1", port, path, method, headers, timeout },
      (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode,
            headers: response.headers,
            body: Buffer.concat(chunks).toString("utf8"),
          }),
        );
      },
    );
    if (onConnected)
      outgoing.on("socket", (socket) =>
        socket.connecting ? socket.once("connect", onConnected) : onConnected(),
      );
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer in time")));
    outgoing.on("error", reject);
    if (text !== null) outgoing.write(text);
    outgoing.end();
  });
}

/** Percentile of sorted numbers, `share` in [0, 1]; null of none. */
export const percentile = (sorted, share) =>
  sorted.length === 0 ? null : sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];

const rounded = (value) => (value === null ? null : Math.round(value * 100) / 100);

/** How many, median, p95, p99 and the largest of some durations, ms. */
export function figuresOf(values) {
  const sorted = Float64Array.from(values).sort();
  return {
    count: sorted.length,
    p50: rounded(percentile(sorted, 0.5)),
    p95: rounded(percentile(sorted, 0.95)),
    p99: rounded(percentile(sorted, 0.99)),
    max: rounded(percentile(sorted, 1)),
  };
}
