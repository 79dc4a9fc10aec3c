import { join } from "node:path";
import { memoryChannel } from "@attune/core/memory";
import type { AtomicStore, Channel, Log, Series, Store } from "@attune/core/ports";
import type { PortsConfig, RedisConfig } from "@attune/core/wire";
import type { RotatingKeys } from "@attune/server-adapters/keys";
import type { RedisClient } from "@attune/server-adapters/redis";
import { openPrivately } from "../../embedded/open-privately.js";
import {
  dynamoClient,
  influxTarget,
  kafkaClient,
  kmsClient,
  postgresPool,
  redisClient,
  redisName,
} from "./clients.js";
import { closeAll, type Closing } from "./closing.js";
import { vendor } from "./vendor.js";

/** What a command works on. */
export interface OpenedPorts {
  stores: { hot: AtomicStore; durable?: Store };
  log: Log;
  channel: Channel;
  series: Series | null;
  /** Null: the service keeps its keys beside the data and seals nothing. */
  keys: RotatingKeys | null;
  close(): Promise<void>;
}

export interface OpenPortsOptions {
  ports: PortsConfig;
  /** Folder of what is on LMDB and names none of its own. */
  dir: string;
  retentionMs: number;
  report(error: unknown): void;
}

interface Opening extends OpenPortsOptions {
  closing: Closing;
  /** One client for each Redis, whatever it is used for. */
  redis: Map<string, RedisClient>;
}

const lmdb = () => vendor("LMDB", "lmdb", () => import("@attune/server-adapters/lmdb"));

/**
 * Opens the systems of a configuration; what only one of them needs is loaded only then. Where one cannot be opened, the others are closed again.
 *
 * @throws AttuneError `ATTUNE_CLI_PACKAGE`, and those of the adapters.
 */
export async function openPorts(options: OpenPortsOptions): Promise<OpenedPorts> {
  return opened(options, async (opening) => {
    const hot = await openHot(opening);
    const durable = await openDurable(opening);
    const log = await openLog(opening);
    const channel = await openChannel(opening);
    const series = await openSeries(opening);
    const keys = await openKeys(opening, durable ?? hot);
    return { stores: { hot, ...(durable && { durable }) }, log, channel, series, keys };
  });
}

/** The log alone, for one look into it: what does not answer is given up after some seconds. */
export function openLogToLook(options: OpenPortsOptions): Promise<Pick<OpenedPorts, "log" | "close">> {
  return opened(options, async (opening) => ({ log: await openLog(opening, true) }));
}

async function opened<T>(
  options: OpenPortsOptions,
  open: (opening: Opening) => Promise<T>,
): Promise<T & Pick<OpenedPorts, "close">> {
  const opening: Opening = { ...options, closing: { ports: [], clients: [] }, redis: new Map() };
  const close = (): Promise<void> => closeAll(opening.closing);
  try {
    return { ...(await open(opening)), close };
  } catch (error) {
    await close().catch(options.report);
    throw error;
  }
}

const kept = <T extends { close(): Promise<void> }>({ closing }: Opening, port: T): T => {
  closing.ports.push(() => port.close());
  return port;
};

async function openHot(opening: Opening): Promise<AtomicStore> {
  const { hot } = opening.ports;
  if (hot.kind === "postgres") return openPostgres(opening, hot);
  if (hot.kind === "redis") {
    const client = await redisOf(opening, hot);
    const { redisStore } = await import("@attune/server-adapters/redis");
    return kept(opening, redisStore({ client, ...prefixOf(hot) }));
  }
  const { lmdbStore } = await lmdb();
  const { flush = false } = hot;
  const folder = join(hot.dir ?? opening.dir, "store");
  return kept(opening, await openPrivately(folder, (path) => lmdbStore({ path, flush })));
}

async function openPostgres(
  opening: Opening,
  config: Extract<PortsConfig["hot"], { kind: "postgres" }>,
): Promise<AtomicStore> {
  const pool = await postgresPool(config, opening.report);
  opening.closing.clients.push(() => pool.end());
  const { postgresStore } = await import("@attune/server-adapters/postgres");
  return kept(opening, postgresStore({ pool, ...(config.table !== undefined && { table: config.table }) }));
}

