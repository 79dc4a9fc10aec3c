import { randomUUID } from "node:crypto";
import type { PersonalizationService } from "@attune/core/service";
import { PERSONAS, type Persona } from "./personas.js";
import type { RandomSource } from "@attune/core";
import type { Step } from "./visit.js";

export interface Visitor {
  id: string;
  persona: Persona;
  consent: readonly string[];
  device: "desktop" | "mobile" | "tablet";
}

export interface Visit {
  visitor: Visitor;
  sessionId: string;
  startedAt: number;
  campaign: string | null;
  steps: readonly Step[];
  next: number;
  /** Has been shown what experiments decide. */
  exposed: boolean;
}

export function newVisitor(random: RandomSource, id: string): Visitor {
  const chance = random();
  return {
    id: `sim-${id}`,
    persona: pickPersona(random),
    consent: chance < 0.8 ? ["analytics", "personalization"] : ["analytics"],
    device: chance * 7 < 3 ? "mobile" : chance * 7 < 6 ? "desktop" : "tablet",
  };
}

function pickPersona(random: RandomSource): Persona {
  let left = random() * PERSONAS.reduce((sum, { weight }) => sum + weight, 0);
  for (const persona of PERSONAS) {
    left -= persona.weight;
    if (left < 0) return persona;
  }
  return PERSONAS[0] as Persona;
}

/** The step as an event in the native shape, marked as simulated. */
export function simulatedEvent(
  { visitor, sessionId, startedAt, campaign }: Visit,
  step: Step,
  id: string,
): object {
  return {
    id,
    schemaVersion: 1,
    name: step.name,
    visitorId: visitor.id,
    sessionId,
    occurredAt: startedAt + step.afterMs,
    properties: step.properties,
    context: {
      simulated: true,
      page: { path: step.path },
      device: { type: visitor.device },
      ...(campaign === null ? {} : { campaign: { source: "newsletter", medium: "email", name: campaign } }),
    },
    consent: { purposes: visitor.consent, policyVersion: null },
  };
}

/** As pages tell of experiments that are measured. */
const STAGES = ["Variant Assigned", "Variant Rendered", "Variant Exposed"];

/** What the visitor is shown at this step where an experiment decides: exposures, with what leads there, so that results have something to count. */
export async function exposures(
  service: PersonalizationService,
  site: string,
  { visit, at }: { visit: Visit; at: Step },
): Promise<object[]> {
  const purposes = visit.visitor.consent;
  const rules = await service.ruleset(site);
  if (!purposes.includes("personalization") || !rules) return [];
  const measured = rules.ruleset.experiments ?? {};
  const isMeasured = Object.keys(measured).length > 0;
  const consent = {
    necessary: true,
    analytics: true,
    personalization: true,
    marketing: false,
    advertising: false,
  };
  const { decisions, rulesetVersion } = await service.decide({ id: visit.visitor.id, consent }, undefined, {
    site,
  });
  return Object.values(decisions).flatMap(({ slot, variant, experiment, propensity, reason }) => {
    const happened = (properties: Step["properties"]) => (name: string) =>
      simulatedEvent(visit, { ...at, name, properties }, randomUUID());
    if (variant === null) return [];
    const shown = { slot, variant, rulesetVersion: rulesetVersion ?? "" };
    if (reason === "holdout" && isMeasured) return [happened({ ...shown, holdout: true })("Variant Exposed")];
    if (experiment === undefined || propensity === null) return [];
    const stages = Object.hasOwn(measured, experiment) ? STAGES : ["Variant Exposed"];
    return stages.map(happened({ ...shown, experiment, propensity }));
  });
}
