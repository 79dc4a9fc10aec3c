import { connect, type RedisClient } from "./connection.js";

export interface RedisWarning {
  code:
    | "ATTUNE_REDIS_NOT_DURABLE"
    | "ATTUNE_REDIS_DISK"
    | "ATTUNE_REDIS_EVICTS"
    | "ATTUNE_REDIS_OLD"
    | "ATTUNE_REDIS_NO_REPLICA";
  /** In plain words, with the cure. */
  message: string;
}

const MESSAGES: Readonly<Record<RedisWarning["code"], string>> = {
  ATTUNE_REDIS_NOT_DURABLE:
    "This Redis keeps no append-only file: whatever it has acknowledged is lost when it crashes. Set `appendonly yes`.",
  ATTUNE_REDIS_DISK:
    "Redis could not write to its append-only file lately. Look at its log and at the free space.",
  ATTUNE_REDIS_EVICTS:
    "When this Redis runs out of memory it throws records away. Set `maxmemory-policy noeviction`.",
  ATTUNE_REDIS_OLD: "This Redis is older than 6.2. Update it.",
  ATTUNE_REDIS_NO_REPLICA:
    "A primary of the cluster has no replica: when it fails, its slots are out of reach until it is back. Give it one.",
};

/**
 * What a Redis lacks to be trusted with visitors' data, asked of every primary; empty where all is well. For start-up and health checks.
 *
 * @throws AttuneError `ATTUNE_REDIS_…` where it cannot be asked.
 */
export async function redisAdvice(options: {
  client: RedisClient;
  patience?: number;
}): Promise<RedisWarning[]> {
  const connection = connect(options.client, options.patience ?? 5000);
  try {
    const found = new Set<RedisWarning["code"]>();
    for (const node of await connection.primaries()) {
      const info = await connection.call("info", [], { node: () => node, repeatable: true });
      for (const code of judge(parse(info as string), connection.isCluster)) found.add(code);
    }
    return Array.from(found, (code) => ({ code, message: MESSAGES[code] }));
  } finally {
    await connection.close();
  }
}

function* judge(info: ReadonlyMap<string, string>, isCluster: boolean): Generator<RedisWarning["code"]> {
  const [major = 0, minor = 0] = (info.get("redis_version") ?? "7.0").split(".").map(Number);
  if (major < 6 || (major === 6 && minor < 2)) yield "ATTUNE_REDIS_OLD";
  if (info.get("aof_enabled") === "0") yield "ATTUNE_REDIS_NOT_DURABLE";
  if (info.get("aof_last_write_status") === "err") yield "ATTUNE_REDIS_DISK";
  if ((info.get("maxmemory_policy") ?? "noeviction") !== "noeviction") yield "ATTUNE_REDIS_EVICTS";
  if (isCluster && info.get("connected_slaves") === "0") yield "ATTUNE_REDIS_NO_REPLICA";
}

function parse(info: string): Map<string, string> {
  const lines = info.split("\r\n").filter((line) => line.includes(":"));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]));
}