async function openDurable(opening: Opening): Promise<Store | null> {
  const { durable } = opening.ports;
  if (durable === undefined) return null;
  if (durable.kind === "postgres") return openPostgres(opening, durable);
  const client = await dynamoClient(durable);
  opening.closing.clients.push(async () => client.destroy());
  const { dynamoStore } = await import("@attune/server-adapters/dynamodb");
  return kept(opening, dynamoStore({ client, table: durable.table }));
}

/** @param isOneLook Nothing is asked twice of a cluster of Kafka: it would take minutes until one that is silent is given up. */
async function openLog(opening: Opening, isOneLook = false): Promise<Log> {
  const { log } = opening.ports;
  if (log.kind === "kafka") {
    const kafka = await kafkaClient(log, isOneLook);
    const { kafkaLog } = await import("@attune/server-adapters/kafka");
    const { topic, deadLetterTopic } = log;
    return kept(
      opening,
      await kafkaLog({
        kafka,
        topic,
        ...(deadLetterTopic !== undefined && { deadLetters: { topic: deadLetterTopic } }),
        ...(isOneLook && { producer: { retries: 0 } }),
      }),
    );
  }
  const shards = log.shards === undefined ? {} : { shards: log.shards };
  if (log.kind === "redis") {
    const client = await redisOf(opening, log);
    const { redisLog } = await import("@attune/server-adapters/redis");
    return kept(
      opening,
      redisLog({ client, ...shards, ...prefixOf(log), ...(log.name !== undefined && { name: log.name }) }),
    );
  }
  const { lmdbLog } = await lmdb();
  const { flush = false } = log;
  const folder = join(log.dir ?? opening.dir, "log");
  return kept(opening, await openPrivately(folder, (path) => lmdbLog({ path, flush, ...shards })));
}

async function openChannel(opening: Opening): Promise<Channel> {
  const { channel } = opening.ports;
  if (channel.kind === "memory") return kept(opening, memoryChannel());
  const client = await redisOf(opening, channel);
  const { redisChannel } = await import("@attune/server-adapters/redis");
  return kept(opening, redisChannel({ client, report: opening.report, ...prefixOf(channel) }));
}

async function openSeries(opening: Opening): Promise<Series | null> {
  const { ports, dir, retentionMs } = opening;
  const { series } = ports;
  if (series === undefined) return null;
  if (series.kind === "influxdb") {
    const { influxSeries } = await import("@attune/server-adapters/influxdb");
    return kept(opening, influxSeries({ url: series.url, ...influxTarget(series) }));
  }
  const { lmdbSeries } = await lmdb();
  const { flush = false } = series;
  const folder = join(series.dir ?? dir, "series");
  return kept(opening, await openPrivately(folder, (path) => lmdbSeries({ path, flush, retentionMs })));
}

/** Where the keys of a configuration are files: in which folder. */
export function keysFolder(ports: PortsConfig, dir: string): string | null {
  const { keys, hot, log } = ports;
  if (keys?.kind === "files") return keys.dir ?? join(dir, "keys");
  return keys === undefined && hot.kind === "lmdb" && log.kind === "lmdb" ? join(dir, "keys") : null;
}

async function openKeys({ ports, dir, closing }: Opening, store: Store): Promise<RotatingKeys | null> {
  const { fileKeys, kmsKeys } = await import("@attune/server-adapters/keys");
  const directory = keysFolder(ports, dir);
  if (directory !== null) return fileKeys({ directory });
  if (ports.keys?.kind !== "kms") return null;
  const client = await kmsClient(ports.keys);
  closing.clients.push(async () => client.destroy());
  return kmsKeys({ client, keyId: ports.keys.keyId, store });
}

async function redisOf({ redis, closing }: Opening, config: RedisConfig): Promise<RedisClient> {
  const name = redisName(config);
  const known = redis.get(name);
  if (known) return known;
  const client = await redisClient(config);
  closing.clients.push(async () => client.disconnect());
  redis.set(name, client);
  return client;
}

const prefixOf = ({ prefix }: RedisConfig): { prefix?: string } => (prefix === undefined ? {} : { prefix });
