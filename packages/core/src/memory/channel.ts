import { AttuneError } from "../kernel/errors.js";
import { listening } from "../kernel/listening.js";
import { safeReport } from "../kernel/safe-report.js";
import type { Channel, ChannelFrame } from "../ports/channel.js";

export interface MemoryChannelOptions {
  /** Told of what a listener threw. */
  report?(error: unknown): void;
}

type Listener = (frame: ChannelFrame<never>) => void;

/**
 * A {@link Channel} within this process. A message reaches every listener in the next microtask, in the order of
 * publishing; nothing is ever lost, so there are no gap frames. Listeners share one frame and must not change it.
 */
export function memoryChannel(options: MemoryChannelOptions = {}): Channel {
  const topics = new Map<string, Set<Listener>>();
  const report = safeReport(options);
  let closed = false;
  const open = (): void => {
    if (closed) throw new AttuneError("ATTUNE_CHANNEL_CLOSED", "The channel is closed. Open a new one.");
  };

  const deliver = (topic: string, data: unknown): void => {
    const frame = { type: "message", topic, data } as ChannelFrame<never>;
    for (const listener of [...(topics.get(topic) ?? [])]) {
      // One that was taken off by a listener before it is passed over.
      if (topics.get(topic)?.has(listener)) listener(frame);
    }
  };

  return {
    local: true,
    async publish(topic, data) {
      open();
      await Promise.resolve();
      deliver(topic, data);
    },
    async subscribe<M>(wanted: readonly string[], listener: (frame: ChannelFrame<M>) => void) {
      open();
      // Its own function, so that the same listener can subscribe twice and leave once.
      const own: Listener = listening(listener, report);
      for (const topic of wanted) topics.set(topic, (topics.get(topic) ?? new Set()).add(own));
      return async () => {
        for (const topic of wanted) {
          const listeners = topics.get(topic);
          if (listeners?.delete(own) && listeners.size === 0) topics.delete(topic);
        }
      };
    },
    async close() {
      closed = true;
      topics.clear();
    },
  };
}
