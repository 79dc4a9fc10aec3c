import { createPersonalizationService, type PersonalizationService } from "@attune/core/service";
import type { ServerConfig } from "@attune/core/wire";
import { openModels } from "../models/open-models.js";
import { scheduleOf } from "../models/plan.js";
import { type OpenedPorts, openPorts } from "./ports/open-ports.js";
import type { Place } from "./place.js";

const DAY_MS = 86_400_000;

/** How long a configuration keeps events. */
export const retentionOf = ({ retentionDays = 395 }: ServerConfig): number => retentionDays * DAY_MS;

/** Sites that there may be something of: those that are configured, and the one without a name of its own. */
export const sitesOf = ({ sites = {} }: ServerConfig): string[] => [
  ...new Set(["default", ...Object.keys(sites)]),
];

/** The service on a configuration's systems, without HTTP. */
export interface BackEnd {
  ports: OpenedPorts;
  service: PersonalizationService;
  /** Ends the batch at hand, then closes everything. */
  close(): Promise<void>;
}

export interface BackEndOptions extends Place {
  /** Whether this process folds what the log brings (default false). */
  worker?: boolean;
  /** Puts something around the ports before the service gets them. */
  around?(ports: OpenedPorts): OpenedPorts;
  report(error: unknown): void;
}

export async function openBackEnd(options: BackEndOptions): Promise<BackEnd> {
  const { config, worker = false, around = (ports) => ports, report } = options;
  const retentionMs = retentionOf(config);
  const ports = around(await openPorts({ ...options, retentionMs }));
  const { stores, channel } = ports;
  const clock = { now: () => Date.now() };
  // Whoever folds or looks visitors through asks the models that rulesets name; who folds for good also trains, judges and watches.
  const models = { schedule: worker ? scheduleOf(config) : [] };
  const sites = worker ? sitesOf(config) : [];
  const opened = openModels({ stores, channel, clock, report, worker, models }, sites, () => service);
  const service: PersonalizationService = createPersonalizationService({
    stores: ports.stores,
    log: ports.log,
    channel: ports.channel,
    ...(ports.series && { series: ports.series }),
    ...(ports.keys && { keys: ports.keys }),
    ...(config.consent && { consent: config.consent }),
    ...(config.sensitive && { sensitive: config.sensitive }),
    ...(opened && { scorers: opened.models.source }),
    retentionMs,
    worker,
    report,
  });
  opened?.start();
  return {
    ports,
    service,
    async close() {
      try {
        await service.close();
        await opened?.close();
      } finally {
        await ports.close();
      }
    },
  };
}

/** Does something with the back end and closes it, whatever comes of it. */
export async function withBackEnd<T>(
  options: BackEndOptions,
  work: (backEnd: BackEnd) => Promise<T>,
): Promise<T> {
  const backEnd = await openBackEnd(options);
  try {
    return await work(backEnd);
  } finally {
    await backEnd.close();
  }
}
