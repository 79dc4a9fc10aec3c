import { AttuneError } from "@attune/core";
import type { PortsConfig, RedisConfig } from "@attune/core/wire";
import type { RedisWarning } from "@attune/server-adapters/redis";
import { redisClient, redisName } from "./clients.js";

/** What a Redis lacks to be trusted with data. @throws AttuneError where it cannot be asked. */
export async function redisAdviceFor(config: RedisConfig): Promise<RedisWarning[]> {
  const client = await redisClient(config);
  const { redisAdvice } = await import("@attune/server-adapters/redis");
  try {
    return await redisAdvice({ client });
  } finally {
    client.disconnect();
  }
}

/** Tells at a start what the Redis that data is kept on lacks. One that cannot be asked tells of itself by its errors. */
export async function warnOfRedis(
  { hot, log }: PortsConfig,
  report: (error: unknown) => void,
): Promise<void> {
  const systems = new Map(
    [hot, log].flatMap((port) => (port.kind === "redis" ? [[redisName(port), port]] : [])),
  );
  for (const config of systems.values())
    for (const { code, message } of await redisAdviceFor(config).catch(() => []))
      report(new AttuneError(code, message));
}
