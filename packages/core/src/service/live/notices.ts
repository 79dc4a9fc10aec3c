import type { ServiceContext } from "../context.js";
import type { EventOutcome } from "../types.js";

/** What services over the same ports tell each other. Loss is allowed: whatever is remembered of it is looked up again in seconds. */
export type Notice =
  | { about: "standing"; site: string; visitor: string }
  /** The versions that visitors' states have come to. */
  | { about: "folded"; site: string; versions: readonly (readonly [visitor: string, version: number])[] }
  | { about: "ruleset"; site: string };

/** No site can be called `_`. */
const TOPIC = "_/notices";

export async function notify(
  { channel, report }: Pick<ServiceContext, "channel" | "report">,
  notice: Notice,
): Promise<void> {
  await channel?.publish(TOPIC, notice).catch(report);
}

/** What became of events that a service waits for, by its tokens. */
export type ToldOutcomes = readonly (readonly [token: string, outcome: EventOutcome])[];

/** Each service has its own, so that none hears what concerns another. */
const outcomesTopic = (service: string): string => `_/outcomes/${service}`;

/** Tells the service that waits. Loss is allowed: then it waits as long as it was asked to. */
export async function notifyOutcomes(
  { channel, report }: Pick<ServiceContext, "channel" | "report">,
  service: string,
  told: ToldOutcomes,
): Promise<void> {
  await channel?.publish(outcomesTopic(service), told).catch(report);
}

/** Calls back with what other services have folded of what this one waits for. */
export async function hearOutcomes(
  { channel }: Pick<ServiceContext, "channel">,
  service: string,
  listener: (told: ToldOutcomes) => void,
): Promise<() => Promise<void>> {
  if (channel === null) return async () => undefined;
  return channel.subscribe<ToldOutcomes>([outcomesTopic(service)], (frame) => {
    if (frame.type === "message") listener(frame.data);
  });
}

const GROWN = "_/grown";

/** Shards of the log that a service has appended to. */
interface Grown {
  by: string;
  shards: readonly number[];
}

/** Tells those who fold in other processes. Loss is allowed: they look by themselves, only later. */
export async function notifyGrown(
  { channel, report }: Pick<ServiceContext, "channel" | "report">,
  grown: Grown,
): Promise<void> {
  await channel?.publish(GROWN, grown).catch(report);
}

/** Calls back with the shards that services other than this one have appended to. */
export async function hearGrown(
  { channel }: Pick<ServiceContext, "channel">,
  own: string,
  listener: (shards: readonly number[]) => void,
): Promise<() => Promise<void>> {
  if (channel === null) return async () => undefined;
  return channel.subscribe<Grown>([GROWN], (frame) => {
    if (frame.type === "message" && frame.data.by !== own) listener(frame.data.shards);
  });
}

/** Calls back with each notice, and with null where some may have been lost. */
export async function hearNotices(
  { channel }: Pick<ServiceContext, "channel">,
  listener: (notice: Notice | null) => void,
): Promise<() => Promise<void>> {
  if (channel === null) return async () => undefined;
  return channel.subscribe<Notice>([TOPIC], (frame) => listener(frame.type === "gap" ? null : frame.data));
}
