import { AttuneError, listening, safeReport } from "@attune/core";
import { keyHash } from "@attune/core/memory";
import type { Channel, ChannelFrame } from "@attune/core/ports";
import type { Cluster, Redis } from "ioredis";
import { clientPrefix, connect, type RedisClient } from "./connection.js";
import { closedError } from "./errors.js";
import { checkedPrefix, quote } from "./keys.js";
import { redisSubscriber } from "./subscriber.js";
import { subscribePlain, subscribeSharded } from "./subscription.js";

export interface RedisChannelOptions {
  /**
   * An ioredis `Redis` or `Cluster`. The channel makes connections of its own from it and never closes yours. A cluster with
   * `shardedSubscribers: true` (Redis 7 or newer) uses sharded channels, so that a message reaches one node instead of all.
   */
  client: RedisClient;
  /** Stands before every channel's name, behind the client's own `keyPrefix` (default `attune`). */
  prefix?: string;
  /** How long `publish` and `subscribe` may wait out a restart or a failover, ms (default 5000). */
  patience?: number;
  /** Told of what a listener threw, and of a message that is not ours. */
  report?(error: unknown): void;
}

type Listener = (frame: ChannelFrame<never>) => void;

/**
 * A {@link Channel} on Redis' publish/subscribe. Messages are JSON. After every loss of the subscriber's connection, and whenever the
 * slots of a cluster with sharded channels move, each topic gets a gap frame as soon as it is subscribed to again. A connection that
 * dies without a word is noticed within 15 s (with sharded channels when TCP notices).
 */
export function redisChannel(options: RedisChannelOptions): Channel {
  const { client, prefix = "attune", patience = 5000 } = options;
  const root = checkedPrefix(clientPrefix(client), prefix);
  const connection = connect(client, patience);
  const isSharded = isShardedCluster(client);
  const head = `${root}:c/`;
  const channelOf = (topic: string): string => head + quote(topic);
  /** Topics by the names of their channels. */
  const topics = new Map<string, { topic: string; listeners: Set<Listener> }>();
  const report = safeReport(options);
  let isClosed = false;
  const open = (): void => {
    if (isClosed) throw closedError("CHANNEL");
  };

  const deliver = (channel: string, frameOf: (topic: string) => ChannelFrame): void => {
    const known = topics.get(channel);
    if (known === undefined) return;
    const frame = frameOf(known.topic) as ChannelFrame<never>;
    for (const listener of [...known.listeners]) {
      // One that was taken off by a listener before it is passed over.
      if (known.listeners.has(listener)) listener(frame);
    }
  };
  const subscriber = redisSubscriber({
    patienceMs: patience,
    start: (turn, events) =>
      isSharded
        ? subscribeSharded(client as Cluster, events)
        : subscribePlain(client, { connection, turn, events }),
    message(channel, text) {
      let data: unknown;
      try {
        data = JSON.parse(text);
      } catch (error) {
        return report(error);
      }
      deliver(channel, (topic) => ({ type: "message", topic, data }));
    },
    lost(channels) {
      for (const channel of channels) deliver(channel, (topic) => ({ type: "gap", topic }));
    },
  });

  /** Any node of a cluster would do; one and the same for a topic keeps its messages in order. */
  const nodeFor = (channel: string): Redis | undefined => {
    const nodes = connection.nodes();
    return nodes[keyHash(channel) % nodes.length];
  };
  const leave = async (channels: readonly string[], listener: Listener): Promise<void> => {
    const unheard = channels.filter((channel) => {
      const known = topics.get(channel);
      return known?.listeners.delete(listener) === true && known.listeners.size === 0;
    });
    for (const channel of unheard) topics.delete(channel);
    if (unheard.length > 0 && !isClosed) await subscriber.remove(unheard);
  };

  return {
    async publish(topic, data) {
      open();
      const text = toJson(data);
      const channel = channelOf(topic);
      if (isSharded) await connection.call("spublish", [channel, text]);
      else await connection.call("publish", [channel, text], { node: () => nodeFor(channel) });
    },
    async subscribe<M>(wanted: readonly string[], listener: (frame: ChannelFrame<M>) => void) {
      open();
      // Its own function, so that the same listener can subscribe twice and leave once.
      const own: Listener = listening(listener, report);
      const channels = [...new Set(wanted.map(channelOf))];
      for (const topic of wanted) {
        const channel = channelOf(topic);
        const known = topics.get(channel) ?? { topic, listeners: new Set() };
        topics.set(channel, known);
        known.listeners.add(own);
      }
      try {
        await subscriber.add(channels);
      } catch (error) {
        await leave(channels, own);
        throw error;
      }
      return () => leave(channels, own);
    },
    async close() {
      isClosed = true;
      topics.clear();
      subscriber.close();
      await connection.close();
    },
  };
}

const isShardedCluster = (client: RedisClient): boolean =>
  client.isCluster && (client as Cluster).options.shardedSubscribers === true;

function toJson(data: unknown): string {
  try {
    return JSON.stringify(data) ?? "null";
  } catch (cause) {
    throw new AttuneError(
      "ATTUNE_CHANNEL_VALUE",
      "A message has no JSON form: it is circular, nested too deeply, or holds a BigInt. Publish plain data.",
      { cause },
    );
  }
}
