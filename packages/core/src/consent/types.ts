/** What personal data may be used for. `necessary` needs no permission. */
export type Purpose = "necessary" | "analytics" | "personalization" | "marketing" | "advertising";
export const PURPOSES = [
  "necessary",
  "analytics",
  "personalization",
  "marketing",
  "advertising",
] as const satisfies readonly Purpose[];

/** A yes or no for each purpose; `necessary` is always true. */
export type Grants = Readonly<Record<Purpose, boolean>>;

/** `opt-in`: nothing until granted. `opt-out`: allowed until denied. `none`: no consent needed here, nothing asked. */
export type ConsentMode = "opt-in" | "opt-out" | "none";

/** A purpose that needs permission. */
export type OptionalPurpose = Exclude<Purpose, "necessary">;

/**
 * What a site asks consent for, where and for how long. Only `version` must be given; `validateConsentPolicy` finds what is wrong with one, and
 * page and back end must be given the same, or decisions made in the one lapse in the other.
 */
export interface ConsentPolicy {
  /** Names the text that people agree to: 1–64 letters, digits and `_ . ~ -`. Another version means: ask again. */
  version: string;
  /** Mode where no region rule matches (default `opt-in`). */
  mode?: ConsentMode;
  /** By region code, most specific first: `{ "US-CA": "opt-out", "US": "none", "DE": "opt-in" }`. */
  regions?: Readonly<Record<string, ConsentMode>>;
  /** The optional purposes this site asks for (default: all four). Others are never allowed. */
  purposes?: readonly OptionalPurpose[];
  /** A decision is asked for again after this long, ms (default 6 months of 30 days, T27). */
  expiresAfterMs?: number;
  /**
   * Purposes that Global Privacy Control switches off (default `["advertising", "marketing"]`: sale and sharing). The signal is a valid
   * opt-out under the CPRA regulations (11 CCR § 7025), so a grant given here does not override it; a host that collects a separate,
   * explicit opt-in after the notice those rules require can narrow this list.
   */
  gpcDenies?: readonly OptionalPurpose[];
  /** Before a decision in an opt-in region, may events feed an in-memory fold that is never stored or sent? (default false) */
  memoryBeforeDecision?: boolean;
  /**
   * SHA-256 of the words that people agree to under this version, hex: `consentTextHash` of `@attune/core/service` makes it. The back end puts
   * it into receipts; pages do not need it.
   */
  textHash?: string;
}

/** A policy with every default filled in and everything unknown left out. */
export type ResolvedConsentPolicy = Required<Omit<ConsentPolicy, "textHash">>;

/**
 * Who a decision came from: the person (`banner`, `preferences`; `platform`: through a consent platform that the host has), the host on the
 * person's behalf (`api`), the browser's signal (`gpc`), a visitor brought over from another device (`import`), or nobody yet
 * (`default`: what holds is the region's rule).
 */
export type ConsentSource = "banner" | "preferences" | "api" | "gpc" | "default" | "import" | "platform";

/** A source that a page may name when it changes consent. */
export type StatedSource = Extract<ConsentSource, "banner" | "preferences" | "api" | "platform">;

/** What is kept on the device, and all that is kept there after a refusal. No identifier of the visitor in it. */
export interface ConsentRecord {
  v: 1;
  policyVersion: string;
  mode: ConsentMode;
  region: string | null;
  grants: Grants;
  decidedAt: number;
  source: ConsentSource;
  /** Grows with each decision on this device; a late answer with a lower one loses. */
  revision: number;
  /**
   * The optional purposes that the person was asked about (absent: all of the policy's). Tells a refusal from a question never put: a form
   * (`banner`, `preferences`, a `platform`'s) asks about all, a call where consent is needed about those it names.
   */
  asked?: readonly OptionalPurpose[];
}

/** Immutable; a transition that changes nothing returns the same object. */
export interface ConsentState {
  /** `undecided`: nobody has chosen under this policy yet (or the choice has expired); what holds is the region's default and older refusals. */
  status: "undecided" | "decided";
  /** What holds now: the decision, the mode's default, the policy's purposes and Global Privacy Control taken together. */
  grants: Grants;
  mode: ConsentMode;
  region: string | null;
  gpc: boolean;
  policyVersion: string;
  decidedAt: number | null;
  source: ConsentSource;
  revision: number;
  /**
   * Why the visitor should be asked, or null if nothing needs asking. `region-changed`: what there is was decided where it was enough not to
   * object, and consent is needed here.
   */
  ask: "undecided" | "policy-changed" | "region-changed" | "purposes-changed" | "expired" | null;
  /** The policy this state was made under. */
  policy: ResolvedConsentPolicy;
  /** The last decision, as it is kept on the device; null if there is none. */
  record: ConsentRecord | null;
}

/** What the machine is created in: what is known before anyone acts. */
export interface ConsentEnvironment {
  now: number;
  region?: string | null | undefined;
  gpc?: boolean | undefined;
  /** A record found on the device, unvalidated. */
  stored?: unknown;
}

export type ConsentAction =
  | { type: "grant"; purposes: readonly Purpose[] | "all"; at: number; source: ConsentSource }
  | { type: "deny"; purposes: readonly Purpose[] | "all"; at: number; source: ConsentSource }
  /** Takes back everything that was granted. */
  | { type: "withdraw"; purposes: readonly Purpose[] | "all"; at: number; source: ConsentSource }
  | { type: "gpc"; gpc: boolean; at: number }
  /** A record from another tab or the server; loses against a higher revision. */
  | { type: "adopt"; record: unknown; at: number }
  | { type: "tick"; at: number };

/** What the edge has to do, in this order. Pure data: the machine itself touches nothing. */
export type ConsentEffect =
  | { type: "persist"; record: ConsentRecord }
  /** These purposes are newly allowed. */
  | { type: "granted"; purposes: readonly Purpose[] }
  /** These purposes are no longer allowed. */
  | { type: "revoked"; purposes: readonly Purpose[] }
  /** No optional purpose is allowed any more: remove everything but the consent record from the device. */
  | { type: "erase-device" }
  | { type: "ask"; reason: NonNullable<ConsentState["ask"]> };

export interface ConsentTransition {
  state: ConsentState;
  effects: readonly ConsentEffect[];
}

/** The part of an engine's consent that adapters work with; `attune.consent` is one. */
export interface ConsentHandle {
  readonly state: ConsentState;
  grant(purposes: readonly Purpose[] | "all", source?: StatedSource): Promise<void>;
  deny(purposes: readonly Purpose[] | "all", source?: StatedSource): Promise<void>;
  subscribe(listener: (state: ConsentState) => void): () => void;
}

/** An engine as far as adapters of consent need one; `createAttune(…)` makes one. */
export interface ConsentEngine {
  /** Reads what is kept on the device, before it returns. Idempotent. */
  start(): void;
  readonly consent: ConsentHandle;
}
