import type { Clock, Issue, Result } from "@attune/core";
import type { Channel, Store } from "@attune/core/ports";
import type { PersonalizationService } from "@attune/core/service";
import {
  type CanaryRules,
  type CanaryVerdict,
  createModelRegistry,
  judgeCanary,
  type ModelAction,
  type ModelRecord,
  type ModelRegistry,
  NO_EVIDENCE,
  type VersionEvidence,
} from "@attune/ml/registry";
import { type DriftState, driftOf } from "./drift-state.js";
import { createEvidenceCounter, type EvidenceCounter } from "./evidence-counter.js";
import { publishModels, trialKey } from "./publish-models.js";
import { createScorerSource, type LoadModel, type ScorerSource } from "./scorer-source.js";

/** Over so long a stretch silence is told, ms. */
const RECENT_MS = 8000;

export interface ModelsOptions {
  stores: { hot: Store; durable?: Store | undefined };
  /** Where people who watch are told. */
  channel?: Channel | null;
  clock: Clock;
  sites: readonly string[];
  load: LoadModel;
  /** When a version on trial is taken back or promoted. */
  rules?: CanaryRules;
  /** Names this process among those that count. */
  writer: string;
  report(error: unknown): void;
}

/** What a version has shown while it was tried or compared. */
export interface Performance {
  record: ModelRecord;
  /** What would be done about the trial now; null without one. */
  verdict: CanaryVerdict | null;
  versions: readonly {
    version: string;
    role: "champion" | "canary";
    evidence: VersionEvidence;
    /** Visitors of the trial, and those of them who came to the metric. */
    reward: { successes: number; trials: number } | null;
  }[];
}

export interface Models {
  registry(site: string): ModelRegistry;
  readonly source: ScorerSource;
  /** Promotes, tries out or rolls back, and publishes the ruleset in which it is so. */
  act(site: string, name: string, action: ModelAction, actor: string): Promise<Result<ModelRecord, Issue[]>>;
  /** Null where nothing is known by that name. */
  performance(site: string, name: string): Promise<Performance | null>;
  /** Looks at what this process was asked about lately; null where no version is in force. */
  drift(site: string, name: string): Promise<DriftState | null>;
  /** Writes what was counted. */
  flush(): Promise<void>;
  /** Looks at every trial of every site, and does what is to be done about it. */
  review(): Promise<void>;
  /** Looks at the drift of every model in force, and tells of what has shifted since. */
  watchDrift(): Promise<void>;
  close(): Promise<void>;
}

interface Look {
  at: number;
  run: number;
  champion: number;
  canary: number;
}

type Service = Pick<PersonalizationService, "ruleset" | "loadRuleset" | "audit" | "experimentSums">;

/** Where what happens to models is told of: `models/{site}`. */
export const modelsTopic = (site: string): string => `models/${site}`;

/**
 * The life of models on a server: counted at whoever scores, judged by a timer, changed in the registry first and in the ruleset then, so that what was cut off in between is
 * completed by the next look. Several processes may do so beside each other: each change is made once.
 */
export function createModels(options: ModelsOptions, service: () => Service): Models {
  const { stores, clock, sites, channel = null, rules = {}, report } = options;
  const registries = new Map<string, ModelRegistry>();
  const registry = (site: string): ModelRegistry => {
    const known = registries.get(site) ?? createModelRegistry(stores.durable ?? stores.hot, { site, clock });
    registries.set(site, known);
    return known;
  };
  const now = (): number => clock.now();
  const counter = createEvidenceCounter({ store: stores.hot, now, writer: options.writer });
  const source = createScorerSource({
    bytes: (site, name, version) => registry(site).bytes(name, version),
    ...{ load: options.load, count: counter.count, now, report },
  });
  const watch = { ...options, channel, rules, registry, counter, source, service };
  const judge = createJudge(watch);
  const drifting = createDriftWatch(watch);
  let reviewing: Promise<void> | null = null;

  async function act(
    site: string,
    name: string,
    action: ModelAction,
    actor: string,
  ): Promise<Result<ModelRecord, Issue[]>> {
    const done = await registry(site).act(name, action, actor);
    if (!done.ok) return done;
    const [event] = done.value.events;
    counter.setRun(site, name, done.value.runs);
    await publishModels(service(), registry(site), { site, actor });
    const detail = {
      ...{ model: name, version: event?.version ?? "", revision: done.value.revision },
      ...(event?.code && { code: event.code }),
    };
    await service().audit.append({ type: `model-${action.type}`, actor, detail }, { site });
    await tell(channel, site, { type: "model", site, name, event: event ?? null }, report);
    return done;
  }

  async function reviewSite(site: string): Promise<void> {
    const records = await registry(site).list();
    for (const record of records) {
      const { name, canary } = record;
      counter.setRun(site, name, record.runs);
      if (canary === null) continue;
      const { verdict } = await judge(site, record);
      if (verdict === null || verdict.verdict === "wait") continue;
      const { code, words: reason } = verdict;
      const action: ModelAction =
        verdict.verdict === "promote"
          ? { type: "promote", version: canary.version, code, reason }
          : { type: "rollback", run: canary.run, code, reason };
      // Where somebody else was faster there is nothing left to do.
      await act(site, name, action, "system");
    }
    if (records.length > 0) await publishModels(service(), registry(site), { site });
  }

  async function reviewAll(): Promise<void> {
    for (const site of sites) await reviewSite(site).catch(report);
    source.prune();
  }

  return {
    ...{ registry, source, act },
    async performance(site, name) {
      const record = await registry(site).get(name);
      return record && judge(site, record);
    },
    drift: (site, name) => drifting.look(site, name),
    flush: () => counter.flush(),
    review() {
      reviewing ??= reviewAll().finally(() => {
        reviewing = null;
      });
      return reviewing;
    },
    watchDrift: () => drifting.lookAll(),
    async close() {
      await reviewing;
      await counter.flush().catch(report);
      source.close();
    },
  };
}

