import type { ConsentPolicy, ConsentRecord, ConsentState, Purpose, StatedSource } from "../consent/types.js";
import type { ModelScores } from "../decisions/model-scores.js";
import type {
  CompiledRuleset,
  Decision,
  Explanation,
  ModelFile,
  Ruleset,
  RulesetDocument,
} from "../decisions/types.js";
import type { Score } from "../engagement/types.js";
import type { MinimiseOptions } from "../events/minimise.js";
import type { EventPurposeSource } from "../events/names.js";
import type { JsonValue } from "../kernel/json.js";
import type { Environment } from "../ports/environment.js";
import type { Scorer, ScorerDescription } from "../state/scorer.js";
import type { Memberships } from "../segments/types.js";
import type { VisitorState } from "../state/types.js";

/**
 * Loads a version of a model that the ruleset names, as `@attune/ml/page` does: fetched from `url` (absolute, or on the endpoint), and only used where its content has this `integrity`. Called once
 * all of the model's purposes are granted, and never before the page is there. What it rejects with is reported, and the page goes on without.
 */
export type ModelLoader = (
  model: ScorerDescription & Pick<ModelFile, "url" | "integrity">,
) => Promise<Scorer>;

/** Everything has a default: `createAttune()` alone decides nothing, stores nothing and sends nothing. Unknown keys are hinted at in development. */
export interface AttuneOptions {
  /** Tenant (default `default`). */
  site?: string;
  /** What the engine runs in: `browser(…)`, or nothing for a purely computing engine. */
  environment?: Environment;
  consent?: { policy?: ConsentPolicy };
  events?: {
    /** The host's own events (`defineEvents`): what each is collected for. */
    definitions?: EventPurposeSource;
    /** What is kept of addresses and texts. */
    minimise?: MinimiseOptions;
  };
  decisions?: {
    /**
     * A ruleset document (an imported JSON file is one) or a compiled one; may come later by `loadRuleset`. With it the first render is
     * decided already; without one it is fetched from the endpoint.
     */
    ruleset?: Ruleset | RulesetDocument | CompiledRuleset;
    /** Slot → variant, for tests and previews; reason `override`, never exposed. */
    overrides?: Readonly<Record<string, string>>;
  };
  /** What loads the models that the ruleset names; without one they are not asked, and conditions on their scores do not hold. */
  models?: ModelLoader;
  delivery?: {
    /** Send after this many events (default 20) … */
    batchSize?: number;
    /** … or after this long, ms (default 1000). */
    intervalMs?: number;
  };
  /** What the server used for this page, so that the first render equals the server's. */
  initial?: InitialState;
}

/** Serialisable; made by the server (`@attune/react/server`), used for the first render, reconciled after it. */
export interface InitialState {
  ruleset?: Ruleset;
  rulesetVersion: string | null;
  stateVersion: number;
  decisions: Readonly<Record<string, Decision>>;
  segments: Memberships;
  consent: ConsentRecord | null;
  gpc?: boolean;
  region?: string | null;
  /** The server's clock, epoch ms. */
  now: number;
}

/** Reasons for `dropped` are codes: `consent`, `closed`, `not-loaded`, `invalid-name`, `too-large`, `not-serialisable`, `not-counted`, `error`. */
export type TrackResult = { status: "stored" | "memory" | "dropped"; reason?: string };

/**
 * The engine as it is at one moment, for rendering: the same object until something in it changes, so that it can be compared by identity
 * (`useSyncExternalStore`). Features are in the units of `FEATURES`, times in epoch ms.
 */
export interface Snapshot {
  status: "starting" | "ready" | "closed";
  /** Where events and state are kept: nowhere (no consent), on the device, or only in this page because the device refused. */
  storage: "none" | "device" | "memory";
  segments: Memberships;
  /** Empty (and the scores 0) until the part that records is loaded; with `ready` it is, unless loading failed. */
  features: Readonly<Record<string, number>>;
  scores: { engagement: Score; intent: Score };
  /**
   * What the ruleset's models say, as conditions read it under `scores`: each in [0, 1], of a model with several outputs by output. A model that has said nothing yet, cannot be loaded, or
   * whose purposes are not granted is not there.
   */
  modelScores: ModelScores;
  consent: ConsentState;
  rulesetVersion: string | null;
}

/** Changes consent. Each call resolves when the engine is in line with it, on the device too; before `start()` it waits for that. */
export interface ConsentController {
  readonly state: ConsentState;
  /** Allows these purposes; those that Global Privacy Control denies stay denied. */
  grant(purposes: readonly Purpose[] | "all", source?: StatedSource): Promise<void>;
  /** Refuses these purposes. */
  deny(purposes: readonly Purpose[] | "all", source?: StatedSource): Promise<void>;
  /** Resolves when nothing but the consent record is left on the device (where nothing optional remains granted). */
  withdraw(purposes?: readonly Purpose[] | "all", source?: StatedSource): Promise<void>;
  /** The decision as it is kept; null where none was made. */
  receipt(): ConsentRecord | null;
  /** Calls back after each change of the state. What it returns ends that. */
  subscribe(listener: (state: ConsentState) => void): () => void;
}

/** What the page and its device know of the visitor; JSON, for `import` on another device. */
export interface EngineExport {
  format: "attune-visitor";
  version: 1;
  exportedAt: string;
  visitor: {
    id: string;
    userId?: string;
    traits: Readonly<Record<string, unknown>>;
    preferences: Readonly<Record<string, unknown>>;
  } | null;
  state: VisitorState;
  segments: Memberships;
  consent: ConsentRecord | null;
  exposures: readonly string[];
}

