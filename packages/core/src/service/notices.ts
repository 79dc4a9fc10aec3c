import type { ServiceContext } from "./context.js";

/** What services over the same ports tell each other. Loss is allowed: whatever is remembered of it is looked up again in seconds. */
export type Notice =
  | { about: "standing"; site: string; visitor: string }
  | { about: "ruleset"; site: string };

/** No site can be called `_`. */
const TOPIC = "_/notices";

export async function notify(
  { channel, report }: Pick<ServiceContext, "channel" | "report">,
  notice: Notice,
): Promise<void> {
  await channel?.publish(TOPIC, notice).catch(report);
}

/** Calls back with each notice, and with null where some may have been lost. */
export async function hearNotices(
  { channel }: Pick<ServiceContext, "channel">,
  listener: (notice: Notice | null) => void,
): Promise<() => Promise<void>> {
  if (channel === null) return async () => undefined;
  return channel.subscribe<Notice>([TOPIC], (frame) => listener(frame.type === "gap" ? null : frame.data));
}
