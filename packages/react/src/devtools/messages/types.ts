import type { Decision, DeliveryEntry, ExplanationStep, FeatureUnit, Snapshot } from "@attune/core";
import type { ConsentState, Purpose } from "@attune/core/consent";

/** The words in which a decision is explained. With words of your own it can be told to visitors as well as to developers. */
export interface ExplainMessages {
  /** Why it is what it is, where no rule says so. */
  reasons: Readonly<Record<Decision["reason"], string>>;
  /** The rule that holds. */
  because(what: string): string;
  /** How many visitors a lot shows this to. */
  chance(percent: number): string;
  /** One step, with what it asks for: conditions, purposes, an experiment, or the variant it comes to. */
  step: Readonly<
    Record<ExplanationStep["step"], { passed(what: string): string; failed(what: string): string }>
  >;
  /** One part of a condition: what is read, what it must be, and what it is. */
  clause(name: string, operator: string, wanted: string, found: string | undefined): string;
  /** By the operators of conditions (`$gte`); others stand as they are. */
  operators: Readonly<Record<string, string>>;
  inSegment(expression: string): string;
  /** Null: nobody has decided for any. */
  variant(name: string | null): string;
  purposes: Readonly<Record<Purpose, string>>;
  nothing: string;
}

/** Everything the drawer says. */
export interface DevtoolsMessages extends ExplainMessages {
  /** BCP 47; becomes the `lang` of the drawer. */
  lang: string;
  open: string;
  close: string;
  title: string;
  /** What it is about, in a sentence. */
  about: string;
  /** Between a name and what it stands for, with the spaces that the language wants around it. */
  colon: string;
  decisions: string;
  noRuleset: string;
  /** Names the choice of a variant. */
  show: string;
  asDecided: string;
  steps: string;
  /** Before what would lead to another variant. */
  wouldShow(variant: string): string;
  resolving: string;
  persona: string;
  personaAbout: string;
  personaSegments: string;
  nobodyElse: string;
  visitor: string;
  noVisitor: string;
  id: string;
  segments: string;
  scores: Readonly<Record<keyof Snapshot["scores"], string>>;
  features: string;
  units: Readonly<Record<FeatureUnit, string>>;
  consent: string;
  /** That the switches are no trial. */
  consentAbout: string;
  consentStatus: Readonly<Record<ConsentState["status"], string>>;
  modes: Readonly<Record<ConsentState["mode"], string>>;
  gpc: string;
  withdraw: string;
  events: string;
  noEvents: string;
  statuses: Readonly<Record<DeliveryEntry["status"], string>>;
}
