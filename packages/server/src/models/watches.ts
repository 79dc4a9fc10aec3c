import type { Clock } from "@attune/core";
import type { Store } from "@attune/core/ports";
import type { PersonalizationService } from "@attune/core/service";
import { type ModelRegistry, modelsPartition, type ModelVersion } from "@attune/ml/registry";
import type { Alarms, ModelAlarm } from "./alarms.js";
import { type DriftState, driftOf } from "./drift-state.js";
import type { Newsroom } from "./model-news.js";
import { lookAtVisits, OUTCOME_LOOKS_A_DAY, type OutcomeState } from "./outcomes.js";
import type { LoadModel, ScorerSource } from "./scorer-source.js";
import { cardOf } from "./train-job.js";

const OUTCOMES_MS = 86_400_000 / OUTCOME_LOOKS_A_DAY;

export interface WatchOptions {
  store: Store;
  registry(site: string): ModelRegistry;
  source: ScorerSource;
  load: LoadModel;
  service(): Pick<PersonalizationService, "histories">;
  alarms: Alarms;
  news: Newsroom;
  clock: Clock;
  /** Ends looks that are under way. */
  signal?: AbortSignal;
}

export interface Watches {
  /**
   * Visitors of now against those that the version in force was trained on: as it was seen last, by whatever process; of a model without a report card of ours, by what this process was asked about lately.
   */
  drift(site: string, name: string): Promise<DriftState | null>;
  /** Looks at the drift of models without a report card of ours, and tells of it. */
  watchDrift(site: string): Promise<void>;
  /** As it was seen last, by whatever process; null where nobody has looked at the version in force. */
  outcomes(site: string, name: string): Promise<OutcomeState | null>;
  /** Looks at what came true, where it is time and no other process is at it, and tells of what has changed. */
  watchOutcomes(site: string): Promise<void>;
}

/** The look that was begun last, and what the last that ended has found. */
interface OutcomeRecord {
  version: string;
  /** Epoch ms. */
  begunAt: number;
  found: OutcomeState | null;
  drift: DriftState | null;
}

const sortOf = (name: string): string => `o/${name}`;

/** What is found about the versions in force, beside their trials. */
export function createWatches(options: WatchOptions): Watches {
  const { store, registry, source, load, service, alarms, news, clock, signal } = options;

  async function inForce(site: string, name: string): Promise<ModelVersion | null> {
    const record = await registry(site).get(name);
    return record?.champion == null ? null : registry(site).version(name, record.champion);
  }

  async function tell(site: string, name: string, found: ModelAlarm): Promise<void> {
    const alarm = await alarms.raise(site, name, found);
    if (alarm !== null) await news.tell({ type: "model-alarm", site, name, alarm });
  }

  /** Rows that this process was asked about are of any moment of a visit; where ours were trained at one, they are no match. */
  const isOurs = async (site: string, { name, version }: ModelVersion): Promise<boolean> =>
    cardOf(await registry(site).card(name, version)) !== null;

  const recordOf = async (site: string, { name, version }: ModelVersion): Promise<OutcomeRecord | null> => {
    const record = await store.get<OutcomeRecord>(modelsPartition(site), sortOf(name));
    return record?.value.version === version ? record.value : null;
  };

  async function asked(site: string, version: ModelVersion): Promise<DriftState> {
    const { name } = version;
    const reference = await registry(site).reference(name, version.version);
    return driftOf(version, { reference, live: source.live(site, name), now: clock.now() });
  }

  async function drift(site: string, name: string): Promise<DriftState | null> {
    const version = await inForce(site, name);
    if (version === null) return null;
    if (!(await isOurs(site, version))) return asked(site, version);
    const nothing = { version: version.version, at: clock.now(), rows: 0, features: null, shifted: [] };
    return (await recordOf(site, version))?.drift ?? { ...nothing, reason: "not-looked" };
  }

  async function tellShifted(site: string, name: string, state: DriftState | null): Promise<void> {
    if (state === null || state.shifted.length === 0) return;
    const { version, at, shifted } = state;
    await tell(site, name, { kind: "features", version, at, features: shifted });
  }

  /** Null where it is not time, or another process is at it. */
  async function claim(site: string, { name, version }: ModelVersion): Promise<OutcomeRecord | null> {
    const [partition, now] = [modelsPartition(site), clock.now()];
    const known = await store.get<OutcomeRecord>(partition, sortOf(name));
    const isFresh = known?.value.version === version && now - known.value.begunAt < OUTCOMES_MS;
    if (isFresh) return null;
    const before = known?.value.version === version ? known.value : null;
    const record = { version, begunAt: now, found: before?.found ?? null, drift: before?.drift ?? null };
    const { written } = await store.put(partition, sortOf(name), record, { ifVersion: known?.version ?? 0 });
    return written ? record : null;
  }

  async function lookAt(site: string, version: ModelVersion): Promise<void> {
    const claimed = await claim(site, version);
    if (claimed === null) return;
    const { name } = version;
    const parts = { service: service(), registry: registry(site), load, site, now: clock.now() };
    const look = await lookAtVisits(version, { ...parts, ...(signal && { signal }) }).catch(
      async (error: unknown) => {
        // What this process was ended over is looked at by the next.
        if (signal?.aborted === true)
          await store.put(modelsPartition(site), sortOf(name), { ...claimed, begunAt: 0 });
        throw error;
      },
    );
    const { outcomes: found, drift: shift } = look;
    await store.put(modelsPartition(site), sortOf(name), { ...claimed, found, drift: shift });
    await tellShifted(site, name, shift);
    const alarm = { version: version.version, at: found.at, features: [] };
    if (found.calibration?.verdict === "drifted") await tell(site, name, { ...alarm, kind: "calibration" });
    if (found.errors?.grown === true) await tell(site, name, { ...alarm, kind: "errors" });
  }

  return {
    drift,
    async watchDrift(site) {
      for (const { name } of await registry(site).list()) {
        const version = await inForce(site, name);
        if (version === null || (await isOurs(site, version))) continue;
        await tellShifted(site, name, await asked(site, version));
      }
    },
    async outcomes(site, name) {
      const version = await inForce(site, name);
      return version && ((await recordOf(site, version))?.found ?? null);
    },
    async watchOutcomes(site) {
      for (const { name } of await registry(site).list()) {
        const version = await inForce(site, name);
        if (version !== null) await lookAt(site, version);
      }
    },
  };
}
