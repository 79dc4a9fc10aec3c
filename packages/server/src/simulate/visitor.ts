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

/** What the visitor is shown at this step where an experiment decides: exposures, so that results have something to count. */
export async function exposures(
  service: PersonalizationService,
  site: string,
  { visit, at }: { visit: Visit; at: Step },
): Promise<object[]> {
  const purposes = visit.visitor.consent;
  if (!purposes.includes("personalization") || !(await service.ruleset(site))) return [];
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
  return Object.values(decisions).flatMap(({ slot, variant, experiment, propensity }) => {
    if (experiment === undefined || variant === null || propensity === null) return [];
    const properties = { slot, variant, experiment, propensity, rulesetVersion: rulesetVersion ?? "" };
    return [simulatedEvent(visit, { ...at, name: "Variant Exposed", properties }, randomUUID())];
  });
}
