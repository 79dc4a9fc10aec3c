import { AttuneError, type Clock, type Issue, type Result } from "@attune/core";
import { memoryChannel } from "@attune/core/memory";
import type { Channel, Store } from "@attune/core/ports";
import type { PersonalizationService } from "@attune/core/service";
import {
  type CanaryRules,
  createModelRegistry,
  type ModelAction,
  type ModelRecord,
  type ModelRegistry,
} from "@attune/ml/registry";
import { createAlarms, type ModelAlarm } from "./alarms.js";
import { createEvidenceCounter } from "./evidence-counter.js";
import { createJournal } from "./journal.js";
import { createJudge, type Performance } from "./judge.js";
import { createNewsroom, type Newsroom } from "./model-news.js";
import { publishModels } from "./publish-models.js";
import { createScorerSource, type LoadModel, type ScorerSource } from "./scorer-source.js";
import { createWatches, type Watches } from "./watches.js";

/** How long looks that are under way are waited for when everything ends, ms: what they ask of a store or of a model may hang. */
const CLOSE_MS = 5000;

export interface ModelsOptions {
  stores: { hot: Store; durable?: Store | undefined };
  /** Where people who watch are told (default: those of this process alone). */
  channel?: Channel | null;
  clock: Clock;
  sites: readonly string[];
  load: LoadModel;
  /** When a version on trial is taken back or promoted. */
  rules?: CanaryRules;
  /** Whether a version of the model that has proved itself becomes everybody's by itself (default: each does). */
  promotes?(site: string, name: string): boolean;
  /** Names this process among those that count. */
  writer: string;
  report(error: unknown): void;
}

export interface Models extends Pick<Watches, "drift" | "outcomes"> {
  registry(site: string): ModelRegistry;
  readonly source: ScorerSource;
  /** Promotes, tries out or rolls back, and publishes the ruleset in which it is so. */
  act(site: string, name: string, action: ModelAction, actor: string): Promise<Result<ModelRecord, Issue[]>>;
  /** Null where nothing is known by that name. */
  performance(site: string, name: string): Promise<Performance | null>;
  /** What stands against the versions of a model. */
  alarms(site: string, name: string): Promise<ModelAlarm[]>;
  /** Tells of what happens to a site's models from now on, also in other processes where the channel is theirs too. */
  readonly listen: Newsroom["listen"];
  /** Writes what was counted. */
  flush(): Promise<void>;
  /** Looks at every trial of every site, and does what is to be done about it. */
  review(): Promise<void>;
  /** Looks at the drift of every model in force, and tells of what has shifted since. */
  watchDrift(): Promise<void>;
  /** Looks at whether what models in force say comes true, where it is time. Reads what is kept of all visitors. */
  watchOutcomes(): Promise<void>;
  close(): Promise<void>;
}

type Service = Pick<
  PersonalizationService,
  "ruleset" | "loadRuleset" | "audit" | "experimentSums" | "histories"
>;

/** What models stand on, and who counts, judges and watches. */
function parts(options: ModelsOptions, service: () => Service) {
  const { stores, clock, load, report, rules = {} } = options;
  const store = stores.durable ?? stores.hot;
  const registries = new Map<string, ModelRegistry>();
  const registry = (site: string): ModelRegistry => {
    const known = registries.get(site) ?? createModelRegistry(store, { site, clock });
    registries.set(site, known);
    return known;
  };
  const now = (): number => clock.now();
  const counter = createEvidenceCounter({ store: stores.hot, now, writer: options.writer });
  const source = createScorerSource({
    bytes: (site, name, version) => registry(site).bytes(name, version),
    ...{ load, count: counter.count, countKeys: counter.countKeys, now, report },
  });
  const own = options.channel == null ? memoryChannel() : null;
  const news = createNewsroom(options.channel ?? (own as Channel), report);
  const alarms = createAlarms(store);
  const judge = createJudge({ counter, service, registry, rules, clock });
  const journal = createJournal({ store, service });
  const ending = new AbortController();
  const { signal } = ending;
  const watches = createWatches({ store, registry, source, load, service, alarms, news, clock, signal });
  return { registry, counter, source, own, news, alarms, judge, journal, watches, ending };
}

