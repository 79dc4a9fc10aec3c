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
  /** The primary that holds a slot now. */
  primaryOf(slot: number): Promise<RedisServer>;
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
    async primaryOf(slot) {
      for (const node of nodes) {
        const answer = await shardsOf(node).catch(() => null);
        const port = answer?.find(({ from, to }) => from <= slot && slot <= to)?.port;
        const found = nodes.find((each) => each.port === port);
        if (found !== undefined) return found;
      }
      throw new Error(`No node says who holds slot ${slot}.`);
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

async function shardsOf({ client }: RedisServer): Promise<{ from: number; to: number; port: number }[]> {
  if (client.status !== "ready") throw new Error("not connected");
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
