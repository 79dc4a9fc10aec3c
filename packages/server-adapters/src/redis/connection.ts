import { type Cluster, type ClusterOptions, Command, type Redis, type RedisOptions } from "ioredis";
import { type Failure, toFailure } from "./errors.js";
import { createLentTexts, type LentText } from "./lent-texts.js";

/** What a host hands in. It is only copied: the adapters' own connections are made from it, and it is never closed by them. */
export type RedisClient = Redis | Cluster;

export interface CallOptions {
  /** Answer with bytes instead of text. */
  bytes?: boolean;
  /** Doing it twice is as good as doing it once, so that it may be sent again where nobody knows whether it was done. */
  repeatable?: boolean;
  /** The node of a cluster to ask, where the command has no key (default: any). Asked anew for each attempt. */
  node?(): Redis | undefined;
  /** For how long it may be tried and an answer be waited for, ms, where that is less than for others. */
  patienceMs?: number;
}

/** A connection of our own, to one server or to a cluster. */
export interface Connection {
  readonly isCluster: boolean;
  /**
   * Sends a command. What has certainly not been carried out is sent again, with a back-off, for as long as the patience lasts: through
   * a restart or a failover. What may have been carried out is sent again only where it is `repeatable`.
   *
   * @throws AttuneError `ATTUNE_REDIS_…`, the reply or the network's error being its cause.
   */
  call(name: string, args: readonly Argument[], options?: CallOptions): Promise<unknown>;
  /** Every node that holds keys, as far as is known now. */
  nodes(): Redis[];
  /** The same, once there is a connection. */
  primaries(): Promise<Redis[]>;
  /** Lets what is under way end first. */
  close(): Promise<void>;
}

export type Argument = string | Buffer | number;

/** Not by `instanceof`, which fails where the host has its own copy of ioredis. */
const isCluster = (client: RedisClient): client is Cluster => client.isCluster;

/** A command that knows whether any of it was written to a socket. */
class TrackedCommand extends Command {
  sent = false;
  readonly #lend: (text: string) => LentText;
  #lent: LentText | null = null;

  constructor(lend: (text: string) => LentText, ...command: ConstructorParameters<typeof Command>) {
    super(...command);
    this.#lend = lend;
  }

  override toWritable(socket: object): string | Buffer {
    this.sent = true;
    const written = super.toWritable(socket);
    if (typeof written !== "string" || written.length <= LONG) return written;
    // Written again, as where a cluster sends it elsewhere, it has left nothing that could be given back safely but the last.
    this.#lent = this.#lend(written);
    return this.#lent.bytes;
  }

  /** Redis has answered, so that it has all of what was written. Without an answer a socket may still hold it. */
  answered(): void {
    this.#lent?.giveBack();
    this.#lent = null;
  }
}

/** From so many characters on, several texts in one write cost Node more than their bytes do. */
const LONG = 1024;

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;
const backOff = (attempt: number): number => Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS);

/**
 * ioredis sends again by itself what was under way when a connection broke, and queues what comes meanwhile without a limit. Here
 * neither may happen: a commit must not be done twice, and a request must not wait for ever. So both are switched off, in a
 * duplicate of the host's client, and {@link Connection.call} does what is safe.
 */
export function connect(client: RedisClient, patienceMs: number): Connection {
  const own = duplicate(client);
  own.on("error", ignore);
  own.on("node error", ignore);
  const readiness = watchReadiness(own);
  const lend = createLentTexts();

  const attempt = async (name: string, args: readonly Argument[], options: CallOptions): Promise<unknown> => {
    const command = new TrackedCommand(lend, name, [...args], {
      replyEncoding: options.bytes === true ? null : "utf8",
    });
    if (options.patienceMs !== undefined) command.setTimeout(options.patienceMs);
    if (!isCluster(own)) gather(own.stream);
    const promise = (options.node?.() ?? own).sendCommand(command) as Promise<unknown>;
    // A cluster handles some rejections itself and sends the command elsewhere. A node that has answered has not carried it out.
    const { reject } = command;
    command.reject = (error) => {
      if (error.name === "ReplyError") command.sent = false;
      reject.call(command, error);
    };
    try {
      const answer = await promise;
      command.answered();
      return answer;
    } catch (cause) {
      if ((cause as Error).name === "ReplyError") command.answered();
      throw new Failed(toFailure(cause, command.sent));
    }
  };

  const persist = async (name: string, args: readonly Argument[], options: CallOptions): Promise<unknown> => {
    const until = performance.now() + (options.patienceMs ?? patienceMs);
    for (let tries = 0; ; tries++) {
      await readiness.wait(until - performance.now());
      try {
        return await attempt(name, args, options);
      } catch (error) {
        if (!(error instanceof Failed)) throw error;
        const { failure } = error;
        const again = failure.passing && (failure.untouched || options.repeatable === true);
        const pause = backOff(tries);
        if (!again || failure.error.code === "ATTUNE_REDIS_NOSCRIPT" || performance.now() + pause > until)
          throw failure.error;
        if (isCluster(own)) own.refreshSlotsCache();
        await sleep(pause);
      }
    }
  };
  const nodes = (): Redis[] => (isCluster(own) ? own.nodes("master") : [own]);
  const underWay = new Set<Promise<unknown>>();

  return {
    isCluster: isCluster(own),
    async call(name, args, options = {}) {
      const running = persist(name, args, options);
      underWay.add(running);
      try {
        return await running;
      } finally {
        underWay.delete(running);
      }
    },
    nodes,
    async primaries() {
      await readiness.wait(patienceMs);
      return nodes();
    },
    async close() {
      await Promise.allSettled(underWay);
      readiness.close();
      own.disconnect();
    },
  };
}

