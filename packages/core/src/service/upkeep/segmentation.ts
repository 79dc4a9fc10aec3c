import { listening } from "../../kernel/listening.js";
import type { ServiceContext } from "../context.js";
import { completeEffects } from "../effects/left-effects.js";
import { metaPartition, SORT, visitorOf, visitorPartition } from "../layout/partitions.js";
import type { SegmentationProgress } from "../results.js";
import type { Rulesets } from "../rules/ruleset.js";
import { segmentationKey } from "../rules/segmentation-key.js";
import { sleep } from "../tools/platform.js";
import { type DecisionsOf, segmentVisitors } from "./segment-visitors.js";

/** Visitors between two notes of how far it is. */
const GROUP = 128;
/** One that has noted nothing for so long is taken to have ended, ms. */
const SILENT_MS = 60_000;

/** `segmentation` in a site's meta partition: how far the visitors of a site are brought in line with its segments. */
interface SegmentationRecord {
  v: 1;
  /** Hash of what memberships hang on: segments, groups and models. */
  key: string;
  /** The process that is at it, and when it last said so. */
  by: string;
  at: number;
  /** The last partition that is done; null at the beginning. */
  after: string | null;
  visited: number;
  changed: number;
  began: number;
  ended: number | null;
}

const progressOf = ({ visited, changed, began, ended }: SegmentationRecord): SegmentationProgress => ({
  ...{ visited, changed, began, ended },
});

export interface SegmentAllOptions {
  /** From the beginning, also where everything is done; else it goes on where it was cut off. */
  anew?: boolean;
  /** Also where another process may be at it still. */
  takeOver?: boolean;
  /** Ends it after the group at hand. */
  isWanted?: () => boolean;
  onProgress?: (now: SegmentationProgress) => void;
  /** Whether others are kept from making everything anew meanwhile (default true). */
  claims?: boolean;
  /** Where everything is made anew: decisions as they were, by which memberships are found for each ruleset that was published since. */
  decisionsOf?: DecisionsOf;
}

type Parts = { rulesets: Pick<Rulesets, "of"> };

/** How far a site's visitors are; null where nothing was ever begun. */
export async function segmentationOf(
  { durable }: ServiceContext,
  site: string,
): Promise<SegmentationProgress | null> {
  const found = await durable.get<SegmentationRecord>(metaPartition(site), SORT.segmentation);
  return found && progressOf(found.value);
}

/**
 * Brings the memberships of all stored visitors in line with the site's ruleset, in groups, beside whoever folds. How far it is stands in the store: cut off, it goes on there; done, it does nothing
 * until segments, groups or models are others. Where these change on the way it begins again. One process at a time is at it; another one goes on a minute after it has fallen silent.
 *
 * Linear in the visitors: one read each, one commit for those who move.
 */
export async function segmentAll(
  context: ServiceContext,
  { rulesets }: Parts,
  [site, options = {}]: readonly [string, SegmentAllOptions?],
): Promise<SegmentationProgress> {
  const { durable, hot, clock } = context;
  const { anew = false, takeOver = false, isWanted = () => true, claims = true } = options;
  const tell = listening(options.onProgress ?? (() => undefined), context.report);
  const partition = metaPartition(site);
  const by = context.ids();
  const keyNow = async (): Promise<string> =>
    segmentationKey((await rulesets.of(site)).compiled?.ruleset ?? {});

  const found = await durable.get<SegmentationRecord>(partition, SORT.segmentation);
  const before = found?.value;
  const key = await keyNow();
  if (before && before.key === key && before.ended !== null && !anew) return progressOf(before);
  const isBusy = before?.ended === null && before.by !== "" && Math.abs(clock.now() - before.at) < SILENT_MS;
  if (before && isBusy && before.key === key && !anew && !takeOver) return progressOf(before);
  const goesOn = before && before.ended === null && before.key === key && !anew;
  const beginning = (of: string): SegmentationRecord => ({
    ...{ v: 1, key: of, by, at: clock.now(), after: null, visited: 0, changed: 0 },
    ...{ began: clock.now(), ended: null },
  });
  let record: SegmentationRecord = goesOn ? { ...before, by, at: clock.now() } : beginning(key);
  let version = found?.version ?? 0;
  /** False where another process has taken over. */
  const note = async (next: SegmentationRecord): Promise<boolean> => {
    record = { ...next, at: clock.now() };
    const put = await durable.put(partition, SORT.segmentation, record, { ifVersion: version });
    version = put.version;
    if (put.written) tell(progressOf(record));
    return put.written;
  };
  if (!(await note(record))) return progressOf(record);

  let isFirst = goesOn === true;
  const group = async (visitors: readonly string[]): Promise<void> => {
    if (claims && context.log !== null) await context.claim.hold();
    // What was cut off may have been committed, and not counted yet.
    if (isFirst)
      await completeEffects(
        context,
        visitors.map((visitor) => ({ site, visitor })),
      );
    isFirst = false;
    const changed = await segmentVisitors(context, [site, visitors], {
      rulesOf: () => rulesets.of(site),
      decisionsOf: options.decisionsOf,
    });
    const last = visitors[visitors.length - 1] as string;
    const { visited, changed: so } = record;
    record = { ...record, after: visitorPartition(site, last) };
    record = { ...record, visited: visited + visitors.length, changed: so + changed };
  };
  const pass = async (): Promise<"done" | "changed" | "left"> => {
    let waiting: string[] = [];
    for await (const name of hot.partitions(visitorPartition(site, ""))) {
      if (record.after !== null && name <= record.after) continue;
      const visitor = visitorOf(name)?.visitor;
      if (visitor !== undefined) waiting.push(visitor);
      if (waiting.length < GROUP) continue;
      await group(waiting);
      waiting = [];
      if (!isWanted()) return (await note({ ...record, by: "" })) ? "left" : "left";
      if ((await keyNow()) !== record.key) return "changed";
      if (!(await note(record))) return "left";
      // A store in this process would let nobody else have a turn.
      await sleep(0);
    }
    if (waiting.length > 0) await group(waiting);
    return (await keyNow()) === record.key ? "done" : "changed";
  };
  for (;;) {
    const outcome = await pass();
    if (outcome === "left") return progressOf(record);
    if (outcome === "done") {
      await note({ ...record, ended: clock.now() });
      return progressOf(record);
    }
    if (!(await note(beginning(await keyNow())))) return progressOf(record);
  }
}

/** What a worker does by itself: sites whose segments have changed, one after another, behind everything else. */
export interface Segmentation {
  owe(site: string): void;
  /** Resolves when nothing is owed any more. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

export function createSegmentation(context: ServiceContext, parts: Parts): Segmentation {
  const owed = new Set<string>();
  let stopped = false;
  let running: Promise<void> | null = null;
  const run = async (): Promise<void> => {
    for (const site of owed) {
      owed.delete(site);
      if (stopped) return;
      try {
        await segmentAll(context, parts, [site, { isWanted: () => !stopped }]);
      } catch (error) {
        context.report(error);
      }
    }
  };
  return {
    owe(site) {
      if (stopped) return;
      owed.add(site);
      running ??= Promise.resolve()
        .then(run)
        .finally(() => {
          running = null;
        });
    },
    async settle() {
      while (running !== null) await running;
    },
    async stop() {
      stopped = true;
      await running;
    },
  };
}
