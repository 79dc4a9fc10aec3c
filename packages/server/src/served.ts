import { AttuneError } from "@attune/core";
import { memoryChannel, memoryStore } from "@attune/core/memory";
import type { Store } from "@attune/core/ports";
import { createPersonalizationService, type PersonalizationService } from "@attune/core/service";
import type { Meters } from "./metrics/meters.js";
import { type LagWatch, watchLag } from "./metrics/watch-lag.js";
import { type WatchedLog, watchLog } from "./metrics/watch-log.js";
import type { AttuneServerOptions } from "./types.js";

/** How often running experiments are looked at: bandits have times of their own. */
const REVIEW_MS = 60_000;
const SWEEP_MS = 3_600_000;

type Options = AttuneServerOptions & { report(error: unknown): void };

/** A service, and what is known of its log. */
export interface Served {
  service: PersonalizationService;
  watched: (WatchedLog & LagWatch) | null;
  /** Ends what was opened for it here. */
  close(): Promise<void>;
}

/** The service that the host has made, or one of its stores. */
export const serve = (options: Options, meters: Meters): Served =>
  options.service ? handedIn(options.service) : openService(options, meters);

/** Where the service was made elsewhere, nobody here knows what its log does. */
const handedIn = (service: PersonalizationService): Served => ({
  service,
  watched: null,
  close: () => Promise.resolve(),
});

function openService(options: Options, meters: Meters): Served {
  const { log, report } = options;
  // Also where others fold: what is taken in here waits for them.
  const watch = log ? watchLog(log, meters.log) : null;
  const service = ownService({ ...options, ...(watch && { log: watch.log }) });
  const watched = log && watch ? { ...watch, ...watchLag(log, report) } : null;
  const sweeping = setInterval(() => void service.sweep().catch(report), SWEEP_MS).unref();
  // One look at a time: a policy may take longer to learn than there is between two.
  let looking: Promise<void> | null = null;
  const look = (): void => {
    looking ??= reviewAll(service, options).finally(() => {
      looking = null;
    });
  };
  const reviewing = setInterval(look, REVIEW_MS).unref();
  return {
    service,
    watched,
    close() {
      clearInterval(sweeping);
      clearInterval(reviewing);
      watched?.close();
      return service.close();
    },
  };
}

/** Running experiments of every site that some key reaches, one site after another. */
async function reviewAll(service: PersonalizationService, { auth, report }: Options): Promise<void> {
  for (const site of new Set(auth.keys.map((key) => key.site ?? "default")))
    await service.experiments.review({ site }).catch(report);
}

/** What is kept for minutes or a day, such as answers and tickets, and the end of what was made for it. */
export function passingStore({ stores, report }: Options): { store: Store; close(): Promise<void> } {
  if (stores) return { store: stores.hot, close: () => Promise.resolve() };
  const own = memoryStore();
  const sweeping = setInterval(() => void own.sweep().catch(report), SWEEP_MS).unref();
  return {
    store: own,
    async close() {
      clearInterval(sweeping);
      await own.close();
    },
  };
}

function ownService(options: AttuneServerOptions): PersonalizationService {
  const { stores, log, channel, series, keys, clock, rules, consent, retentionMs, report } = options;
  const { sensitive, sampling, scorers, worker } = options;
  if (!stores) throw new AttuneError("ATTUNE_SERVER_STORES", "Hand in stores, or a service made from them.");
  return createPersonalizationService({
    stores,
    ...(log && { log }),
    // Live streams need one; in one process memory will do.
    channel: channel ?? memoryChannel(),
    ...(series && { series }),
    ...(keys && { keys }),
    ...(clock && { clock }),
    ...(rules !== undefined && { ruleset: rules }),
    ...(consent && { consent }),
    ...(sensitive && { sensitive }),
    ...(sampling && { sampling }),
    ...(scorers && { scorers }),
    ...(worker !== undefined && { worker }),
    ...(retentionMs !== undefined && { retentionMs }),
    ...(report && { report }),
  });
}
