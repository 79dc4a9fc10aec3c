import { grantedPurposes, NO_GRANTS } from "../../consent/index.js";
import type { ConsentPolicy, Grants } from "../../consent/types.js";
import { emptyDecision, modelKeyOf } from "../../decisions/index.js";
import type { CompiledRuleset, Decision, DecisionVisitor } from "../../decisions/types.js";
import { AttuneError } from "../../kernel/errors.js";
import type { Memberships } from "../../segments/types.js";
import { initialState, visitorAttributes } from "../../state/index.js";
import type { Assignments } from "../../state/types.js";
import type { Attributes } from "../../targeting/types.js";
import { isStandIn } from "../layout/stand-in.js";
import type { ServiceContext } from "../context.js";
import { defaultGrants } from "../door/door.js";
import { bothGrant, deniedByGpc, storedGrants, without } from "../door/narrow.js";
import { checkSite } from "../layout/partitions.js";
import type { AskedVisitor, DecideContext, DecideVisitor } from "../options.js";
import type { DecideResult } from "../types.js";
import type { Rulesets } from "./ruleset.js";
import { assignmentsFor } from "./assignments.js";
import { scoresOf } from "./scores-of.js";
import { extraAttributes, type SiteRules } from "./site-rules.js";

interface Known {
  grants: Grants;
  attributes: Attributes;
  segments: Memberships;
  assignments: Assignments;
}

const NOTHING: Memberships = {};
const NOBODY: Omit<Known, "grants"> = { attributes: {}, segments: NOTHING, assignments: {} };

/** Whom a call asks about, by either of its names. */
function idOf(visitor: AskedVisitor): string | null {
  // Hosts in JavaScript may have given anything.
  const { id, visitorId: given = id } = Object(visitor) as { id?: unknown; visitorId?: unknown };
  if (given === null || typeof given === "string") return given;
  throw new AttuneError(
    "ATTUNE_SERVICE_VISITOR",
    "Name the visitor by { id } (null for nobody): the anonymous id, as a text.",
  );
}

/** The slots asked for; null: all. */
function slotsOf(given: unknown): readonly string[] | null {
  if (given == null) return null;
  if (Array.isArray(given) && given.every((slot) => typeof slot === "string")) return given;
  throw new AttuneError(
    "ATTUNE_SERVICE_SLOTS",
    'Name the slots in a list, as in ["hero"]; leave it out for all.',
  );
}

/** What may be known of the visitor. Without the personalization purpose their partition is not read. */
async function know(
  service: ServiceContext,
  site: string,
  visitor: DecideVisitor,
  using: { policy: ConsentPolicy | null; rules: SiteRules; context: DecideContext },
): Promise<Known> {
  const { visitors, assessments, pseudonyms, clock } = service;
  const { region, gpc = false } = using.context;
  const denied = deniedByGpc(using.policy, gpc);
  const passed = visitor.consent ?? null;
  const fallback = (): Grants => defaultGrants(using.policy, { now: clock.now(), region, gpc });
  // A stand-in's partition is a user's or a session's: no visitor is known by such an id.
  if (visitor.id === null || isStandIn(visitor.id) || passed?.personalization === false) {
    return { grants: without(passed ?? fallback(), denied), ...NOBODY };
  }
  const pseudonym = (await pseudonyms.of(site))("v", visitor.id);
  const known = await visitors.of(site, pseudonym);
  const { consent: stored, record } = known;
  const said = passed !== null && stored !== null ? bothGrant(passed, stored.grants) : passed;
  const place = { now: clock.now(), region, gpc };
  const assumed = said ?? (stored === null ? fallback() : storedGrants(using.policy, stored, place));
  const grants = without(assumed, denied);
  if (!grants.personalization) return { grants, ...NOBODY };
  const traits = known.traits ?? {};
  // Of somebody new as much is known as on a page that has just been opened.
  const now = record?.state ?? initialState();
  const purposes = grantedPurposes(grants);
  const scores = await scoresOf(service, [site, using.rules], {
    ...{ state: now, purposes },
    key: modelKeyOf(visitor.id),
  });
  return {
    grants,
    attributes: { ...visitorAttributes(now), ...extraAttributes(now, traits, scores) },
    // The ruleset may be newer than the visitor's last event, and so may the consent.
    segments: assessments.of(known, using.rules, { purposes, scores }),
    assignments: using.rules.sticky
      ? await assignmentsFor(service, { site, visitor: pseudonym, known }, { policy: using.policy, place })
      : NOBODY.assignments,
  };
}

/** Without personalization nobody is told apart by who is logged in. */
const userOf = ({ userId }: DecideVisitor, { personalization }: Grants): Attributes =>
  personalization && typeof userId === "string" ? { userId } : {};

/** The slot's fallback, because something went wrong. */
function failed(slot: string, compiled: CompiledRuleset | null): Decision {
  const nobody: DecisionVisitor = { id: null, attributes: {}, consent: NO_GRANTS };
  return { ...(compiled?.decide(slot, nobody) ?? emptyDecision(slot, "not-ready")), reason: "error" };
}

const notReady = (slot: string): Decision => emptyDecision(slot, "not-ready");

/** Decides for one visitor. Never rejects: what fails is reported, and every slot asked for gets its fallback with reason `error`. */
export async function decide(
  context: ServiceContext,
  using: { rulesets: Rulesets; policy: ConsentPolicy | null; ready(): Promise<void> },
  visitor: AskedVisitor,
  ask: { slots: readonly string[] | undefined; context: DecideContext },
): Promise<DecideResult> {
  let compiled: CompiledRuleset | null = null;
  let slots: readonly string[] | null = null;
  const all = (one: (slot: string) => Decision): DecideResult["decisions"] => {
    const named = slots ?? Object.keys(compiled?.ruleset.slots ?? {});
    return Object.fromEntries(named.map((slot) => [slot, one(slot)]));
  };
  try {
    slots = slotsOf(ask.slots);
    const site = checkSite(ask.context.site);
    // Where nothing newer can be had, its fallbacks are better than none.
    compiled = using.rulesets.held(site);
    await using.ready();
    const rules = await using.rulesets.of(site);
    compiled = rules.compiled;
    const asked: DecideVisitor = { ...visitor, id: idOf(visitor) };
    const known = await know(context, site, asked, { ...using, rules, context: ask.context });
    if (compiled === null)
      return { decisions: all(notReady), segments: known.segments, rulesetVersion: null };
    // Where the visitor is, conditions may read as well.
    const { site: _site, gpc: _gpc, ...facts } = ask.context;
    const { grants, segments, assignments } = known;
    const about: DecisionVisitor = {
      id: asked.id,
      attributes: { ...known.attributes, ...userOf(asked, grants), context: facts },
      segments,
      assignments,
      consent: grants,
    };
    const { version, decide: decideSlot } = compiled;
    return { decisions: all((slot) => decideSlot(slot, about)), segments, rulesetVersion: version };
  } catch (error) {
    context.report(error);
    return {
      decisions: all((slot) => failed(slot, compiled)),
      segments: NOTHING,
      rulesetVersion: compiled?.version ?? null,
    };
  }
}
