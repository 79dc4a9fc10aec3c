import { shardOf } from "../../memory/shards.js";
import type { LogEntry } from "../../ports/log.js";
import type { ServiceContext } from "../context.js";
import { sleep } from "../tools/platform.js";
import { notifyGrown } from "./notices.js";

/** Between two messages of one service; what is appended meanwhile goes with the next one. */
const REST_MS = 5;

/** Given what is to be appended: what tells of it, and holds none of it. */
export type TellGrown = (entries: readonly LogEntry[]) => () => void;

const nothing = (): void => undefined;

/**
 * Tells who folds in other processes which shards have grown: with a log that is looked at from time to time an event would wait for the next look, half of
 * its interval on average. Says nothing where nobody else can hear it, or the log tells by itself.
 *
 * @param by This service's name.
 */
export function createGrownTeller(
  context: Pick<ServiceContext, "log" | "channel" | "report">,
  by: string,
): TellGrown {
  const grown = new Set<number>();
  let rests = false;
  async function tell(): Promise<void> {
    rests = true;
    while (grown.size > 0) {
      const shards = [...grown];
      grown.clear();
      void notifyGrown(context, { by, shards });
      await sleep(REST_MS);
    }
    rests = false;
  }
  return (entries) => {
    const { log, channel } = context;
    if (log?.capabilities.polled !== true || channel === null || channel.local === true) return nothing;
    const { shards } = log.capabilities;
    const own = new Set(entries.map(({ key }) => shardOf(key, shards)));
    return () => {
      for (const shard of own) grown.add(shard);
      if (!rests) void tell();
    };
  };
}
