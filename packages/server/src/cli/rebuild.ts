import type { RebuildProgress } from "@attune/core/service";
import { withBackEnd } from "./back-end.js";
import { reportTo } from "./failure.js";
import { placeWithData } from "./place.js";
import { number, seconds, type Terminal } from "./terminal.js";

/** Redrawing a line costs more than what it tells of. */
const REDRAW_MS = 100;

/**
 * `attune worker --rebuild`: makes everything that events have made anew, from the log. Exit code 1 where somebody else is at work; then
 * nothing was touched.
 */
export async function rebuildCommand(
  given: { config?: string; dir?: string; json: boolean },
  terminal: Terminal,
): Promise<number> {
  const place = await placeWithData(given);
  const began = Date.now();
  const result = await withBackEnd({ ...place, report: reportTo(terminal) }, ({ service }) =>
    service.rebuild(progressOn(terminal)),
  ).finally(() => terminal.status(""));
  const ms = Date.now() - began;
  if (given.json) terminal.out(JSON.stringify({ rebuilt: true, ...result, ms }));
  else {
    terminal.out(terminal.bold("Everything that events have made is made anew"));
    terminal.out(`  cleared     ${number(result.partitions)} partitions`);
    terminal.out(
      `  folded      ${number(result.events)} events, from ${number(result.entries)} entries of the log`,
    );
    terminal.out(`  took        ${seconds(ms)}`);
    terminal.out(terminal.dim("  Workers go on where they were: attune worker, attune serve."));
  }
  return 0;
}

function progressOn(terminal: Terminal): (now: RebuildProgress) => void {
  let drawn = 0;
  return ({ phase, done }) => {
    const now = Date.now();
    if (now - drawn < REDRAW_MS) return;
    drawn = now;
    terminal.status(
      phase === "clearing" ? `${number(done)} partitions cleared` : `${number(done)} log entries folded`,
    );
  };
}
