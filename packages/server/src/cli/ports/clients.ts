import type { DynamoConfig, InfluxConfig, KafkaConfig, PostgresConfig, RedisConfig } from "@attune/core/wire";
import type { InfluxV1, InfluxV2 } from "@attune/server-adapters/influxdb";
import type { RedisClient } from "@attune/server-adapters/redis";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { KMSClient } from "@aws-sdk/client-kms";
import type { Kafka } from "kafkajs";
import type { Pool } from "pg";
import { vendor } from "./vendor.js";

const REDIS_PORT = 6379;

/** What tells one Redis from another. */
export const redisName = ({ url, cluster = false }: RedisConfig): string =>
  `${url} ${cluster ? "cluster" : "server"}`;

/** Never connected itself: the adapters make connections of their own from it. */
export async function redisClient({ url, cluster = false }: RedisConfig): Promise<RedisClient> {
  const { Cluster, Redis } = await vendor("Redis", "ioredis", () => import("ioredis"));
  if (!cluster) return new Redis(url, { lazyConnect: true });
  const { hostname, port, username, password, protocol } = new URL(url);
  const redisOptions = {
    ...(username !== "" && { username: decodeURIComponent(username) }),
    ...(password !== "" && { password: decodeURIComponent(password) }),
    ...(protocol === "rediss:" && { tls: {} }),
  };
  const host = hostname.replace(/^\[|\]$/g, "");
  return new Cluster([{ host, port: port === "" ? REDIS_PORT : Number(port) }], {
    lazyConnect: true,
    shardedSubscribers: true,
    redisOptions,
  });
}

/** @param report Told when an idle connection breaks; the pool makes another. */
export async function postgresPool({ url }: PostgresConfig, report: (error: unknown) => void): Promise<Pool> {
  const { default: pg } = await vendor("PostgreSQL", "pg", () => import("pg"));
  const pool = new pg.Pool({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    // Of one statement, waits for locks included; a pool has none by itself.
    query_timeout: 15_000,
    keepAlive: true,
  });
  pool.on("error", report);
  return pool;
}

/** For one look: a cluster that is silent is given up after some seconds. */
const ONE_LOOK = { requestTimeout: 2000, retry: { retries: 0 } };

/** @param isOneLook Nothing is sent again. */
export async function kafkaClient({ brokers, ssl, sasl }: KafkaConfig, isOneLook = false): Promise<Kafka> {
  const { Kafka: Client, logLevel } = await vendor("Kafka", "kafkajs", () => import("kafkajs"));
  return new Client({
    clientId: "attune",
    brokers,
    // What goes wrong is told by the adapter's errors.
    logLevel: logLevel.NOTHING,
    // A third of what the client has by itself, since each request is sent again.
    requestTimeout: 10_000,
    ...(isOneLook && ONE_LOOK),
    ...(ssl !== undefined && { ssl }),
    ...(sasl && { sasl: sasl as { mechanism: "plain"; username: string; password: string } }),
  });
}

/** Without these a request that nobody answers waits for ever. */
const IN_TIME = { connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true };

const awsOptions = ({ region, endpoint }: { region?: string; endpoint?: string }) => ({
  requestHandler: IN_TIME,
  ...(region !== undefined && { region }),
  ...(endpoint !== undefined && { endpoint }),
});

export async function dynamoClient(config: DynamoConfig): Promise<DynamoDBClient> {
  const name = "@aws-sdk/client-dynamodb";
  const { DynamoDBClient: Client } = await vendor("DynamoDB", name, () => import("@aws-sdk/client-dynamodb"));
  // The store sends again by itself: tries would multiply.
  return new Client({ ...awsOptions(config), maxAttempts: 1 });
}

export async function kmsClient(config: { region?: string; endpoint?: string }): Promise<KMSClient> {
  const name = "@aws-sdk/client-kms";
  const { KMSClient: Client } = await vendor("KMS", name, () => import("@aws-sdk/client-kms"));
  return new Client(awsOptions(config));
}

/** Which of its two interfaces an InfluxDB is spoken to by; the configuration has been checked to name one. */
export function influxTarget({
  database,
  username,
  password,
  org,
  bucket,
  token,
}: InfluxConfig): InfluxV1 | InfluxV2 {
  if (database === undefined) return { org: org ?? "", bucket: bucket ?? "", token: token ?? "" };
  return {
    database,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
  };
}
