import http from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { memoryChannel, memoryLog, memorySeries, memoryStore } from "@attune/core/memory";
import type { LoadedRuleset } from "@attune/core/service";
import { toNodeListener } from "@attune/server-adapters/node";
import { scheduleOf } from "../models/plan.js";
import { createAttuneServer } from "../server.js";
import type { AttuneServer, Limits } from "../types.js";
import type { ServerConfig } from "@attune/core/wire";
import type { SimulatedShop } from "../simulate/shop.js";
import { retentionOf } from "./back-end.js";
import { keysFor } from "./config.js";
import { createGate, endAll } from "./end-host.js";
import { issueLines, keysOf, type LocalKeys, newKeys } from "./files.js";
import { EMBEDDED } from "./ports/embedded-ports.js";
import { openPorts, type OpenedPorts } from "./ports/open-ports.js";
import { warnOfRedis } from "./ports/redis-advice.js";
import { UsageError } from "./usage.js";

export interface HostOptions {
  /** Data folder, or null for memory. */
  dir: string | null;
  port: number;
  host: string;
  /** Sites, consent, retention, limits, origin and base path are read from it; the rest stands above. */
  config?: ServerConfig;
  ruleset?: unknown;
  /** Where simulated visitors shop. */
  shop?: SimulatedShop;
  dashboard?: boolean;
  /** Whether this process folds what it has taken (default true). */
  worker?: boolean;
  /** Whether the data folder's own keys are taken beside those of the configuration (default true). */
  ownKeys?: boolean;
  /** Told of failures of background work. They are for a log: no cause of theirs may be printed, since a vendor's error may hold what was to be stored. */
  report(error: unknown): void;
}

/** A server that really listens, with what it stands on. */
export interface Host {
  url: string;
  /** What became of the ruleset at the start; null where none was given. */
  published: LoadedRuleset | null;
  /** Where people reach it: as the configuration says, else where it listens. */
  origin: string;
  /** The data folder's own; null where only those of the configuration are taken. */
  keys: LocalKeys | null;
  server: AttuneServer;
  hasDashboard: boolean;
  /**
   * Answers new requests with 503 at once, finishes those that had begun and folds what was acknowledged, for as long as `settleMs` allows
   * (default: no bound), and closes everything. Resolves to whether all of it was folded, also where the log does not answer; with a data
   * folder the rest is folded at the next start.
   */
  close(settleMs?: number): Promise<boolean>;
}

export async function startHost(options: HostOptions): Promise<Host> {
  const { dir, config = {}, report } = options;
  const { basePath = "", origin: publicOrigin, proxy, consentCategories, ofrep } = config;
  const { worker = true, ownKeys = true } = options;
  const retentionMs = retentionOf(config);
  const keys = !ownKeys ? null : dir === null ? newKeys() : await keysOf(dir);
  const ports =
    dir === null
      ? memoryPorts(retentionMs)
      : await openPorts({ ports: config.ports ?? EMBEDDED, dir, retentionMs, report });
  if (dir !== null && config.ports) void warnOfRedis(config.ports, report);
  const dashboard = options.dashboard ? findDashboard() : null;
  let ownOrigin: string | null = null;
  const server = await orElse(
    () =>
      createAttuneServer({
        ...partsOf(config, ports, retentionMs),
        ...{ report, worker },
        auth: { keys: keysFor(keys, config.sites) },
        basePath,
        limits: limitsOf(config),
        ...(proxy && { proxy }),
        ...(consentCategories && { consentCategories }),
        ...(ofrep && { ofrep }),
        ...(config.webhooks && { webhooks: config.webhooks }),
        models: { schedule: scheduleOf(config) },
        ...(dashboard !== null && { dashboard: { directory: dashboard } }),
        ...(options.shop !== undefined && { simulation: { shop: options.shop } }),
        origin: publicOrigin ?? (() => ownOrigin),
      }),
    () => ports.close().catch(report),
  );
  let published: LoadedRuleset | null = null;
  const gate = createGate(server.fetch);
  const listener = http.createServer(toNodeListener(gate.fetch, { report }));
  listener.on("upgrade", (request, socket, head) => {
    if (!server.upgrade(request, socket, head))
      socket.end("HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n");
  });
  const close = (settleMs = Number.POSITIVE_INFINITY): Promise<boolean> =>
    endAll({ gate, folds: worker, listener, server, ports, report }, settleMs);
  await orElse(
    async () => {
      if (options.ruleset !== undefined) published = await publish(server, options.ruleset);
      await listen(listener, options);
    },
    // Why it cannot start is to be told at once: nobody waits for the fold.
    () => close(0).catch(report),
  );
  const { port } = listener.address() as AddressInfo;
  const name = options.host.includes(":") ? `[${options.host}]` : options.host;
  ownOrigin = `http://${name}:${port}`;
  return {
    url: `${ownOrigin}${basePath}`,
    published,
    origin: publicOrigin ?? ownOrigin,
    keys,
    server,
    hasDashboard: dashboard !== null,
    close,
  };
}

