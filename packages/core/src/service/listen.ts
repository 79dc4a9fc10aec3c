import type { LogConsumer } from "../ports/log.js";
import type { ServiceContext } from "./context.js";
import { hearNotices, hearOutcomes } from "./notices.js";
import { within } from "./platform.js";
import type { Rulesets } from "./ruleset.js";
import type { Standings } from "./standing.js";
import type { Waiting } from "./waiting.js";

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

/** What a service does by itself as long as it is open: folds the log and hears what other services have changed and folded. */
export function keepListening(
  context: ServiceContext,
  { rulesets, standings, waiting }: { rulesets: Rulesets; standings: Standings; waiting: Waiting },
  startWorker: () => Promise<LogConsumer | null>,
): { isOpen(): boolean; stop(): Promise<void> } {
  let open = true;
  let close = (): void => undefined;
  const end = new Promise<void>((resolve) => {
    close = resolve;
  });
  const wanted: Wanted = { now: () => open, end };
  const worker = persist(startWorker, wanted, context.report);
  const notices = persist(
    () =>
      hearNotices(context, (notice) => {
        if (notice?.about !== "ruleset") {
          standings.forget(notice?.site ?? "", notice?.visitor ?? null);
          context.subjectKeys?.forget(notice?.site ?? "", notice?.visitor ?? null);
        }
        if (notice?.about !== "standing") rulesets.stale(notice?.site ?? null);
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
      await (await worker)?.stop();
      await (await notices)?.();
      await (await outcomes)?.();
    },
  };
}
