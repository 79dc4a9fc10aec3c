import { parseArgs } from "node:util";
import type { SegmentationProgress } from "@attune/core/service";
import { withBackEnd } from "./back-end.js";
import { reportTo } from "./failure.js";
import { interrupted } from "./interrupted.js";
import { PLACE_OPTIONS, placeWithData } from "./place.js";
import { bar, number, seconds, type Terminal } from "./terminal.js";

/** Redrawing a line costs more than what it tells of. */
const REDRAW_MS = 100;

/**
 * `attune segment`: brings all stored visitors in line with the segments of the ruleset, beside whoever folds. Interrupted, or cut off, the next one goes on there. Exit code 1 where it is not
 * done: it was interrupted, or another process is at it.
 */
export async function segmentCommand(args: string[], terminal: Terminal): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      ...PLACE_OPTIONS,
      site: { type: "string", default: "default" },
      anew: { type: "boolean", default: false },
      "take-over": { type: "boolean", default: false },
    },
  });
  const { site, json } = values;
  const place = await placeWithData(values);
  const began = Date.now();
  const ended = new AbortController();
  void interrupted().then(() => ended.abort());
  const { done, of } = await withBackEnd({ ...place, report: reportTo(terminal) }, async (backEnd) => {
    let of = 0;
    // So that it can be told how much is left; what comes meanwhile is in line by itself.
    for await (const _name of backEnd.ports.stores.hot.partitions(`${site}/v/`)) of++;
    const done = await backEnd.service.segments.evaluate({
      ...{ site, anew: values.anew, takeOver: values["take-over"], signal: ended.signal },
      onProgress: progressOn(terminal, of),
    });
    return { done, of };
  }).finally(() => terminal.status(""));
  const ms = Date.now() - began;
  const isDone = done.ended !== null;
  if (json) terminal.out(JSON.stringify({ segmented: isDone, site, ...done, of, ms }));
  else {
    terminal.out(
      terminal.bold(
        isDone
          ? "All visitors are in line with the segments"
          : "Not all visitors are in line with the segments yet",
      ),
    );
    terminal.out(`  looked at   ${number(done.visited)} of ${number(of)} visitors`);
    terminal.out(`  moved       ${number(done.changed)}, each into or out of a segment`);
    terminal.out(`  took        ${seconds(ms)}`);
    if (!isDone)
      terminal.out(
        terminal.dim(
          ended.signal.aborted
            ? "  attune segment goes on from here."
            : "  Another process is at it, or was less than a minute ago; --take-over goes on in its place.",
        ),
      );
  }
  return isDone ? 0 : 1;
}

function progressOn(terminal: Terminal, of: number): (now: SegmentationProgress) => void {
  let drawn = 0;
  return ({ visited, changed }) => {
    const now = Date.now();
    if (now - drawn < REDRAW_MS) return;
    drawn = now;
    terminal.status(
      `${bar(of === 0 ? 1 : Math.min(1, visited / of))}  ${number(visited)} visitors, ${number(changed)} moved`,
    );
  };
}