/** What the work comes to; where it fails, what it has begun is undone before that is told. */
async function orElse<T>(work: () => T | Promise<T>, undo: () => Promise<unknown>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await undo();
    throw error;
  }
}

/** What service and server stand on alike. */
const partsOf = (
  { consent, sampling, sensitive }: ServerConfig,
  { stores, log, channel, series, keys }: OpenedPorts,
  retentionMs: number,
) => ({
  stores,
  log,
  channel,
  ...(series && { series }),
  ...(keys && { keys }),
  ...(consent && { consent }),
  ...(sampling && { sampling }),
  ...(sensitive && { sensitive }),
  retentionMs,
});

function memoryPorts(retentionMs: number) {
  const [hot, log, channel] = [memoryStore(), memoryLog(), memoryChannel()];
  const series = memorySeries({ retentionMs });
  const close = async (): Promise<void> => {
    await Promise.all([channel.close(), log.close(), hot.close(), series.close()]);
  };
  return { stores: { hot }, log, channel, series, keys: null, close };
}

/**
 * Publishes a file's ruleset for the site `default`, whatever its revision: it gets the next one where it is not higher by itself.
 *
 * @throws UsageError with what is wrong with it.
 */
export async function publish(server: AttuneServer, ruleset: unknown): Promise<LoadedRuleset> {
  const result = await server.service.loadRuleset(ruleset, { replace: true });
  if (result.ok) return result.value;
  throw new UsageError(`The ruleset was not taken:\n${issueLines(result.error)}`);
}

function limitsOf({ limits = {} }: ServerConfig): Partial<Limits> {
  const { eventBytes, bodyBytes, inflatedBytes, batchEvents, ...same } = limits;
  return {
    ...same,
    ...(eventBytes !== undefined && { event: eventBytes }),
    ...(bodyBytes !== undefined && { sent: bodyBytes }),
    ...(inflatedBytes !== undefined && { expanded: inflatedBytes }),
    ...(batchEvents !== undefined && { batch: batchEvents }),
  };
}

/** What the listener says once it listens, such as that no file is left for a connection, is told and ends nothing. */
function listen(listener: http.Server, { port, host, report }: HostOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      if (error.code !== "EADDRINUSE") return reject(error);
      reject(new UsageError(`Port ${port} is in use; give another with --port, or 0 for any free one.`));
    };
    listener.once("error", failed);
    listener.listen(port, host, () => {
      listener.off("error", failed);
      listener.on("error", report);
      resolve();
    });
  });
}

/** The built files of @attune/dashboard where that package is installed, else null. */
function findDashboard(): string | null {
  try {
    const directory = dirname(fileURLToPath(import.meta.resolve("@attune/dashboard/static/index.html")));
    return existsSync(join(directory, "index.html")) ? directory : null;
  } catch {
    return null;
  }
}
