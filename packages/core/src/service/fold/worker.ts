import { AttuneError } from "../../kernel/errors.js";
import type { Log, LogConsumer, LogGap, LogRecord } from "../../ports/log.js";
import type { ServiceContext } from "../context.js";
import { serviceOf, type Waiting } from "../door/waiting.js";
import type { LeftEffects } from "../effects/left-effects.js";
import { visitorOf } from "../layout/partitions.js";
import type { LoggedRun } from "../layout/records.js";
import { publishGaps } from "../live/frames.js";
import { notifyOutcomes } from "../live/notices.js";
import { sleep } from "../tools/platform.js";
import type { EventOutcome } from "../types.js";
import { foldApart } from "./fold-apart.js";
import type { FoldParts } from "./fold-batch.js";
import { foldRuns, type RunOutcome } from "./fold-runs.js";

/** The consumer group whose positions say up to where the log is folded. */
export const FOLD_GROUP = "fold";
/** A visitor's events are committed together as far as they come together, so a backlog is folded faster in large batches. */
const MAX_BATCH = 1000;

/** Failures of one batch after which its visitors are folded one by one. */
const MAX_FAILURES = 5;

function lostBefore({ shard, after, to, atMost }: LogGap): AttuneError {
  return new AttuneError(
    "ATTUNE_LOG_GAP",
    `The log no longer has what was appended to shard ${shard} after position ${after} up to ${to}, ${atMost} entries at most: they were removed before they were folded, and are lost. Let the log keep entries longer than the longest stop of all workers (of a Kafka topic: retention.ms and retention.bytes).`,
  );
}

/** Whether visitors were folded, but nothing of this log: it took the place of the one that they came from, or lost its positions. */
async function isAnotherLog({ hot }: ServiceContext, log: Log): Promise<boolean> {
  for (let shard = 0; shard < log.capabilities.shards; shard++)
    if ((await log.committed(FOLD_GROUP, shard)) > 0) return false;
  for await (const partition of hot.partitions("")) if (visitorOf(partition) !== null) return true;
  return false;
}

/**
 * The sites of entries that may have been committed by a try that did not come to their live frames. Set aside, too: what has failed may have
 * been committed before.
 */
function untold(
  records: readonly LogRecord<LoggedRun>[],
  outcomes: readonly RunOutcome[],
  tried: number,
): string[] {
  return records.flatMap(({ position, value }, i) => {
    const told = outcomes[i] ?? [];
    if (position > tried || told === "erased") return [];
    return told.length === 0 || told.includes("duplicate") ? [value.site] : [];
  });
}

/**
 * Folds what the log brings, once the service is ready. A batch that fails is reported and comes again; where it fails again and again,
 * the visitors who are the cause are set aside, so that one of them cannot hold up all others of the shard.
 *
 * Where the log may have lost what would have come again after a crash, what was left undone by it is searched for.
 */
export async function startWorker(
  context: ServiceContext,
  {
    waiting,
    left,
    ready,
    ...parts
  }: FoldParts & { waiting: Waiting; left: LeftEffects; ready(): Promise<void> },
): Promise<LogConsumer | null> {
  const { log, report } = context;
  if (log === null) return null;
  const failures = new Map<number, { position: number; count: number }>();
  /** By shard, up to which position entries may have been folded before, in part: by a try that failed, or a process that died. */
  const triedTo = new Map<number, number>();
  const handle = async (records: readonly LogRecord<LoggedRun>[]): Promise<void> => {
    await ready();
    await context.claim.hold();
    await left.noted();
    const batch = records.map(({ value }) => value);
    const { shard = 0, position = 0 } = records[0] ?? {};
    const before = failures.get(shard);
    const count = before?.position === position ? before.count : 0;
    failures.set(shard, { position, count: count + 1 });
    const last = records.at(-1)?.position ?? 0;
    const tried = triedTo.get(shard) ?? last;
    triedTo.set(shard, Math.max(tried, last));
    const outcomes = await (count < MAX_FAILURES ? foldRuns : foldApart)(context, parts, batch);
    failures.delete(shard);
    triedTo.set(shard, tried);
    await publishGaps(context, untold(records, outcomes, tried));
    const elsewhere = new Map<string, [token: string, outcome: EventOutcome][]>();
    batch.forEach(({ wait = [] }, i) => {
      const told = outcomes[i];
      wait.forEach((token, place) => {
        const outcome = told === "erased" ? told : told?.[place];
        if (outcome === undefined || waiting.tell(token, outcome)) return;
        const service = serviceOf(token);
        const list = elsewhere.get(service);
        if (list === undefined) elsewhere.set(service, [[token, outcome]]);
        else list.push([token, outcome]);
      });
    });
    await Promise.all(Array.from(elsewhere, ([service, list]) => notifyOutcomes(context, service, list)));
  };
  const onGap = (gap: LogGap): void => {
    context.lost.entries += gap.atMost;
    report(lostBefore(gap));
    left.owe();
  };
  if (await isAnotherLog(context, log)) left.owe();
  return log.consume<LoggedRun>(FOLD_GROUP, handle, { maxBatch: MAX_BATCH, onError: report, onGap });
}

/**
 * Resolves when the group has committed all that the log holds.
 * @throws ATTUNE_SERVICE_CLOSED where the service is closed before that.
 */
export async function caughtUp({ log }: ServiceContext, isOpen: () => boolean): Promise<void> {
  if (log === null) return;
  for (let wait = 1; (await log.lag(FOLD_GROUP)) > 0; wait = Math.min(50, wait * 2)) {
    if (!isOpen())
      throw new AttuneError(
        "ATTUNE_SERVICE_CLOSED",
        "The service was closed while the log held events that are not folded; they are folded by the next one over the same ports.",
      );
    await sleep(wait);
  }
}
