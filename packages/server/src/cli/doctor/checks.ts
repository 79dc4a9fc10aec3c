import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isAttuneError } from "@attune/core";
import type { PortsConfig } from "@attune/core/wire";
import { isSafeForLmdb } from "@attune/server-adapters/lmdb/file";
import type { Place } from "../place.js";
import { redisName } from "../ports/clients.js";
import { keysFolder, openLogToLook } from "../ports/open-ports.js";
import { vendor } from "../ports/vendor.js";
import { retentionOf } from "../back-end.js";
import { judgeConfig, judgeNode } from "./config.js";
import { lookAtDynamo } from "./dynamodb.js";
import { type Check, error, type Finding, unchecked } from "./finding.js";
import { judgeDataFolder, lookAtFolder } from "./folder.js";
import { lookAtInflux } from "./influxdb.js";
import { lookAtKafka } from "./kafka.js";
import { holdsEntries, judgeKeys, judgeLetters, lettersWithoutKey, lookAtKeys } from "./keys.js";
import { lookAtPostgres } from "./postgres.js";
import { lookAtRedis } from "./redis.js";

type Role = Exclude<keyof PortsConfig, "keys">;
type Port = NonNullable<PortsConfig[Role]>;

/** One system in all its roles. */
interface System {
  port: Port;
  roles: Role[];
}

/** Everything that is looked at for a configuration: the machine, the configuration, then each system once. */
export function checksOf({ config, dir, ports }: Place): Check[] {
  const retentionMs = retentionOf(config);
  const systems = systemsOf(ports, dir);
  const folders = systems.flatMap(({ port }) => (port.kind === "lmdb" ? [port.dir ?? dir] : []));
  return [
    { name: "Node", look: async () => judgeNode(process.versions.node) },
    { name: "Configuration", look: async () => judgeConfig(config, ports) },
    { name: "Keys", look: async () => keyCheck({ config, dir, ports }, folders) },
    ...systems.map(({ port, roles }) => ({
      name: `${NAMES[port.kind]} (${roles.join(", ")})`,
      look: (late: AbortSignal) => lookAt(port, { dir, retentionMs, roles, late }),
    })),
  ];
}

async function keyCheck(place: Place, folders: readonly string[]): Promise<Finding[]> {
  const { ports, dir } = place;
  const waiting = await embeddedLetters(ports, dir).then(judgeLetters, notCounted);
  if (ports.keys?.kind === "kms") return waiting;
  const facts = await lookAtKeys(keysFolder(ports, dir), folders);
  const isAsked = facts.folder !== null && facts.files === 0 && !facts.hasData && ports.log.kind !== "lmdb";
  const answer = isAsked ? await serverHoldsEntries(place) : false;
  const mute = unchecked("Whether the log holds data that no key opens", "it gave no answer.");
  return [
    ...judgeKeys({ ...facts, hasData: facts.hasData || answer === true }),
    ...(answer === null ? [mute] : []),
    ...waiting,
  ];
}

/** Shorter than what a system is given as such: that it does not answer is told by its own check, ms. */
const LOOK_MS = 3000;

/** Whether anything lies in a log on a server; null where it does not tell. */
async function serverHoldsEntries({ config, ports, dir }: Place): Promise<boolean | null> {
  const look = async (): Promise<boolean> => {
    const { log, close } = await openLogToLook({
      ports,
      dir,
      retentionMs: retentionOf(config),
      report: () => undefined,
    });
    try {
      return await holdsEntries(log);
    } finally {
      // It has an end of its own.
      close().catch(() => undefined);
    }
  };
  return Promise.race([look().catch(() => null), sleep(LOOK_MS, null, { ref: false })]);
}

/** Of a log in files. What lies on a server is told by `attune dead-letters list`: it would have to be waited for here a second time. */
async function embeddedLetters({ log }: PortsConfig, dir: string): Promise<number> {
  if (log.kind !== "lmdb") return 0;
  const path = join(log.dir ?? dir, "log");
  const file = join(path, "log.mdb");
  // Where it is broken, that is told of the folder.
  if (!existsSync(file) || !isSafeForLmdb(file)) return 0;
  const { lmdbLog } = await vendor("LMDB", "lmdb", () => import("@attune/server-adapters/lmdb"));
  const opened = lmdbLog({ path });
  try {
    return await lettersWithoutKey(opened);
  } finally {
    await opened.close();
  }
}

/** What the keys themselves say is told all the same. */
const notCounted = (cause: unknown): Finding[] => [
  isAttuneError(cause)
    ? error(cause.code, cause.message)
    : unchecked("Whether dead letters wait for keys", "the log cannot be opened by this user."),
];

const NAMES: Readonly<Record<Port["kind"], string>> = {
  redis: "Redis",
  lmdb: "LMDB",
  postgres: "PostgreSQL",
  dynamodb: "DynamoDB",
  kafka: "Kafka",
  influxdb: "InfluxDB",
  memory: "Memory",
};

function systemsOf(ports: PortsConfig, dir: string): System[] {
  const found = new Map<string, System>();
  for (const role of ["hot", "durable", "log", "channel", "series"] as const) {
    const port = ports[role];
    if (port === undefined || port.kind === "memory") continue;
    const name = `${port.kind} ${placeOf(port, dir)}`;
    const known = found.get(name);
    if (known) known.roles.push(role);
    else found.set(name, { port, roles: [role] });
  }
  return [...found.values()];
}

/** What tells one system from another: all that its check goes by. */
function placeOf(port: Exclude<Port, { kind: "memory" }>, dir: string): string {
  switch (port.kind) {
    case "lmdb":
      return port.dir ?? dir;
    case "kafka":
      return port.topic;
    case "dynamodb":
      return port.table;
    case "postgres":
      return `${port.url} ${port.table}`;
    case "redis":
      return redisName(port);
    case "influxdb":
      return port.url;
  }
}

async function lookAt(
  port: Port,
  {
    dir,
    retentionMs,
    roles,
    late,
  }: { dir: string; retentionMs: number; roles: readonly Role[]; late: AbortSignal },
) {
  switch (port.kind) {
    case "redis":
      return lookAtRedis({
        config: port,
        hasChannel: roles.includes("channel"),
        holdsData: roles.some((role) => role !== "channel"),
        late,
      });
    case "postgres":
      return lookAtPostgres(port);
    case "dynamodb":
      return lookAtDynamo(port);
    case "kafka":
      return lookAtKafka(port, retentionMs);
    case "influxdb":
      return lookAtInflux(port, retentionMs);
    case "lmdb":
      return judgeDataFolder(await lookAtFolder(port.dir ?? dir));
    case "memory":
      return [];
  }
}
