import type { RedisConfig } from "@attune/core/wire";
import type { Cluster, Redis } from "ioredis";
import { redisClient } from "../ports/clients.js";
import { redisAdviceFor } from "../ports/redis-advice.js";
import { judgeClock } from "./clock.js";
import { error, type Finding, unchecked, warning } from "./finding.js";

/** What one node says of itself. */
export interface RedisFacts {
  info: ReadonlyMap<string, string>;
  /** Null where it may not be asked (`CONFIG` is forbidden). */
  appendfsync: string | null;
  minReplicas: number | null;
}

const SLOTS = 16_384;
const FULL = 0.8;

/** Beyond what `redisAdvice` of the adapter says of any Redis. */
export function judgeRedis({ info, appendfsync, minReplicas }: RedisFacts, inCluster: boolean): Finding[] {
  if (info.get("role") === "slave")
    return [
      error("ATTUNE_DOCTOR_REDIS_READONLY", "This Redis is a replica and takes no writes. Name the primary."),
    ];
  const findings: Finding[] = [];
  const number = (name: string): number => Number(info.get(name) ?? 0);
  if (appendfsync === null)
    findings.push(
      unchecked("`appendfsync` and `min-replicas-to-write`", "this user may not run CONFIG GET."),
    );
  if (appendfsync === "no" && info.get("aof_enabled") === "1")
    findings.push(
      error(
        "ATTUNE_DOCTOR_REDIS_FSYNC",
        "Redis leaves it to the system when its append-only file reaches the disk: a power cut takes half a minute or so. Set `appendfsync always`.",
      ),
    );
  if (appendfsync === "everysec" && info.get("aof_enabled") === "1")
    findings.push(
      warning(
        "ATTUNE_DOCTOR_REDIS_EVERYSEC",
        "While its disk is busy Redis acknowledges up to two seconds of writes before they are in its append-only file: its death or a power cut takes them. Set `appendfsync always`, which answers as fast as the disk is, or accept that.",
      ),
    );
  const replicas = number("connected_slaves");
  if (replicas === 0 && !inCluster)
    findings.push(
      warning(
        "ATTUNE_DOCTOR_REDIS_ALONE",
        "This Redis has no replica: when its disk is lost, so is everything on it. Give it one, and set `min-replicas-to-write 1`.",
      ),
    );
  if (replicas > 0 && minReplicas === 0)
    findings.push(
      warning(
        "ATTUNE_DOCTOR_REDIS_REPLICAS",
        "It goes on taking writes when no replica receives them, and a failover then loses these. Set `min-replicas-to-write 1`.",
      ),
    );
  const most = number("maxmemory");
  if (most > 0 && number("used_memory") > FULL * most)
    findings.push(
      warning(
        "ATTUNE_DOCTOR_REDIS_FULL",
        "More than 80 % of `maxmemory` is in use; beyond it writes are refused. Raise it.",
      ),
    );
  return findings;
}

/** What `CLUSTER INFO` says of the whole. */
export function judgeCluster(info: ReadonlyMap<string, string>): Finding[] {
  const covered = Number(info.get("cluster_slots_ok") ?? 0);
  if (covered < SLOTS)
    return [
      error(
        "ATTUNE_DOCTOR_REDIS_SLOTS",
        `${SLOTS - covered} of ${SLOTS} slots of the cluster are served by no node: whoever falls into one of them is refused. Bring back the missing nodes, or run \`redis-cli --cluster fix\`.`,
      ),
    ];
  if (info.get("cluster_state") === "ok") return [];
  return [
    error(
      "ATTUNE_DOCTOR_REDIS_CLUSTER",
      "The cluster says that it is down. Look at `CLUSTER NODES` and bring the failed ones back.",
    ),
  ];
}

export interface LookAtRedis {
  config: RedisConfig;
  /** Whether live messages go through it: on a cluster they need version 7. */
  hasChannel: boolean;
  /** False where live messages are all that goes through it: these may be lost, and nothing is asked of its disk and its replicas. */
  holdsData: boolean;
  /** A server that takes the connection and says nothing would keep the process for ever. */
  late: AbortSignal;
}