/** One thing that left or would leave the page, for "what was sent". */
export interface DeliveryEntry {
  id: string;
  name: string;
  at: number;
  status: "queued" | "sent" | "rejected" | "memory";
}

/** Somebody whom a tool makes up. */
export interface Persona {
  /** Names of the segments that the persona is in. */
  segments?: readonly string[];
  /** What conditions read of it, over what is known of the visitor: features and `context`. */
  attributes?: Readonly<Record<string, unknown>>;
}

/** The engine of a page. */
export interface Attune {
  /** Records an event. Resolves with where it is now, or why it was dropped; never rejects. */
  track(
    name: string,
    properties?: Record<string, unknown>,
    options?: { context?: Record<string, unknown> },
  ): Promise<TrackResult>;
  /** Records a page view; `browser(…)` does so by itself unless `capture.pages` is off. */
  page(properties?: Record<string, unknown>): Promise<TrackResult>;
  /** The visitor is this user of the host. Traits and preferences are kept under `personalization` alone. Another user id is another visitor. */
  identify(
    userId: string,
    traits?: Record<string, unknown>,
    preferences?: Record<string, unknown>,
  ): Promise<TrackResult>;
  /** From now on it is another visitor. `stored`: the device knows it too. */
  reset(): Promise<TrackResult>;
  /** The visit under way; null before the first event and after 30 minutes without one. Times in epoch ms. */
  session(): { id: string; startedAt: number; lastActivityAt: number; isNew: boolean } | null;
  /** Who the visitor is to this site; null as long as consent allows none to be known. */
  visitor(): {
    id: string;
    userId?: string;
    traits: Readonly<Record<string, unknown>>;
    preferences: Readonly<Record<string, unknown>>;
  } | null;
  /** Synchronous, never throws, the same object until the decision changes. */
  decide<V = JsonValue>(
    slot: string,
    options?: { fallback?: V | undefined; context?: Readonly<Record<string, unknown>> },
  ): Decision<V>;
  /**
   * Whether what `decide` says of a slot is more than a stopgap: the server decided it, or all that it takes is there (what is on the device, the
   * ruleset), or consent is missing, which nothing still to come can change. From `ready()` on always.
   */
  settled(slot: string): boolean;
  /** As `settled`, for the first render: whether the server decided the slot. */
  initiallySettled(slot: string): boolean;
  /** Every step that led there, and what would change it; no steps before `ready()`. */
  explain(slot: string): Explanation;
  /**
   * A slot's variant is in the page, whether or not the visitor has seen it yet. Counted once per visitor, variant and run of an experiment that is measured, so that its results can say where visitors were
   * lost; that a variant was chosen is counted without being told. Components and `<attune-slot>` call it by themselves.
   *
   * @param shown What was rendered, where that is not the present decision any more (or not yet).
   */
  rendered(slot: string, shown?: Decision): void;
  /**
   * The visitor has seen a slot's variant. Counted once per visitor, slot, variant and run of the experiment (same policy).
   *
   * @param shown What was seen, where that is not the present decision any more (or not yet).
   */
  expose(slot: string, shown?: Decision): void;
  readonly consent: ConsentController;
  /** What holds now, immutable; the same object while nothing changes. */
  snapshot(): Snapshot;
  /** The snapshot that the first client render must use to equal the server's HTML. */
  initialSnapshot(): Snapshot;
  /** As `decide`, from `initial`; for hydration. */
  initialDecision<V = JsonValue>(slot: string, fallback?: V): Decision<V>;
  /** Calls back whenever a snapshot or a decision may have changed. What it returns ends that. */
  subscribe(listener: () => void): () => void;
  /**
   * From now on this decides. A document with more than targeting, rules and splits does so when the part of the engine that it takes is fetched, which `ready()` waits for; whether it can be
   * compiled is reported then. Compile it (`compileRuleset`) to have it decide at once.
   *
   * @throws AttuneError where it cannot be compiled; what decided before goes on.
   */
  loadRuleset(ruleset: Ruleset | RulesetDocument | CompiledRuleset): void;
  /**
   * From now on a slot shows this variant, with the reason `override`, which is never counted; null: what is decided again. For tools and
   * previews; in this page alone.
   */
  force(slot: string, variant: string | null): void;
  /**
   * From now on decisions and segments are as for somebody else, with the reason `override`; null: for the visitor again. What is recorded and
   * kept of the visitor stays the visitor's. For tools and previews; in this page alone.
   */
  simulate(persona: Persona | null): void;
  /** The document that decides; null as long as there is none. */
  ruleset(): Ruleset | null;
  /** The latest events and what became of them, newest first, at most 50. */
  deliveries(): readonly DeliveryEntry[];
  /** Resolves when consent, visitor and ruleset are known, and the part that records is there (or could not be loaded: reported, not thrown). */
  ready(): Promise<void>;
  /** Saves and sends what waits, unless the server has asked to wait. */
  flush(): Promise<void>;
  /** Rejects with `ATTUNE_ENGINE_NOT_LOADED` where the part that records could not be loaded; so does `import`. */
  export(): Promise<EngineExport>;
  /** Becomes the exported visitor, as far as consent allows. Rejects with `ATTUNE_ENGINE_IMPORT` for anything but an export of this version. */
  import(data: unknown): Promise<void>;
  /** Removes the visitor from this page and device. Where consent still allows one, a new visitor begins. The server is not asked to erase anything. */
  forget(): Promise<void>;
  /** Starts what touches the page (capture, sending). Idempotent; the React provider calls it after commit. */
  start(): void;
  /** Ends capture, sends what waits, and rests for good; what is on the device stays. Decisions go on. */
  close(): Promise<void>;
}
