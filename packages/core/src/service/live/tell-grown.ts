import { shardOf } from "../../memory/shards.js";
import type { LogEntry } from "../../ports/log.js";
import type { ServiceContext } from "../context.js";
import { sleep, within } from "../tools/platform.js";
import { notifyGrown } from "./notices.js";

/** Between two messages of one service; what is appended meanwhile goes with the next one. */
const REST_MS = 5;
/** How long a channel that does not answer may hold up the end: who is not told looks by itself. */
const LEAVE_MS = 1000;

export interface GrownTeller {
  /** Given what is to be appended: what tells of it once it is, and holds none of it. */
  of(entries: readonly LogEntry[]): () => void;
  /** Resolves when what has grown is told. */
  end(): Promise<void>;
}

const nothing = (): void => undefined;

/**
 * Tells who folds in other processes which shards have grown: with a log that is looked at from time to time an event would wait for the next look, half of
 * its interval on average. Says nothing where nobody else can hear it, or the log does not ask for it.
 *
 * @param by This service's name.
 */
export function createGrownTeller(
  context: Pick<ServiceContext, "log" | "channel" | "report">,
  by: string,
): GrownTeller {
  const grown = new Set<number>();
  let telling: Promise<void> | null = null;
  async function tell(): Promise<void> {
    while (grown.size > 0) {
      const shards = [...grown];
      grown.clear();
      // One message at a time, however long the channel takes.
      await Promise.all([notifyGrown(context, { by, shards }), sleep(REST_MS)]);
    }
    telling = null;
  }
  return {
    of(entries) {
      const { log, channel } = context;
      if (log?.capabilities.polled !== true || channel === null || channel.local === true) return nothing;
      const { shards } = log.capabilities;
      const own = new Set(entries.map(({ key }) => shardOf(key, shards)));
      return () => {
        for (const shard of own) grown.add(shard);
        telling ??= tell();
      };
    },
    async end() {
      if (telling !== null) await within(telling, LEAVE_MS, undefined);
    },
  };
}
