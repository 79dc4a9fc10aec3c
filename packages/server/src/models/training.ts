import { type Clock, isAttuneError } from "@attune/core";
import type { Store } from "@attune/core/ports";
import { modelsPartition } from "@attune/ml/registry";
import type { Models } from "./models.js";
import { type ModelPlan, nextStep, trainVersion, type TrainingParts } from "./train-job.js";

/** One that was begun and not ended by then has died with its process, ms. */
const LOST_MS = 3_600_000;
const HOUR_MS = 3_600_000;

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

/** A model that is trained again and again. */
export interface ScheduledModel extends ModelPlan {
  site?: string;
  /** How often, hours. */
  everyHours: number;
  /** Of visitors who try a new version (default 0.1). */
  share?: number;
}

export interface TrainerOptions {
  models: Models;
  /** The durable store. */
  store: Store;
  service: TrainingParts["service"];
  encode: TrainingParts["encode"];
  clock: Clock;
  report(error: unknown): void;
}

export interface Trainer {
  /**
   * Begins to train; null where a training of this model is under way, of whatever process. What comes of it is in `state`.
   */
  begin(site: string, plan: ModelPlan, how: { share: number; actor: string }): Promise<TrainingState | null>;
  state(site: string, name: string): Promise<TrainingState | null>;
  /** Trains what it is time for, one after another. For a timer, of any number of processes: each training is begun once. */
  schedule(planned: readonly ScheduledModel[]): Promise<void>;
  /** When nothing is under way here any more. */
  settled(): Promise<void>;
}

const sortOf = (name: string): string => `t/${name}`;

/** Trains in this process, one model at a time, and notes in the store how it goes, so that no two processes train the same model. */
export function createTrainer({ models, store, service, encode, clock, report }: TrainerOptions): Trainer {
  let last: Promise<void> = Promise.resolve();
  const read = (site: string, name: string) => store.get<TrainingState>(modelsPartition(site), sortOf(name));

  /** Null where somebody else trains it. */
  async function claim(site: string, name: string): Promise<TrainingState | null> {
    const known = await read(site, name);
    const now = clock.now();
    if (known?.value.state === "running" && now - known.value.startedAt < LOST_MS) return null;
    const state: TrainingState = {
      ...{ state: "running", startedAt: now, endedAt: null },
      ...{ version: null, step: null, words: null },
    };
    const ifVersion = known?.version ?? 0;
    const { written } = await store.put(modelsPartition(site), sortOf(name), state, { ifVersion });
    return written ? state : null;
  }

  async function run(
    site: string,
    plan: ModelPlan,
    { share, actor }: { share: number; actor: string },
  ): Promise<Pick<TrainingState, "version" | "step" | "words">> {
    const registry = models.registry(site);
    const done = await trainVersion(plan, { service, registry, site, now: clock.now(), encode });
    const { version } = done.version;
    const next = nextStep(done, share);
    if (next === null) return { version, step: "kept", words: done.worse };
    const acted = await models.act(site, plan.name, next, actor);
    return acted.ok
      ? { version, step: next.type, words: null }
      : { version, step: "kept", words: acted.error.map(({ message }) => message).join(" ") };
  }

  async function work(
    site: string,
    plan: ModelPlan,
    how: { share: number; actor: string; state: TrainingState },
  ): Promise<void> {
    let ended: Pick<TrainingState, "state" | "version" | "step" | "words">;
    try {
      ended = { state: "done", ...(await run(site, plan, how)) };
    } catch (error) {
      // Of a failure of its own kind the message says what to do; what others say may hold anything.
      const words = isAttuneError(error) ? error.message : "It failed; the server's report says why.";
      if (!isAttuneError(error)) report(error);
      ended = { state: "failed", version: null, step: null, words };
    }
    await store.put(modelsPartition(site), sortOf(plan.name), {
      ...{ ...how.state, ...ended },
      endedAt: clock.now(),
    });
  }

  const begin: Trainer["begin"] = async (site, plan, how) => {
    const state = await claim(site, plan.name);
    if (state === null) return null;
    last = last.then(() => work(site, plan, { ...how, state })).catch(report);
    return state;
  };

  return {
    begin,
    state: async (site, name) => (await read(site, name))?.value ?? null,
    async schedule(planned) {
      for (const { site = "default", everyHours, share = 0.1, ...plan } of planned) {
        const known = (await read(site, plan.name))?.value;
        if (known !== undefined && clock.now() - known.startedAt < everyHours * HOUR_MS) continue;
        await begin(site, plan, { share, actor: "schedule" });
        await last;
      }
    },
    settled: () => last,
  };
}
