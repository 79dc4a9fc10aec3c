import { memoryAllowed } from "../../consent/allowed.js";
import { ALL_GRANTS } from "../../consent/grants.js";
import type { Grants } from "../../consent/types.js";
import { reduceToConsent } from "../../events/consent-filter.js";
import { minimise } from "../../events/minimise.js";
import { collecting } from "../collecting.js";
import type { TrackResult } from "../types.js";
import { makeEvent, type Occurrence, sessionIdFor } from "./event.js";
import type { RecordingParts } from "./parts.js";
import { weightOf } from "./weight.js";

export const dropped = (reason: string): TrackResult => ({ status: "dropped", reason });

/** The one way of an event: minimised, gated by consent, folded, queued; each once. */
export function createRecorder({
  host,
  options: { site = "default", events = {} },
  newId,
  identity,
  consent,
  model,
  delivery,
  changed,
}: RecordingParts) {
  let seq = 0;

  return async (occurrence: Occurrence, granted: Grants): Promise<TrackResult> => {
    const state = consent();
    const keep = collecting(state.grants);
    if (!keep && !memoryAllowed(state)) return dropped("consent");
    // Rising in this page, and across pages as far as the device's clock rises.
    seq = Math.max(seq + 1, Math.floor(occurrence.at));
    const made = makeEvent(newId(), occurrence, {
      site,
      visitor: keep ? identity.visitor() : null,
      seq,
      policyVersion: state.policyVersion,
      grants: keep ? granted : ALL_GRANTS,
    });
    const now = keep ? state.grants : ALL_GRANTS;
    const reduced = reduceToConsent(minimise(made, events.minimise), now, events.definitions);
    if (!reduced) return dropped("consent");
    const event = { ...reduced, sessionId: sessionIdFor(newId, model.state(), reduced) };
    model.fold(event, keep);
    const queued =
      keep && host.environment.network
        ? delivery.add({ id: event.id, body: event, weight: weightOf(event.name) }, event.name)
        : "memory";
    changed();
    return { status: await queued };
  };
}
