import type { Cluster, Redis, RedisOptions } from "ioredis";
import type { Connection, RedisClient } from "./connection.js";
import { within } from "./within.js";

/** Subscriptions on one connection (or one cluster), for as long as nothing goes wrong with it. */
export interface Subscription {
  /** Resolves once messages published from now on will come. Again for a channel does no harm. */
  add(channels: readonly string[]): Promise<void>;
  remove(channels: readonly string[]): Promise<void>;
  end(): void;
}

export interface SubscriptionEvents {
  message(channel: string, text: string): void;
  /** From now on messages may be missing. Called once at most. */
  broken(): void;
}

/** For how long one attempt to connect or to subscribe may take, in which a client may wait for a node that is gone. */
export const ATTEMPT_MS = 2000;
const PING_EVERY_MS = 10_000;
const PING_WITHIN_MS = 5_000;

const OPTIONS = {
  keyPrefix: "",
  lazyConnect: true,
  enableOfflineQueue: true,
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  // A connection that broke is not mended but replaced, by who knows what was subscribed to.
  retryStrategy: () => null,
} satisfies RedisOptions;

/**
 * Subscribes on a connection of its own: to the server; in a cluster to the node that the turn falls on, since every node hears what is
 * published at any.
 */
export async function subscribePlain(
  client: RedisClient,
  { connection, turn, events }: { connection: Connection; turn: number; events: SubscriptionEvents },
): Promise<Subscription> {
  const nodes = client.isCluster ? await connection.primaries() : [client as Redis];
  const redis = (nodes[turn % nodes.length] as Redis).duplicate(OPTIONS);
  redis.on("error", ignore);
  redis.on("message", events.message);
  await connected(redis);
  // A peer that is gone without a word keeps the connection open for many minutes.
  const pulse = setInterval(() => {
    const late = setTimeout(() => redis.disconnect(), PING_WITHIN_MS);
    redis.ping().then(
      () => clearTimeout(late),
      () => clearTimeout(late),
    );
  }, PING_EVERY_MS);
  const over = (): void => {
    clearInterval(pulse);
    events.broken();
  };
  redis.once("close", over);
  if (redis.status !== "ready") over();
  return {
    async add(channels) {
      if (channels.length > 0) await redis.subscribe(...channels);
    },
    async remove(channels) {
      if (channels.length > 0) await redis.unsubscribe(...channels);
    },
    end: () => redis.disconnect(),
  };
}

/** Subscribes to sharded channels: each is heard at the node that holds its slot, and nowhere else. */
export async function subscribeSharded(client: Cluster, events: SubscriptionEvents): Promise<Subscription> {
  const cluster = client.duplicate([], {
    keyPrefix: "",
    lazyConnect: true,
    shardedSubscribers: true,
    clusterRetryStrategy: () => null,
    redisOptions: { keyPrefix: "" },
  });
  cluster.on("error", ignore);
  cluster.on("node error", ignore);
  cluster.on("smessage", events.message);
  await connected(cluster);
  const broken = once(events.broken);
  // Until the first subscription stands, subscribers come and go by themselves.
  const watch = once(() => {
    for (const event of ["-subscriber", "subscribersReady", "close"]) cluster.on(event, broken);
    // Of a subscriber where it has a name; the other nodes may come and go.
    cluster.on("-node", (_node: unknown, name?: string) => name !== undefined && broken());
  });
  // ioredis keeps a channel as often as it was subscribed to.
  const there = new Set<string>();
  return {
    async add(channels) {
      const fresh = channels.filter((channel) => !there.has(channel));
      // One by one: each has a slot of its own.
      await Promise.all(fresh.map((channel) => cluster.ssubscribe(channel)));
      for (const channel of fresh) there.add(channel);
      watch();
    },
    async remove(channels) {
      for (const channel of channels) there.delete(channel);
      await Promise.all(channels.map((channel) => cluster.sunsubscribe(channel)));
    },
    end: () => cluster.disconnect(),
  };
}

async function connected(client: RedisClient): Promise<void> {
  try {
    await within(client.connect(), ATTEMPT_MS);
  } catch (error) {
    client.disconnect();
    throw error;
  }
}

function once(action: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) action();
    isDone = true;
  };
}

const ignore = (): void => undefined;
