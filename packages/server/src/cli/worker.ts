import { parseArgs } from "node:util";
import { openBackEnd } from "./back-end.js";
import { tuneHeap } from "../heap.js";
import { reportTo } from "./failure.js";
import { foldMeter } from "./fold-meter.js";
import { interrupted } from "./interrupted.js";
import { PLACE_OPTIONS, placeOf } from "./place.js";
import { rebuildCommand } from "./rebuild.js";
import { kindsOf } from "./ports/kinds.js";
import { warnOfRedis } from "./ports/redis-advice.js";
import { number, type Terminal } from "./terminal.js";

const LOOK_MS = 2000;
const SWEEP_MS = 3_600_000;

/** `attune worker`: folds what the log brings, beside any number of others, until it is interrupted; then it finishes the batch at hand. */
export async function workerCommand(args: string[], terminal: Terminal): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { ...PLACE_OPTIONS, rebuild: { type: "boolean", default: false } },
  });
  if (values.rebuild) return rebuildCommand(values, terminal);
  tuneHeap();
  const place = await placeOf(values);
  const report = reportTo(terminal);
  const meter = foldMeter();
  const ended = interrupted();
  const { ports, service, close } = await openBackEnd({
    ...place,
    worker: true,
    around: meter.around,
    report,
  });
  void warnOfRedis(place.ports, report);
  const timers: NodeJS.Timeout[] = [];
  const started = await Promise.race([meter.group, ended.then(() => null)]);
  if (started !== null) {
    const { shards } = ports.log.capabilities;
    const lag = await ports.log.lag(started).catch(() => null);
    const kinds = kindsOf(place.ports);
    if (values.json)
      terminal.out(
        JSON.stringify({ ready: true, pid: process.pid, group: started, shards, lag, ports: kinds }),
      );
    else {
      terminal.out(terminal.bold("The worker is ready"));
      terminal.out(
        `  folds       the log on ${kinds.log}, as one of the group "${started}", ${shards} shards in all`,
      );
      terminal.out(
        `  into        ${kinds.durable === undefined ? kinds.hot : `${kinds.hot} and ${kinds.durable}`}`,
      );
      terminal.out(
        `  waiting     ${lag === null ? "not known: the log did not answer" : `${number(lag)} batches`}`,
      );
      terminal.out(terminal.dim("  Ctrl+C ends it, after the batch at hand."));
    }
    timers.push(setInterval(() => void service.sweep().catch(report), SWEEP_MS));
    if (process.stderr.isTTY) timers.push(showProgress(terminal, meter.events, () => ports.log.lag(started)));
  }
  await ended;
  timers.forEach(clearInterval);
  terminal.status("");
  terminal.err("Finishing the batch at hand …");
  await close();
  if (values.json) terminal.out(JSON.stringify({ ended: true, events: meter.events() }));
  else terminal.out(`Folded ${number(meter.events())} events.`);
  return 0;
}

function showProgress(terminal: Terminal, events: () => number, lag: () => Promise<number>): NodeJS.Timeout {
  let before = events();
  return setInterval(() => {
    const rate = ((events() - before) / LOOK_MS) * 1000;
    before = events();
    void lag().then(
      (waiting) =>
        terminal.status(`${number(Math.round(rate))} events/s, ${number(waiting)} batches waiting`),
      () => terminal.status("the log does not answer"),
    );
  }, LOOK_MS);
}
