import { modelKeyOf } from "../../decisions/model-version.js";
import { createConsentState, grantedPurposes, grantsOf, NO_GRANTS } from "../../consent/index.js";
import type { ConsentPolicy, ConsentRecord, Grants, OptionalPurpose } from "../../consent/types.js";
import { type ParseContext, parseEvent, reduceToConsent } from "../../events/index.js";
import type { SharedParts } from "../../events/shared.js";
import type { Event } from "../../events/types.js";
import type { Issue } from "../../kernel/result.js";
import type { KnownVisitor } from "../cache/known-visitor.js";
import type { VisitorCache } from "../cache/visitor-cache.js";
import { inRuns, type Pseudonymise } from "../layout/pseudonyms.js";
import { carries, mayKeep, subjectIn } from "../letters/letter-subjects.js";
import type { IngestOptions } from "../options.js";
import type { DeviceClocks } from "./device-clocks.js";
import type { FieldSeals, TakenEvent } from "./field-seals.js";
import type { Minimisers } from "./minimiser.js";
import { deniedByGpc, grantsFor, storedGrants, without } from "./narrow.js";

export interface Refused {
  index: number;
  input: unknown;
  errors: Issue[];
  /** Whom it seems to be about, by pseudonym. */
  subject: string | null;
  /** Whether any consent covers keeping its content. */
  covered: boolean;
}

/** What became of a batch at the door. */
export interface Admission {
  admitted: { index: number; event: Event }[];
  /** Not covered by any granted purpose. */
  withheld: number;
  /** Indices of those whose visitor was erased: nothing of them is kept anywhere. */
  erased: number[];
  refused: Refused[];
}

export interface DoorOptions extends IngestOptions {
  site: string;
  receivedAt: number;
  /** Whether events say what versions of models are chosen by: the site's ruleset names some. */
  modelKeys?: boolean;
}

/** What holds where nobody has said anything: the policy's answer for where the request comes from. */
export function defaultGrants(
  policy: ConsentPolicy | null,
  from: { now: number; region?: string | null | undefined; gpc?: boolean | undefined },
): Grants {
  if (policy === null) return NO_GRANTS;
  return createConsentState(policy, { now: from.now, region: from.region ?? null, gpc: from.gpc === true })
    .grants;
}

/** The event as far as it is covered; null: nothing of it may be kept. */
type Cover = (event: Event, carried: boolean, stored: ConsentRecord | null) => Event | null;

/**
 * Without a snapshot of its own, an event is covered by what its visitor has decided, as far as that still holds, else by the default
 * it was parsed under. Made for a batch, whose events mostly have one snapshot and one visitor.
 *
 * @param denied Covers nothing, whatever a snapshot says.
 */
function createCover(holds: (stored: ConsentRecord) => Grants, denied: readonly OptionalPurpose[]): Cover {
  let decided: { by: ConsentRecord; grants: Grants; consent: Event["consent"] } | null = null;
  let own: { consent: Event["consent"]; grants: Grants; whole: Set<string> } | null = null;
  return (event, carried, stored) => {
    if (stored === null) {
      const { consent, name } = event;
      if (own?.consent !== consent)
        own = { consent, grants: without(grantsOf(consent.purposes), denied), whole: new Set() };
      if (own.whole.has(name)) return event;
      const reduced = reduceToConsent(event, own.grants);
      // Whether a campaign may stay is for each event to see.
      if (reduced === event && (own.grants.analytics || own.grants.marketing)) own.whole.add(name);
      return reduced;
    }
    if (carried) return reduceToConsent(event, without(grantsFor(event, stored), denied));
    if (decided?.by !== stored) {
      const grants = holds(stored);
      const { policyVersion } = stored;
      decided = { by: stored, grants, consent: { purposes: grantedPurposes(grants), policyVersion } };
    }
    event.consent = decided.consent;
    return reduceToConsent(event, decided.grants);
  };
}

/** From here on no raw identifier is left. The event is the door's own, so it is changed in place. */
function pseudonymised(event: Event, pseudonym: Pseudonymise): Event {
  if (event.sessionId !== null) event.sessionId = pseudonym("s", event.sessionId);
  if (event.userId !== null) event.userId = pseudonym("u", event.userId);
  if (event.deviceId !== null) event.deviceId = pseudonym("d", event.deviceId);
  return event;
}