type Watch = Omit<ModelsOptions, "channel" | "rules"> & {
  channel: Channel | null;
  rules: CanaryRules;
  registry(site: string): ModelRegistry;
  counter: EvidenceCounter;
  source: ScorerSource;
  service(): Service;
};

/** Loss is allowed: who missed it reads the model. */
async function tell(
  channel: Channel | null,
  site: string,
  told: object,
  report: (error: unknown) => void,
): Promise<void> {
  await channel?.publish(modelsTopic(site), told).catch(report);
}

/** What is known of both versions, and what follows from it. Remembers the latest looks, to tell silence by. */
function createJudge({ counter, service, registry, rules, clock }: Watch) {
  const looks = new Map<string, Look[]>();

  function recentOf(key: string, look: Look): { champion: number; canary: number } | undefined {
    const before = (looks.get(key) ?? []).filter(({ run }) => run === look.run);
    const old = before.filter(({ at }) => look.at - at >= RECENT_MS).at(-1);
    const kept = old === undefined ? before : before.slice(before.indexOf(old));
    looks.set(key, [...kept, look]);
    return old && { champion: look.champion - old.champion, canary: look.canary - old.canary };
  }

  async function rewardsOf(site: string, { name, runs }: ModelRecord, metric: string | null) {
    if (metric === null) return null;
    const sums = await service().experimentSums(trialKey(name), { site, run: runs });
    return (role: "champion" | "canary") => {
      const found = sums?.variants[role];
      const reached = found?.metrics[metric];
      const successes = reached?.type === "proportion" ? reached.sum : 0;
      return { successes, trials: found?.units ?? 0 };
    };
  }

  return async (site: string, record: ModelRecord): Promise<Performance> => {
    const { name, champion, canary, runs } = record;
    const seen = await counter.read(site, name, runs);
    const of = (version: string | null): VersionEvidence =>
      (version === null ? undefined : seen.get(version)) ?? NO_EVIDENCE;
    const [before, now] = [of(champion), of(canary?.version ?? null)];
    const tried = canary && (await registry(site).version(name, canary.version));
    const reward = await rewardsOf(site, record, tried?.metric ?? null);
    const sides = {
      champion: { evidence: before, reward: reward && reward("champion") },
      canary: { evidence: now, reward: reward && reward("canary") },
    };
    const at = clock.now();
    const look = { at, run: runs, champion: before.predictions, canary: now.predictions };
    const recent = canary === null ? undefined : recentOf(`${site}/${name}`, look);
    const verdict =
      canary === null
        ? null
        : judgeCanary(
            { ...sides, share: canary.share, ageMs: at - canary.startedAt, ...(recent && { recent }) },
            rules,
          );
    const versions = [
      ...(champion === null ? [] : [{ version: champion, role: "champion" as const, ...sides.champion }]),
      ...(canary === null ? [] : [{ version: canary.version, role: "canary" as const, ...sides.canary }]),
    ];
    return { record, verdict, versions };
  };
}

/** Looks at drift, and tells of each feature that has shifted once. */
function createDriftWatch({ registry, source, clock, sites, channel, report }: Watch) {
  const known = new Map<string, string>();

  async function look(site: string, name: string): Promise<DriftState | null> {
    const record = await registry(site).get(name);
    const version = record?.champion && (await registry(site).version(name, record.champion));
    if (!version) return null;
    const reference = await registry(site).reference(name, version.version);
    return driftOf(version, { reference, live: source.live(site, name), now: clock.now() });
  }

  async function lookSite(site: string): Promise<void> {
    for (const { name } of await registry(site).list()) {
      const state = await look(site, name);
      if (state === null || state.features === null) continue;
      const text = `${state.version} ${state.shifted.join(" ")}`;
      const key = `${site}/${name}`;
      const isNews = state.shifted.length > 0 && known.get(key) !== text;
      known.set(key, text);
      if (isNews)
        await tell(channel, site, { type: "model-drift", site, name, shifted: state.shifted }, report);
    }
  }

  return {
    look,
    async lookAll(): Promise<void> {
      for (const site of sites) await lookSite(site).catch(report);
    },
  };
}
