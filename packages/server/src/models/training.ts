import { randomUUID } from "node:crypto";
import { type Clock, isAttuneError } from "@attune/core";
import type { Store } from "@attune/core/ports";
import { modelsPartition } from "@attune/ml/registry";
import type { Fit } from "./fit-in-thread.js";
import type { Models } from "./models.js";
import { type ModelPlan, nextStep, trainVersion, type TrainingParts } from "./train-job.js";
import { LEASE_MS, leaseTraining, RENEW_MS, trainedElsewhere } from "./training-lease.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How the latest training of a model goes, or went. Plain data. */
export interface TrainingState {
  state: "running" | "done" | "failed";
  /** Epoch ms. */
  startedAt: number;
  endedAt: number | null;
  /** What came of it. */
  version: string | null;
  /** What was done with it: put in force, tried, or only kept. */
  step: "promote" | "canary" | "kept" | null;
  /** Why it failed, or why it was only kept. */
  words: string | null;
}

/** As it is kept: who trains says now and then that it goes on, so that what died with its process is begun anew. */
interface TrainingRecord extends TrainingState {
  /** Epoch ms; 0: it was cut off. */
  aliveAt: number;
}

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

const sortOf = (name: string): string => `t/${name}`;
const shown = ({ aliveAt: _, ...state }: TrainingRecord): TrainingState => state;

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

/** A training of this process: its record as it was written last, and the version that the store gave it. */
interface Claimed {
  state: TrainingRecord;
  version: number;
}

/** What is known of trainings, in the store. */
function createRecords({ store, clock }: Pick<TrainerOptions, "store" | "clock">) {
  const read = (site: string, name: string) => store.get<TrainingRecord>(modelsPartition(site), sortOf(name));
  const isLost = ({ state, aliveAt }: TrainingRecord): boolean =>
    state === "running" && clock.now() - aliveAt >= LEASE_MS;
  return {
    read,
    isLost,
    /** The version of the record by now; null where it is another process's meanwhile, which is left as it is. */
    async write(site: string, name: string, { state, version }: Claimed): Promise<number | null> {
      const put = await store.put(modelsPartition(site), sortOf(name), state, { ifVersion: version });
      return put.written ? put.version : null;
    },
    /** Null where somebody else trains it. */
    async claim(site: string, name: string): Promise<Claimed | null> {
      const known = await read(site, name);
      const now = clock.now();
      if (known?.value.state === "running" && !isLost(known.value)) return null;
      const state: TrainingRecord = {
        ...{ state: "running", startedAt: now, endedAt: null, aliveAt: now },
        ...{ version: null, step: null, words: null },
      };
      const ifVersion = known?.version ?? 0;
      const { written, version } = await store.put(modelsPartition(site), sortOf(name), state, { ifVersion });
      return written ? { state, version } : null;
    },
  };
}

type Records = ReturnType<typeof createRecords>;

/** Says of a training that it goes on, from when it was asked for: one that waits for its turn is alive as well. */
interface Sign {
  /** Aborted where the record is another process's by now, which has begun it anew. */
  readonly lost: AbortSignal;
  /** Says what came of it, the last that is said. */
  end(more: Partial<TrainingRecord>): Promise<void>;
}

function signOfLife(
  { site, name, claimed }: { site: string; name: string; claimed: Claimed },
  { records, clock, report }: { records: Records } & Pick<TrainerOptions, "clock" | "report">,
): Sign {
  const lost = new AbortController();
  let { version } = claimed;
  let noted: Promise<unknown> = Promise.resolve();
  // One after another: that it goes on must not be written over that it has ended.
  function note(more: Partial<TrainingRecord>): Promise<void> {
    const writing = noted.then(async () => {
      if (lost.signal.aborted) return;
      const next = await records.write(site, name, { state: { ...claimed.state, ...more }, version });
      if (next === null) lost.abort(trainedElsewhere());
      else version = next;
    });
    noted = writing.catch(() => undefined);
    return writing;
  }
  const timer = setInterval(() => void note({ aliveAt: clock.now() }).catch(report), RENEW_MS).unref();
  return {
    lost: lost.signal,
    end(more) {
      clearInterval(timer);
      return note(more);
    },
  };
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
