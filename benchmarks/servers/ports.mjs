import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { memoryChannel, memoryLog, memoryStore } from "@attune/core/memory";
import { kafkaLog } from "@attune/server-adapters/kafka";
import { lmdbLog, lmdbStore } from "@attune/server-adapters/lmdb";
import { postgresStore, postgresTable } from "@attune/server-adapters/postgres";
import { redisChannel, redisLog, redisStore } from "@attune/server-adapters/redis";

// The very clients that the adapters are tested with.
const require = createRequire(import.meta.resolve("@attune/server-adapters/package.json"));
const quiet = (client) => client.on("error", () => undefined);

function redis(settings) {
  const { Redis } = require("ioredis");
  return quiet(new Redis({ host: "127.0.0.1", port: settings.redis }));
}

const STORES = {
  memory: () => memoryStore(),
  lmdb: ({ dir }) => lmdbStore({ path: `${dir}/store` }),
  redis: (settings) => redisStore({ client: redis(settings), patience: settings.patience ?? 20_000 }),
  async postgres({ postgres }) {
    const { Pool } = require("pg");
    const pool = quiet(new Pool({ ...postgres, max: 10 }));
    await pool.query(postgresTable());
    return postgresStore({ pool });
  },
};

const LOGS = {
  none: () => undefined,
  memory: ({ retain }) => memoryLog(retain === undefined ? {} : { retain }),
  lmdb: ({ dir }) => lmdbLog({ path: `${dir}/log` }),
  redis: (settings) =>
    redisLog({
      client: redis(settings),
      patience: settings.patience ?? 20_000,
      ...(settings.lease !== undefined && { lease: settings.lease }),
    }),
  kafka({ kafka }) {
    const { Kafka, logLevel } = require("kafkajs");
    const { brokers, topic, consumer } = kafka;
    const client = new Kafka({ brokers, clientId: "attune-proof", logLevel: logLevel.NOTHING });
    return kafkaLog({ kafka: client, topic, consumer });
  },
};

/** The same keys for the same seed, so that two stores hold the same pseudonyms and can be compared. `sealed`: the log is encrypted under them. */
function keysOf(seed, sealed) {
  const bytes = (name) => createHash("sha256").update(`${seed}/${name}`).digest();
  return {
    key: async (site, use) => bytes(`${site}/${use}`),
    ...(sealed && {
      wrapping: async (site, id = "w1") => (id === "w1" ? { id, key: bytes(`${site}/wrapping`) } : null),
    }),
  };
}

/**
 * The ports of one configuration.
 *
 * @param {object} settings
 * @param {"memory" | "lmdb" | "redis" | "postgres"} settings.store
 * @param {"none" | "memory" | "lmdb" | "redis" | "kafka"} settings.log
 * @param {string} [settings.dir] Folder of LMDB.
 * @param {number} [settings.redis] Port of Redis.
 * @param {object} [settings.postgres] Connection of a pool.
 * @param {object} [settings.kafka] Brokers, topic and timing.
 * @param {boolean} [settings.sealed] Payloads of the log are encrypted under a key for each visitor.
 * @param {boolean} [settings.shared] Several processes: frames and outcomes go over Redis.
 */
export async function portsOf(settings) {
  const hot = await STORES[settings.store](settings);
  const log = await LOGS[settings.log](settings);
  return {
    stores: { hot },
    ...(log && { log }),
    channel: settings.shared ? redisChannel({ client: redis(settings) }) : memoryChannel(),
    keys: keysOf("proof", settings.sealed === true),
  };
}
