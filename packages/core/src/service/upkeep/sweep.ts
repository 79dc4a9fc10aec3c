import type { ServiceContext } from "../context.js";
import { completeEffects, type LeftEffects } from "../effects/left-effects.js";
import { PARKED } from "../fold/fold-apart.js";
import { LETTERS_MS } from "../letters/letter-seals.js";
import { eraseBrief } from "../log/brief.js";
import { allLetters, isOver } from "../letters/letters.js";
import { leaveSegments } from "./leave-segments.js";
import type { SweepResult } from "../types.js";

/** Not beside a rebuild, which counts the minutes anew and must not lose one half done. A series that is away keeps nothing else waiting. */
export async function sweepRollups({ rollups, claim, log, report }: ServiceContext): Promise<void> {
  if (rollups === null) return;
  try {
    if (log !== null) await claim.hold();
    await rollups.sweep();
  } catch (error) {
    report(error);
  }
}

/**
 * Removes everything that is past its retention, and does what commits have left undone where nothing else will.
 *
 * @param left What may have been left undone by anybody; null where this service has no worker.
 */
export async function sweep(context: ServiceContext, left: LeftEffects | null): Promise<SweepResult> {
  const { hot, durable, log, clock, retentionMs, visitors, report } = context;
  const now = clock.now();
  await sweepRollups(context);
  // What is made anew meanwhile is counted anew, too.
  await leaveSegments(context).catch(report);
  const records = (await hot.sweep()) + (durable === hot ? 0 : await durable.sweep());
  // A time before 1970 may mean something else to a log (Kafka: -1 is its end).
  const logEntries = (await log?.trim(Math.max(0, now - retentionMs))) ?? 0;
  const brief = await eraseBrief(context);
  visitors.prune();
  const old: string[] = [];
  const parked: { site: string; visitor: string }[] = [];
  for await (const letter of allLetters({ log, letterSeals: null })) {
    const { id, at, source, subject } = letter;
    if (at > now - LETTERS_MS && !isOver(letter, now)) continue;
    old.push(id);
    if (source.route === PARKED && subject !== undefined)
      parked.push({ site: source.site, visitor: subject });
  }
  // Its replay would have done the rest of what its visitor's commit began.
  await completeEffects(context, parked);
  const deadLetters = old.length === 0 ? 0 : ((await log?.deadLetters.remove(old)) ?? 0);
  await left?.settle().catch(report);
  return { records, logEntries: logEntries + brief, deadLetters };
}