/** Until it has ended, for so long at most. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work.catch(() => undefined), enough]);
  clearTimeout(timer);
}

/**
 * The life of models on a server: counted at whoever scores, judged by a timer, changed in the registry first and in the ruleset then, so that what was cut off in between is
 * completed by the next look. Several processes may do so beside each other: each change is made once.
 */
export function createModels(options: ModelsOptions, service: () => Service): Models {
  const { sites, report, promotes = () => true } = options;
  const { registry, counter, source, own, news, alarms, judge, journal, watches, ending } = parts(
    options,
    service,
  );
  let reviewing: Promise<void> | null = null;
  const under = new Set<Promise<void>>();
  const cleaned = new Set<string>();

  async function act(
    site: string,
    name: string,
    action: ModelAction,
    actor: string,
  ): Promise<Result<ModelRecord, Issue[]>> {
    const done = await registry(site).act(name, action, actor);
    if (!done.ok) return done;
    const [event] = done.value.events;
    // Before anything else can fail: what could not be noted now, the next look does.
    await journal.note(site, done.value).catch(report);
    await publishModels(service(), registry(site), { site, actor });
    // Nobody is on the version before: what the champion says until then is of no trial.
    counter.setRun(site, name, done.value.runs);
    if (event !== undefined) await news.tell({ type: "model", site, name, event });
    return done;
  }

  async function reviewSite(site: string): Promise<void> {
    await forgetRows(site);
    const records = await registry(site).list();
    for (const record of records) {
      const { name, canary } = record;
      counter.setRun(site, name, record.runs);
      await journal.complete(site, record).catch(report);
      if (canary === null) continue;
      const { verdict } = await judge(site, record);
      if (verdict === null || verdict.verdict === "wait") continue;
      if (verdict.verdict === "promote" && !promotes(site, name)) continue;
      const { code, words: reason } = verdict;
      const action: ModelAction =
        verdict.verdict === "promote"
          ? { type: "promote", version: canary.version, run: canary.run, code, reason }
          : { type: "rollback", run: canary.run, code, reason };
      // Where somebody else was faster there is nothing left to do.
      await act(site, name, action, "system");
    }
    if (records.length > 0) await publishModels(service(), registry(site), { site, once: true });
  }

  /** Once a process: versions kept by an older version of this program may hold rows of visitors. Where it fails trials are judged all the same, and the next process tries it. */
  async function forgetRows(site: string): Promise<void> {
    if (cleaned.has(site)) return;
    cleaned.add(site);
    await registry(site).forgetRows().catch(report);
  }

  const everywhere = async (work: (site: string) => Promise<void>): Promise<void> => {
    for (const site of sites) {
      if (ending.signal.aborted) return;
      await work(site).catch((error: unknown) => {
        // That it was ended here is no failure.
        if (!ending.signal.aborted) report(error);
      });
    }
  };
  const watching = (work: (site: string) => Promise<void>): Promise<void> => {
    const running = everywhere(work).finally(() => under.delete(running));
    under.add(running);
    return running;
  };

  return {
    ...{ registry, source, act, listen: news.listen, alarms: alarms.of },
    ...{ drift: watches.drift, outcomes: watches.outcomes },
    async performance(site, name) {
      const record = await registry(site).get(name);
      return record && judge(site, record);
    },
    flush: () => counter.flush(),
    review() {
      reviewing ??= everywhere(reviewSite).finally(() => {
        // First: whatever comes of the rest, the next look is taken.
        reviewing = null;
        source.prune();
      });
      return reviewing;
    },
    watchDrift: () => watching(watches.watchDrift),
    watchOutcomes: () => watching(watches.watchOutcomes),
    async close() {
      ending.abort(new AttuneError("ATTUNE_SERVER_MODELS_CLOSED", "The look was ended with its process."));
      await within(CLOSE_MS, Promise.all([reviewing, ...under]));
      await counter.flush().catch(report);
      source.close();
      await own?.close();
    },
  };
}
