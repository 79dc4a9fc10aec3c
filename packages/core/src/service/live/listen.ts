import type { LogConsumer } from "../../ports/log.js";
import type { ServiceContext } from "../context.js";
import type { Waiting } from "../door/waiting.js";
import type { Rulesets } from "../rules/ruleset.js";
import { within } from "../tools/platform.js";
import type { GrownTeller } from "./tell-grown.js";
import { hearGrown, hearNotices, hearOutcomes, type Notice } from "./notices.js";

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;

/** Until when something is wanted. */
interface Wanted {
  now(): boolean;
  /** Resolves when it is not any more. */
  end: Promise<void>;
}

/** Tries until it works or is no longer wanted, which ends a pause at once; each failure is reported. */
async function persist<T>(
  start: () => Promise<T>,
  wanted: Wanted,
  report: (error: unknown) => void,
): Promise<T | null> {
  for (let wait = FIRST_WAIT_MS; wanted.now(); wait = Math.min(LONGEST_WAIT_MS, wait * 2)) {
    try {
      return await start();
    } catch (error) {
      report(error);
      await within(wanted.end, wait, undefined);
    }
  }
  return null;
}

/** Lets go of what is not so any more; of everything where something may have been missed. */
function heed({ visitors, subjectKeys }: ServiceContext, rulesets: Rulesets, notice: Notice | null): void {
  if (notice?.about === "ruleset") {
    rulesets.stale(notice.site);
    // Whoever brings visitors in line with new rules hears of them where nobody else asks.
    rulesets.look(notice.site);
  } else if (notice?.about === "folded") {
    for (const [visitor, version] of notice.versions) visitors.heard(notice.site, visitor, version);
  } else if (notice?.about === "standing") {
    visitors.forget(notice.site, notice.visitor);
    subjectKeys?.forget(notice.site, notice.visitor);
  } else {
    visitors.forget("", null);
    subjectKeys?.forget("", null);
    rulesets.stale(null);
  }
}

/** What a service does by itself as long as it is open: folds the log and hears what other services have changed and folded. */
export function keepListening(
  context: ServiceContext,
  { rulesets, waiting, grown }: { rulesets: Rulesets; waiting: Waiting; grown: GrownTeller },
  startWorker: () => Promise<LogConsumer | null>,
): { isOpen(): boolean; stop(): Promise<void> } {
  let open = true;
  let close = (): void => undefined;
  const end = new Promise<void>((resolve) => {
    close = resolve;
  });
  const wanted: Wanted = { now: () => open, end };
  const worker = persist(startWorker, wanted, context.report);
  const heardGrown = worker.then((started) => {
    if (started?.look === undefined) return null;
    const look = (shards: readonly number[]): void => started.look?.(shards);
    return persist(() => hearGrown(context, waiting.service, look), wanted, context.report);
  });
  const notices = persist(
    () =>
      hearNotices(context, (notice) => {
        heed(context, rulesets, notice);
      }),
    wanted,
    context.report,
  );
  const outcomes = persist(
    () =>
      hearOutcomes(context, waiting.service, (told) => {
        for (const [token, outcome] of told) waiting.tell(token, outcome);
      }),
    wanted,
    context.report,
  );
  return {
    isOpen: wanted.now,
    async stop() {
      open = false;
      close();
      try {
        await grown.end();
        await (await worker)?.stop();
      } finally {
        // Only now: until its last batch is folded the worker goes by what is heard.
        const left = [heardGrown, notices, outcomes].map(async (subscription) => (await subscription)?.());
        for (const one of await Promise.allSettled(left)) if (one.status === "rejected") throw one.reason;
      }
    },
  };
}