/** What is sent by one turn of the event loop, such as the packs of a batch, goes out in one write. */
function gather(stream: Redis["stream"] | undefined): void {
  if (stream === undefined || stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

class Failed extends Error {
  constructor(readonly failure: Failure) {
    super(failure.error.message);
  }
}

/** Options that only the host's client has a use for, or that would change what replies look like, are set back. */
const PLAIN_OPTIONS = {
  keyPrefix: "",
  stringNumbers: false,
  replyMapping: "legacy",
  enableAutoPipelining: false,
  readOnly: false,
} satisfies RedisOptions;

const CLUSTER_OPTIONS = {
  keyPrefix: "",
  scaleReads: "master",
  enableAutoPipelining: false,
  lazyConnect: true,
  enableOfflineQueue: false,
  retryDelayOnFailover: 0,
  clusterRetryStrategy: backOff,
  shardedSubscribers: false,
} satisfies ClusterOptions;

const SINGLE_OPTIONS = {
  ...PLAIN_OPTIONS,
  lazyConnect: true,
  enableOfflineQueue: false,
  // Whatever was under way fails at once when the connection breaks, instead of being sent again.
  maxRetriesPerRequest: 0,
  retryStrategy: backOff,
  // A primary that has become a replica is left for the one that Sentinel or the name server says.
  reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
} satisfies RedisOptions;

/** After so long an answer is no longer waited for, where the host does not say: its peer may be gone without a word. */
const ANSWER_WITHIN_MS = 10_000;

function duplicate(client: RedisClient): RedisClient {
  if (isCluster(client)) {
    const commandTimeout = client.options.redisOptions?.commandTimeout ?? ANSWER_WITHIN_MS;
    return client.duplicate([], { ...CLUSTER_OPTIONS, redisOptions: { ...PLAIN_OPTIONS, commandTimeout } });
  }
  const { commandTimeout = ANSWER_WITHIN_MS } = client.options;
  return client.duplicate({ ...SINGLE_OPTIONS, commandTimeout });
}

interface Readiness {
  /**
   * Resolves once commands can be sent.
   *
   * @throws AttuneError `ATTUNE_REDIS_CONNECTION` after so many milliseconds.
   */
  wait(ms: number): Promise<void>;
  close(): void;
}

/** One listener however many wait, and a connection that is made when it is first wanted. */
function watchReadiness(own: RedisClient): Readiness {
  const waiting = new Set<() => void>();
  let lastError: unknown;
  const wakeAll = (): void => {
    for (const wake of waiting) wake();
  };
  own.on("ready", wakeAll);
  own.on("error", (error: unknown) => {
    lastError = error;
  });
  return {
    async wait(ms) {
      if (own.status === "ready") return;
      if (own.status === "wait") own.connect().catch(ignore);
      const isReady = await new Promise<boolean>((resolve) => {
        const end = (ready: boolean): void => {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve(ready);
        };
        const wake = (): void => end(true);
        const timer = setTimeout(end, Math.max(0, ms), false);
        waiting.add(wake);
      });
      if (!isReady) throw toFailure(lastError ?? new Error("Connection is closed."), false).error;
    },
    close: wakeAll,
  };
}

/** The prefix that the host's client puts before every key. */
export const clientPrefix = (client: RedisClient): string => client.options.keyPrefix ?? "";

const ignore = (): void => undefined;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
