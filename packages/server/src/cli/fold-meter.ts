import type { Channel, Log } from "@attune/core/ports";
import type { OpenedPorts } from "./ports/open-ports.js";

/** What a worker has done, seen from its ports. */
export interface FoldMeter {
  /** Events folded by this process since it began. */
  events(): number;
  /** The consumer group, once this process is a member of it. */
  readonly group: Promise<string>;
  around(ports: OpenedPorts): OpenedPorts;
}

/** Counts what is announced as folded: the log's own entries are sealed, and one may hold several events. */
export function foldMeter(): FoldMeter {
  let events = 0;
  let joined: (group: string) => void = () => undefined;
  const group = new Promise<string>((resolve) => {
    joined = resolve;
  });
  const watchedLog = (log: Log): Log => ({
    ...log,
    async consume(name, handler, options) {
      const consumer = await log.consume(name, handler, options);
      joined(name);
      return consumer;
    },
  });
  const countedChannel = (channel: Channel): Channel => ({
    ...channel,
    publish(topic, data) {
      if (Array.isArray(data)) events += data.filter(isEvent).length;
      return channel.publish(topic, data);
    },
  });
  return {
    events: () => events,
    group,
    around: (ports) => ({ ...ports, log: watchedLog(ports.log), channel: countedChannel(ports.channel) }),
  };
}

const isEvent = (frame: unknown): boolean => (frame as { type?: unknown } | null)?.type === "event";