/** What a batch is admitted with. */
export interface DoorParts {
  pseudonym: Pseudonymise;
  visitors: VisitorCache;
  clocks: DeviceClocks;
  policy: ConsentPolicy | null;
  minimisers: Minimisers;
  fields: FieldSeals | null;
}

interface Reading {
  events: Event[];
  /** Of each event, its place in the input. */
  indices: number[];
  /** Of each event, whether its properties need no minimising. */
  ordinary: boolean[];
  unreadable: Omit<Refused, "covered">[];
  context: ParseContext;
}

/** The readable events, each under its visitor's pseudonym already. */
function readAll(inputs: readonly unknown[], options: DoorOptions, using: DoorParts): Reading {
  const { site, receivedAt, sentAt = null, country, region = country, gpc } = options;
  const { pseudonym, policy, clocks, minimisers, fields } = using;
  // Sites whose keys are the same must not learn of each other's devices all the same.
  const nameOf = inRuns((kind, id) => `${site}/${pseudonym(kind, id)}`);
  const shared: SharedParts = { ordinaryKeys: minimisers.ordinaryKeys };
  const context: ParseContext = {
    site,
    receivedAt,
    sentAt,
    consent: defaultGrants(policy, { now: receivedAt, region, gpc }),
    shared,
    clockOf: (device, reading) => clocks.correct(nameOf("d", device), reading),
    ...(country !== undefined && { country }),
    ...(fields !== null && { named: (properties: Event["properties"]) => fields.takeOut(properties).rest }),
  };
  const events: Event[] = [];
  const indices: number[] = [];
  const ordinary: boolean[] = [];
  const unreadable: Reading["unreadable"] = [];
  inputs.forEach((input, index) => {
    const result = parseEvent(input, context);
    if (result.ok) {
      // The last that is known of the id itself.
      if (options.modelKeys) result.value.modelKey = modelKeyOf(result.value.visitorId);
      result.value.visitorId = pseudonym("v", result.value.visitorId);
      events.push(result.value);
      indices.push(index);
      ordinary.push(shared.wasOrdinary === true);
    } else unreadable.push({ index, input, errors: result.error, subject: subjectIn(input, pseudonym) });
  });
  return { events, indices, ordinary, unreadable, context };
}

/**
 * Parses, checks against consent, minimises and pseudonymises a batch, and seals what is sensitive in it. A bad event never costs its
 * neighbours anything. Writes nothing but visitors' keys: what is refused and what is admitted go on from here.
 */
export async function admit(
  inputs: readonly unknown[],
  options: DoorOptions,
  parts: DoorParts,
): Promise<Admission> {
  const using = { ...parts, pseudonym: inRuns(parts.pseudonym) };
  const { events, indices, ordinary, unreadable, context } = readAll(inputs, options, using);
  const subjects = events.map(({ visitorId }) => visitorId);
  for (const { subject } of unreadable) subjects.push(subject ?? "");
  const known = await using.visitors.standings(options.site, subjects);

  const place = { now: options.receivedAt, region: options.region ?? options.country, gpc: options.gpc };
  const holds = (stored: ConsentRecord): Grants => storedGrants(using.policy, stored, place);
  const denied = deniedByGpc(using.policy, options.gpc);
  const cover = createCover(holds, denied);
  const minimise = using.minimisers.forBatch();
  const { fields } = using;
  const sensitive: TakenEvent[] = [];
  const admission: Admission = { admitted: [], withheld: 0, erased: [], refused: [] };
  events.forEach((event, i) => {
    const index = indices[i] as number;
    const { consent, tombstone } = known[i] as KnownVisitor;
    const covered = tombstone !== null ? null : cover(event, carries(inputs[index]), consent);
    if (tombstone !== null) admission.erased.push(index);
    else if (covered === null) admission.withheld++;
    else {
      // Before it is minimised: what is sealed need not be masked.
      const out = fields?.takeOut(covered.properties);
      if (out !== undefined) covered.properties = out.rest;
      const kept = pseudonymised(minimise(covered, ordinary[i] === true), using.pseudonym);
      if (out !== undefined) sensitive.push({ event: kept, taken: out.taken });
      admission.admitted.push({ index, event: kept });
    }
  });
  unreadable.forEach((one, i) => {
    const { consent, tombstone } = known[events.length + i] as KnownVisitor;
    if (tombstone !== null) admission.erased.push(one.index);
    else admission.refused.push({ ...one, covered: mayKeep(one.input, context, consent, { holds, denied }) });
  });
  if (fields !== null) await fields.putBack(options.site, sensitive);
  return admission;
}
