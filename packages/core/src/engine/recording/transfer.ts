import { consentRecord } from "../../consent/record.js";
import { collecting } from "../collecting.js";
import type { EngineExport } from "../types.js";
import type { RecordingParts } from "./parts.js";
import { readExport } from "./portable.js";

/** Everything this page and device know of the visitor, as one document. */
export function exportVisitor({ host, identity, model, exposures, consent }: RecordingParts): EngineExport {
  return {
    format: "attune-visitor",
    version: 1,
    exportedAt: new Date(host.clock.now()).toISOString(),
    visitor: identity.visitor(),
    state: model.state(),
    segments: model.segments(),
    consent: consentRecord(consent()),
    exposures: exposures.list(),
  };
}

/** Becomes the exported visitor, as far as consent allows (the exported consent, unless a later decision was made here). */
export async function importVisitor(parts: RecordingParts, data: unknown): Promise<void> {
  const { consent, adopt, letGo, identity, model, exposures, replace, unlearn, changed } = parts;
  const given = readExport(data);
  await adopt(given.consent);
  if (!collecting(consent().grants)) return;
  model.load(given.state, given.segments, given.visitor?.traits ?? {});
  letGo();
  identity.become(given.visitor);
  exposures.load(given.exposures);
  if (!consent().grants.personalization) unlearn();
  changed();
  await replace();
}
