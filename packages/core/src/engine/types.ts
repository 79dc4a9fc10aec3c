import type { ConsentPolicy, ConsentRecord, ConsentState, Purpose } from "../consent/types.js";
import type { CompiledRuleset, Decision, Explanation, Ruleset, RulesetDocument } from "../decisions/types.js";
import type { Score } from "../engagement/types.js";
import type { MinimiseOptions } from "../events/minimise.js";
import type { EventPurposeSource } from "../events/names.js";
import type { JsonValue } from "../kernel/json.js";
import type { Environment } from "../ports/environment.js";
import type { Memberships } from "../segments/types.js";
import type { VisitorState } from "../state/types.js";

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

export interface Snapshot {
  status: "starting" | "ready" | "closed";
  /** Where events and state are kept: nowhere (no consent), on the device, or only in this page because the device refused. */
  storage: "none" | "device" | "memory";
  segments: Memberships;
  /** Empty (and the scores 0) until the part that records is loaded; with `ready` it is, unless loading failed. */
  features: Readonly<Record<string, number>>;
  scores: { engagement: Score; intent: Score };
  consent: ConsentState;
  rulesetVersion: string | null;
}

export interface ConsentController {
  readonly state: ConsentState;
  grant(purposes: readonly Purpose[] | "all", source?: "banner" | "preferences" | "api"): Promise<void>;
  deny(purposes: readonly Purpose[] | "all", source?: "banner" | "preferences" | "api"): Promise<void>;
  /** Resolves when nothing but the consent record is left on the device (where nothing optional remains granted). */
  withdraw(purposes?: readonly Purpose[] | "all", source?: "banner" | "preferences" | "api"): Promise<void>;
  receipt(): ConsentRecord | null;
  subscribe(listener: (state: ConsentState) => void): () => void;
}

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

export interface Attune {
  track(
    name: string,
    properties?: Record<string, unknown>,
    options?: { context?: Record<string, unknown> },
  ): Promise<TrackResult>;
  page(properties?: Record<string, unknown>): Promise<TrackResult>;
  identify(
    userId: string,
    traits?: Record<string, unknown>,
    preferences?: Record<string, unknown>,
  ): Promise<TrackResult>;
  /** From now on it is another visitor. `stored`: the device knows it too. */
  reset(): Promise<TrackResult>;
  session(): { id: string; startedAt: number; lastActivityAt: number; isNew: boolean } | null;
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
  /** Every step that led there, and what would change it; no steps before `ready()`. */
  explain(slot: string): Explanation;
  /** The visitor has seen the slot's present variant. Counted once per visitor, slot, variant and run of the experiment (same policy). */
  expose(slot: string): void;
  readonly consent: ConsentController;
  snapshot(): Snapshot;
  /** The snapshot that the first client render must use to equal the server's HTML. */
  initialSnapshot(): Snapshot;
  /** As `decide`, from `initial`; for hydration. */
  initialDecision<V = JsonValue>(slot: string, fallback?: V): Decision<V>;
  subscribe(listener: () => void): () => void;
  loadRuleset(ruleset: Ruleset | RulesetDocument | CompiledRuleset): void;
  /** The document that decides; null as long as there is none. */
  ruleset(): Ruleset | null;
  /** The latest events and what became of them, newest first, at most 50. */
  deliveries(): readonly DeliveryEntry[];
  /** Resolves when consent, visitor and ruleset are known, and the part that records is there (or could not be loaded: reported, not thrown). */
  ready(): Promise<void>;
  flush(): Promise<void>;
  /** Rejects with `ATTUNE_ENGINE_NOT_LOADED` where the part that records could not be loaded; so does `import`. */
  export(): Promise<EngineExport>;
  import(data: unknown): Promise<void>;
  forget(): Promise<void>;
  /** Starts what touches the page (capture, sending). Idempotent; the React provider calls it after commit. */
  start(): void;
  close(): Promise<void>;
}
