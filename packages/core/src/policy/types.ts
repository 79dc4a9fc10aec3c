import type { ConsentPolicy, OptionalPurpose, Purpose } from "../consent/types.js";
import type { EventCatalogue } from "../events/define-events.js";
import type { KnownEventName } from "../events/types.js";
import type { FeatureDefinition } from "../state/types.js";

/** What a policy is written from. What is declared for the machine is said to people; the rest only the host can know. */
export interface PolicyInput {
  /** The policy that page and back end are given. */
  consent: ConsentPolicy;
  /** The host's own events (`defineEvents`). */
  events?: Pick<EventCatalogue, "definitions" | "purposesOf">;
  /** Known events that the host sends beside those that are captured by themselves, such as `Product Viewed`. */
  known?: readonly KnownEventName[];
  /** Known events that are captured by themselves (default: all that `browser(…)` captures); fewer where its `capture` says so. */
  captured?: readonly KnownEventName[];
  /** What is worked out of events (default `FEATURES`). */
  features?: readonly Pick<FeatureDefinition, "name" | "description" | "purposes">[];
  /** Who is responsible, and how to reach them: an address of any kind. */
  controller: { name: string; contact: string };
  /** With whom data is shared, by purpose. */
  recipients?: Partial<Readonly<Record<OptionalPurpose, readonly string[]>>>;
  /** How long events are kept at the back end, ms (default 395 days). */
  retentionMs?: number;
  /** The engine's `site`, after which the database on the device and the server's cookie are named (default `default`). */
  site?: string;
  /** Cookie names, where they are not the default ones. */
  cookies?: { consent?: string; visitor?: string };
  /**
   * Whether the server answers at the page's own origin, or within the domain of its cookies, so that with a grant it gives the page `attune_visitor`, the token by which a visitor sees and deletes what
   * is kept (default true).
   */
  serverCookie?: boolean;
  /** Whether `browser(…)` has `overrides`: variants asked for in an address are kept for the tab (default false). */
  overrides?: boolean;
  /** In the host's own words, in the language of the messages: what an event of this name records, or a feature says. */
  words?: Readonly<Record<string, string>>;
}

export type PolicyBlock =
  | { type: "paragraph"; text: string }
  | { type: "list"; label: string; items: readonly string[] }
  | { type: "table"; label: string; head: readonly string[]; rows: readonly (readonly string[])[] };

export interface PolicySection {
  /** The same in every language: for links (`#purpose-analytics`). */
  id: string;
  heading: string;
  blocks: readonly PolicyBlock[];
}

/** Plain text throughout: no markup, nothing to be trusted. */
export interface PolicyDocument {
  /** BCP 47. */
  lang: string;
  title: string;
  sections: readonly PolicySection[];
}

/** What events of the library record, as people would say it. */
export type RecordedGroup =
  | "pages"
  | "clicks"
  | "trouble"
  | "scrolling"
  | "attention"
  | "views"
  | "hovering"
  | "forms"
  | "copying"
  | "leaving"
  | "technical"
  | "searches"
  | "products"
  | "cart"
  | "orders"
  | "account"
  | "variants"
  | "choice";

/** What is worked out of them. */
export type LearnedGroup =
  | "visits"
  | "reading"
  | "actions"
  | "origin"
  | "device"
  | "products"
  | "cart"
  | "orders";

/** What each purpose is called and what it is for, in one language: the same words wherever visitors meet them. */
export type PurposeMessages = Readonly<Record<Purpose, { name: string; description: string }>>;

/** All that a policy says, in one language. `{name}` stands for what is filled in. */
export interface PolicyMessages {
  lang: string;
  title: string;
  who: { heading: string; text: string };
  choice: {
    heading: string;
    /** Where consent is asked for first everywhere, nowhere, or here and there. */
    "opt-in": string;
    "opt-out": string;
    both: string;
    change: string;
    /** `{time}` */
    again: string;
    /** `{purposes}` */
    gpc: string;
  };
  purposes: PurposeMessages;
  recorded: string;
  learned: string;
  shared: string;
  /** An event of the host's own: `{name}`, and where it has any, `{properties}`. */
  event: { bare: string; with: string };
  sealed: string;
  campaign: string;
  groups: {
    recorded: Readonly<Record<RecordedGroup, string>>;
    learned: Readonly<Record<LearnedGroup, string>>;
  };
  device: {
    heading: string;
    text: string;
    head: readonly [what: string, why: string, howLong: string];
    consent: string;
    visitor: string;
    database: string;
    withdrawn: string;
    token: string;
    overrides: string;
    tab: string;
  };
  kept: { heading: string /** `{time}` */; text: string };
  never: { heading: string; items: readonly string[] };
  rights: { heading: string; items: readonly string[] };
}
