import type { ServiceContext } from "./context.js";
import { LETTERS_MS } from "./letter-seals.js";
import { allLetters } from "./letters.js";
import type { SweepResult } from "./types.js";

/** Removes everything that is past its retention. */
export async function sweep(context: ServiceContext): Promise<SweepResult> {
  const { hot, durable, log, clock, retentionMs, visitors } = context;
  const now = clock.now();
  const records = (await hot.sweep()) + (durable === hot ? 0 : await durable.sweep());
  const logEntries = (await log?.trim(now - retentionMs)) ?? 0;
  visitors.prune();
  const old: string[] = [];
  for await (const { id, at } of allLetters({ log, letterSeals: null }))
    if (at <= now - LETTERS_MS) old.push(id);
  const deadLetters = old.length === 0 ? 0 : ((await log?.deadLetters.remove(old)) ?? 0);
  return { records, logEntries, deadLetters };
}
