import { randomUUID } from "node:crypto";
import { type Clock, isAttuneError } from "@attune/core";
import type { Store } from "@attune/core/ports";
import type { Fit } from "./fit-in-thread.js";
import type { Models } from "./models.js";
import { type ModelPlan, nextStep, trainVersion, type TrainingParts } from "./train-job.js";
import { leaseTraining } from "./training-lease.js";
import { createRecords, shown, type Sign, signOfLife, type TrainingState } from "./training-record.js";

export type { TrainingState } from "./training-record.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A model that is trained again and again. */
export interface ScheduledModel extends ModelPlan {
  site?: string;
  /** How often, hours. */
  everyHours: number;
  /** Of visitors who try a new version (default 0.1). */
  share?: number;
  /** Whether a version becomes everybody's by itself: the first at once, a later one when it has proved itself (default true). */
  promote?: boolean;
}

export interface TrainerOptions {
  models: Models;
  /** The durable store. */
  store: Store;
  service: TrainingParts["service"];
  encode: TrainingParts["encode"];
  /** Default: in this thread. */
  fit?: Fit;
  clock: Clock;
  report(error: unknown): void;
}

/** What becomes of what was trained, and who asked for it. */
export interface TrainingOrder {
  share: number;
  promote?: boolean;
  actor: string;
}

export interface Trainer {
  /**
   * Begins to train; null where a training of this model is under way, of whatever process. What comes of it is in `state`.
   */
  begin(site: string, plan: ModelPlan, order: TrainingOrder): Promise<TrainingState | null>;
  state(site: string, name: string): Promise<TrainingState | null>;
  /** Trains what it is time for, one after another. For a timer, of any number of processes: each training is begun once. */
  schedule(planned: readonly ScheduledModel[]): Promise<void>;
  /** When nothing is under way here any more. */
  settled(): Promise<void>;
  /** Cuts off what is under way; another process, or the next start, begins it anew. */
  close(): Promise<void>;
}

/** One that failed is tried again sooner than one that went well, since what was missing may have come: after twenty times as long as it took, so that it costs little. */
function nextAt({ state, startedAt, endedAt }: TrainingState, everyHours: number): number {
  if (state !== "failed" || endedAt === null) return startedAt + everyHours * HOUR_MS;
  const patience = Math.min(HOUR_MS, Math.max(MINUTE_MS, 20 * (endedAt - startedAt)));
  return endedAt + Math.min(everyHours * HOUR_MS, patience);
}

type Ended = Pick<TrainingState, "version" | "step" | "words">;

interface Begun {
  site: string;
  plan: ModelPlan;
  order: TrainingOrder;
}

/**
 * Trains one model at a time, of whatever process (a lease in the store), and notes in the store how it goes. What stands in the store is read in slices, and the learning itself may be done in a thread
 * of its own (`fit`), so that a process that serves goes on serving.
 */
export function createTrainer(options: TrainerOptions): Trainer {
  const { models, store, service, encode, fit, clock, report } = options;
  const records = createRecords(options);
  const ending = new AbortController();
  const holder = randomUUID();
  let last: Promise<void> = Promise.resolve();

  async function run({ site, plan, order }: Begun, lost: AbortSignal): Promise<Ended> {
    const { share, promote, actor } = order;
    const ended = AbortSignal.any([ending.signal, lost]);
    const lease = await leaseTraining({ store, clock, holder, who: "a server", signal: ended, report });
    try {
      ended.throwIfAborted();
      const registry = models.registry(site);
      const signal = lease === null ? ended : AbortSignal.any([ended, lease.lost]);
      const parts = { service, registry, site, now: clock.now(), encode, signal, ...(fit && { fit }) };
      const done = await trainVersion(plan, parts);
      // Whoever has it now decides what becomes of it.
      signal.throwIfAborted();
      const { version } = done.version;
      const next = nextStep(done, { share, ...(promote !== undefined && { promote }) });
      if (next === null) return { version, step: "kept", words: done.worse };
      const acted = await models.act(site, plan.name, next, actor);
      return acted.ok
        ? { version, step: next.type, words: null }
        : { version, step: "kept", words: acted.error.map(({ message }) => message).join(" ") };
    } finally {
      await lease?.end().catch(report);
    }
  }

  async function work(begun: Begun, sign: Sign): Promise<void> {
    try {
      const ended = await run(begun, sign.lost);
      await sign.end({ state: "done", ...ended, endedAt: clock.now() });
    } catch (error) {
      if (ending.signal.aborted) return await sign.end({ aliveAt: 0 });
      // Of a failure of its own kind the message says what to do; what others say may hold anything.
      const words = isAttuneError(error) ? error.message : "It failed; the server's report says why.";
      if (!isAttuneError(error)) report(error);
      await sign.end({ state: "failed", words, endedAt: clock.now() });
    }
  }

  const begin: Trainer["begin"] = async (site, plan, order) => {
    const claimed = await records.claim(site, plan.name);
    if (claimed === null) return null;
    const sign = signOfLife({ site, name: plan.name, claimed }, { records, clock, report });
    last = last.then(() => work({ site, plan, order }, sign)).catch(report);
    return shown(claimed.state);
  };

  async function trainDue(planned: readonly ScheduledModel[]): Promise<void> {
    for (const { site = "default", everyHours, share = 0.1, promote, ...plan } of planned) {
      if (ending.signal.aborted) return;
      const known = (await records.read(site, plan.name))?.value;
      const isDue = known === undefined || records.isLost(known) || clock.now() >= nextAt(known, everyHours);
      if (!isDue) continue;
      await begin(site, plan, { share, actor: "schedule", ...(promote !== undefined && { promote }) });
      await last;
    }
  }
  let scheduling: Promise<void> | null = null;

  return {
    begin,
    async state(site, name) {
      const found = await records.read(site, name);
      return found && shown(found.value);
    },
    schedule(planned) {
      // A timer comes again long before a training has ended.
      scheduling ??= trainDue(planned).finally(() => {
        scheduling = null;
      });
      return scheduling;
    },
    settled: () => last,
    async close() {
      ending.abort();
      await scheduling?.catch(() => undefined);
      await last;
    },
  };
}
