import type { LogConsumer } from "../ports/log.js";
import type { ServiceContext } from "./context.js";
import { hearNotices } from "./notices.js";
import { sleep } from "./platform.js";
import type { Rulesets } from "./ruleset.js";
import type { Standings } from "./standing.js";

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;

/** Tries until it works or is no longer wanted; each failure is reported. */
async function persist<T>(
  start: () => Promise<T>,
  wanted: () => boolean,
  report: (error: unknown) => void,
): Promise<T | null> {
  for (let wait = FIRST_WAIT_MS; wanted(); wait = Math.min(LONGEST_WAIT_MS, wait * 2)) {
    try {
      return await start();
    } catch (error) {
      report(error);
      await sleep(wait);
    }
  }
  return null;
}

/** What a service does by itself as long as it is open: folds the log and hears what other services have changed. */
export function keepListening(
  context: ServiceContext,
  { rulesets, standings }: { rulesets: Rulesets; standings: Standings },
  startWorker: () => Promise<LogConsumer | null>,
): { stop(): Promise<void> } {
  let open = true;
  const wanted = (): boolean => open;
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
  return {
    async stop() {
      open = false;
      await (await worker)?.stop();
      await (await notices)?.();
    },
  };
}
