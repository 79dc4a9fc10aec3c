import type { Decision, DeliveryEntry, ExplanationStep, Snapshot } from "@attune/core";
import type { FeatureUnit } from "@attune/core";
import type { ConsentState, Purpose } from "@attune/core/consent";

/** Everything the drawer says. */
export interface DevtoolsMessages {
  /** BCP 47; becomes the `lang` of the drawer. */
  lang: string;
  open: string;
  close: string;
  title: string;
  /** What it is about, in a sentence. */
  about: string;
  decisions: string;
  noRuleset: string;
  /** Names the choice of a variant. */
  show: string;
  asDecided: string;
  steps: string;
  /** Before the variants that something else would lead to. */
  wouldShow(variant: string): string;
  reasons: Readonly<Record<Decision["reason"], string>>;
  chance(percent: number): string;
  step: Readonly<Record<ExplanationStep["step"], { passed: string; failed: string }>>;
  /** One part of a condition: what is read, what it must be, and what it is. */
  clause(name: string, operator: string, wanted: string, found: string | undefined): string;
  operators: Readonly<Record<string, string>>;
  inSegment(expression: string): string;
  nothing: string;
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
  consentStatus: Readonly<Record<ConsentState["status"], string>>;
  modes: Readonly<Record<ConsentState["mode"], string>>;
  gpc: string;
  purposes: Readonly<Record<Purpose, string>>;
  withdraw: string;
  events: string;
  noEvents: string;
  statuses: Readonly<Record<DeliveryEntry["status"], string>>;
}