export async function lookAtRedis({ config, hasChannel, holdsData, late }: LookAtRedis): Promise<Finding[]> {
  const single = (await redisClient({ ...config, cluster: false })) as Redis;
  // What went wrong is told by an event; the promise says no more than that the connection is closed.
  let reason: unknown;
  single.on("error", (problem: unknown) => {
    reason = problem;
  });
  let client: Cluster | null = null;
  const disconnect = (): void => {
    single.disconnect();
    client?.disconnect();
  };
  late.addEventListener("abort", disconnect);
  try {
    await single.connect().catch((problem: unknown) => {
      throw reason ?? problem;
    });
    const info = parse(await single.info());
    const isCluster = info.get("cluster_enabled") === "1";
    if (isCluster !== (config.cluster ?? false)) return [wrongKind(isCluster)];
    const kind = { inCluster: isCluster, holdsData };
    if (!isCluster) return [...(await advice(config, holdsData)), ...(await lookAtNode(single, kind))];
    const whole = judgeCluster(parse((await single.call("cluster", "info")) as string));
    if (whole.length > 0) return whole;
    client = (await redisClient(config)) as Cluster;
    client.on("error", () => undefined);
    await client.connect();
    const each = await Promise.all(client.nodes("master").map((node) => lookAtNode(node, kind)));
    return distinct([...(await advice(config, holdsData)), ...sharded(info, hasChannel), ...each.flat()]);
  } finally {
    late.removeEventListener("abort", disconnect);
    disconnect();
  }
}

const wrongKind = (isCluster: boolean): Finding =>
  isCluster
    ? error(
        "ATTUNE_DOCTOR_REDIS_CLUSTER",
        "This is a node of a cluster. Set `cluster: true` beside its address.",
      )
    : error("ATTUNE_DOCTOR_REDIS_CLUSTER", "This is no cluster. Take `cluster: true` away.");

function sharded(info: ReadonlyMap<string, string>, hasChannel: boolean): Finding[] {
  if (!hasChannel || Number(info.get("redis_version")?.split(".")[0]) >= 7) return [];
  return [
    error(
      "ATTUNE_DOCTOR_REDIS_OLD",
      "Live messages on a cluster need Redis 7 (sharded channels). Update it, or put the channel on a Redis of its own.",
    ),
  ];
}

async function advice(config: RedisConfig, holdsData: boolean): Promise<Finding[]> {
  const found = await redisAdviceFor(config);
  const ours = holdsData ? found : found.filter(({ code }) => code === "ATTUNE_REDIS_OLD");
  return ours.map(({ code, message }) =>
    code === "ATTUNE_REDIS_NO_REPLICA" ? warning(code, message) : error(code, message),
  );
}

async function lookAtNode(
  node: Redis,
  { inCluster, holdsData }: { inCluster: boolean; holdsData: boolean },
): Promise<Finding[]> {
  const setting = async (name: string): Promise<string | null> => {
    const answer = (await node.config("GET", name).catch(() => null)) as string[] | null;
    return answer?.[1] ?? null;
  };
  const info = parse(await node.info());
  const asked = Date.now();
  const [seconds, micros] = (await node.time()) as unknown as [string | number, string | number];
  const server = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  const clock = judgeClock({ server, within: 1, asked, answered: Date.now() });
  if (!holdsData) return clock;
  const [appendfsync, least] = [await setting("appendfsync"), await setting("min-replicas-to-write")];
  const minReplicas = least === null ? null : Number(least);
  return [...judgeRedis({ info, appendfsync, minReplicas }, inCluster), ...clock];
}

function parse(info: string): Map<string, string> {
  const lines = info.split("\r\n").filter((line) => line.includes(":"));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]));
}

const distinct = (findings: readonly Finding[]): Finding[] => [
  ...new Map(findings.map((finding) => [`${finding.code} ${finding.message}`, finding])).values(),
];
