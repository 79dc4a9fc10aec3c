import type { ServiceContext } from "./context.js";
import { LETTERS_MS } from "./letter-seals.js";
import { allLetters } from "./letters.js";
import type { SweepResult } from "./types.js";

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

/** Removes everything that is past its retention. */
export async function sweep(context: ServiceContext): Promise<SweepResult> {
  const { hot, durable, log, clock, retentionMs, visitors } = context;
  const now = clock.now();
  await sweepRollups(context);
  const records = (await hot.sweep()) + (durable === hot ? 0 : await durable.sweep());
  const logEntries = (await log?.trim(now - retentionMs)) ?? 0;
  visitors.prune();
  const old: string[] = [];
  for await (const { id, at } of allLetters({ log, letterSeals: null }))
    if (at <= now - LETTERS_MS) old.push(id);
  const deadLetters = old.length === 0 ? 0 : ((await log?.deadLetters.remove(old)) ?? 0);
  return { records, logEntries, deadLetters };
}
