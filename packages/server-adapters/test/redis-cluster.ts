import { Cluster } from "ioredis";
import { freePort } from "./programs.js";
import { type RedisServer, startRedis } from "./redis-server.js";

const SLOTS = 16_384;
const PRIMARIES = 3;

export interface RedisCluster {
  /** Primaries first, then a replica of each in the same order. */
  readonly nodes: readonly RedisServer[];
  /** A client for the test itself; closed with the cluster. */
  readonly client: Cluster;
  /** A further client. */
  connect(options?: { shardedSubscribers: boolean }): Cluster;
  /** Empties every node. */
  flush(): Promise<void>;
  /** The primary that holds the slot of a key now. */
  primaryOf(key: string): Promise<RedisServer>;
  /** Moves the slot of a key to another primary, key by key, while it is in use. */
  move(key: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts three primaries and three replicas on free ports and joins them. */
export async function startCluster(path: string): Promise<RedisCluster> {
  const nodes = await Promise.all(Array.from({ length: PRIMARIES * 2 }, () => startNode(path)));
  const primaries = nodes.slice(0, PRIMARIES);
  const share = Math.ceil(SLOTS / PRIMARIES);
  await Promise.all(
    primaries.map(({ client }, i) =>
      client.call("cluster", "addslotsrange", i * share, Math.min((i + 1) * share, SLOTS) - 1),
    ),
  );
  await Promise.all(nodes.map(({ client }, i) => client.call("cluster", "set-config-epoch", i + 1)));
  const [first] = primaries as [RedisServer];
  // The bus is not at the usual 10000 above the port, which may be taken or beyond 65535.
  for (const { client, port } of nodes.slice(1)) {
    const [, bus] = (await client.config("GET", "cluster-port")) as [string, string];
    await first.client.call("cluster", "meet", "127.0.0.1", port, bus);
  }
  await until(async () =>
    (await Promise.all(nodes.map(knownNodes))).every((count) => count === nodes.length),
  );
  for (const [i, { client }] of nodes.slice(PRIMARIES).entries()) {
    const id = (await primaries[i]?.client.call("cluster", "myid")) as string;
    await client.call("cluster", "replicate", id);
  }
  await until(async () => (await Promise.all(nodes.map(isSettled))).every(Boolean));

  const clients: Cluster[] = [];
  const connect = (options = { shardedSubscribers: true }): Cluster => {
    const made = new Cluster(
      nodes.map(({ port }) => ({ host: "127.0.0.1", port })),
      options,
    );
    made.on("error", () => undefined);
    clients.push(made);
    return made;
  };
  const slotOf = async (key: string): Promise<number> =>
    (await first.client.call("cluster", "keyslot", key)) as number;
  const primaryOf = async (key: string): Promise<RedisServer> => {
    const slot = await slotOf(key);
    for (const node of nodes) {
      const ranges = await rangesOf(node).catch(() => []);
      const port = ranges.find(({ from, to }) => from <= slot && slot <= to)?.port;
      const found = nodes.find((each) => each.port === port);
      if (found !== undefined) return found;
    }
    throw new Error(`No node says who holds slot ${slot}.`);
  };
  return {
    nodes,
    client: connect(),
    connect,
    async flush() {
      await Promise.all(
        nodes.map(async (node) => {
          if ((await node.client.role())[0] === "master") await node.client.flushall();
        }),
      );
    },
    primaryOf,
    async move(key) {
      const source = await primaryOf(key);
      const slot = await slotOf(key);
      const target = primaries.find((node) => node !== source && node.client.status === "ready");
      if (target === undefined) throw new Error("There is no other primary.");
      const idOf = async ({ client }: RedisServer): Promise<string> =>
        (await client.call("cluster", "myid")) as string;
      await target.client.call("cluster", "setslot", slot, "importing", await idOf(source));
      await source.client.call("cluster", "setslot", slot, "migrating", await idOf(target));
      for (;;) {
        const keys = (await source.client.call("cluster", "getkeysinslot", slot, 5)) as string[];
        if (keys.length === 0) break;
        await source.client.call("migrate", "127.0.0.1", target.port, "", 0, 5000, "keys", ...keys);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      for (const node of [target, source, ...primaries])
        await node.client.call("cluster", "setslot", slot, "node", await idOf(target));
    },
    async stop() {
      for (const client of clients) client.disconnect();
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}

async function startNode(path: string): Promise<RedisServer> {
  const bus = await freePort();
  const settings = [
    "--cluster-enabled",
    "yes",
    "--cluster-node-timeout",
    "1500",
    "--cluster-port",
    String(bus),
  ];
  // Others hear of a replica only once its primary has sent it something, which at first is a ping.
  const haste = ["--repl-ping-replica-period", "1", "--repl-diskless-sync-delay", "0"];
  return startRedis(path, [...settings, ...haste, "--cluster-replica-validity-factor", "0"]);
}

const info = async ({ client }: RedisServer): Promise<string> =>
  (await client.call("cluster", "info")) as string;
const knownNodes = async (node: RedisServer): Promise<number> =>
  Number(/cluster_known_nodes:(\d+)/.exec(await info(node))?.[1]);

/** The node serves, and every replica that it knows of follows its primary. */
async function isSettled(node: RedisServer): Promise<boolean> {
  if (!(await info(node)).includes("cluster_state:ok")) return false;
  const isReplica = (await node.client.info("replication")).includes("role:slave");
  if (isReplica) return (await node.client.info("replication")).includes("master_link_status:up");
  const slots = (await node.client.call("cluster", "slots")) as unknown[][];
  return slots.length === PRIMARIES && slots.every((range) => range.length === 4);
}

async function rangesOf({ client }: RedisServer): Promise<{ from: number; to: number; port: number }[]> {
  if (client.status !== "ready") return [];
  const slots = (await client.call("cluster", "slots")) as [number, number, [string, number]][];
  return slots.map(([from, to, [, port]]) => ({ from, to, port }));
}

/** Asks again and again until it holds; rejects after half a minute. */
export async function until(holds: () => Promise<boolean>, ms = 30_000): Promise<void> {
  for (const deadline = Date.now() + ms; Date.now() < deadline; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Not within ${ms} ms.`);
}
