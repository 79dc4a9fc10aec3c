import { setTimeout as sleep } from "node:timers/promises";
import { event } from "../../benchmarks/page-events.mjs";
import { figuresOf } from "./traffic.mjs";

const [WARM_UP, CALLS, PAUSES] = [20_000, 2_000, 300];
const PAUSE_MS = 10;

/**
 * What this machine makes of a server that rests between requests: one small piece of a server's work, compiled and warm, timed over and over and once after
 * each pause. What a pause adds (caches and branch predictors gone cold are the likely reason) is the machine's, not the server's.
 *
 * @returns {Promise<{ loop: number, paused: number, pauseMs: number }>} Medians, µs.
 */
export async function afterPauses() {
  const text = JSON.stringify(event(7, Date.now()));
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: text };
  const work = () => {
    const request = new Request("http://localhost/api/v1/behavioral/events", init);
    const read = JSON.parse(text);
    return new Response(JSON.stringify(read), { headers: request.headers });
  };
  const timed = () => {
    const began = performance.now();
    work();
    return (performance.now() - began) * 1000;
  };
  const middle = (times) => Math.round(figuresOf(times).p50);
  for (let i = 0; i < WARM_UP; i++) work();
  const loop = middle(Array.from({ length: CALLS }, timed));
  const times = [];
  for (let i = 0; i < PAUSES; i++) {
    await sleep(PAUSE_MS);
    times.push(timed());
  }
  return { loop, paused: middle(times), pauseMs: PAUSE_MS };
}
