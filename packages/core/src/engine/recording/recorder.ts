import { memoryAllowed } from "../../consent/allowed.js";
import { ALL_GRANTS } from "../../consent/grants.js";
import type { Grants } from "../../consent/types.js";
import { reduceToConsent } from "../../events/consent-filter.js";
import { minimise } from "../../events/minimise.js";
import { collecting } from "../collecting.js";
import type { TrackResult } from "../types.js";
import { makeEvent, type Occurrence, sessionIdFor } from "./event.js";
import type { Happened } from "./kept.js";
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
  sessions,
  page,
  following,
  changed,
}: RecordingParts) {
  let seq = 0;

  /** @param also What it says beside of what is kept. */
  return async (
    occurrence: Occurrence,
    granted: Grants,
    also: Pick<Happened, "user" | "seen"> = {},
  ): Promise<TrackResult> => {
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
    const coming = keep ? sessions.coming() : newId();
    const event = { ...reduced, sessionId: sessionIdFor(() => coming, model.state(), reduced) };
    model.fold(event, keep);
    if (!keep) {
      changed();
      return { status: "memory" };
    }
    const next = event.sessionId === coming ? { next: sessions.begin() } : {};
    const note = {
      id: event.id,
      body: { event, page, segments: model.found(), ...also, ...next } satisfies Happened,
    };
    const item = { id: event.id, body: event, weight: weightOf(event.name) };
    const queued = host.environment.network
      ? delivery.add(item, event.name, note)
      : delivery.note(note).then(() => "memory" as const);
    changed();
    void following.tell(queued);
    return { status: await queued };
  };
}
