import { memoryAllowed } from "../../consent/allowed.js";
import type { Grants } from "../../consent/types.js";
import type { JsonObject } from "../../kernel/json.js";
import { explain } from "../../decisions/explain.js";
import type { CompiledRuleset, Decision } from "../../decisions/types.js";
import { purposesOf } from "../../events/names.js";
import { SESSION_GAP } from "../../state/fold-session.js";
import { collecting } from "../collecting.js";
import type { Visitor } from "../visitor-traces.js";
import { createCollection } from "./collection.js";
import { takeDown } from "../draft.js";
import { type Occurrence, readDraft } from "./event.js";
import { lastsBy } from "./lasting.js";
import { createParts, type RecordingParts } from "./parts.js";
import { createRecorder, dropped } from "./recorder.js";
import { exportVisitor, importVisitor } from "./transfer.js";
import type { CreateRecording, Recording } from "./types.js";

/** The composition of everything that a page does not need in order to render and decide. */
export const createRecording: CreateRecording = (context) => {
  const parts = createParts(context);
  const { host, device, identity, consent, ruleset, changed } = parts;
  const { model, models, keeper, delivery, pushes } = parts;
  const { assigned, ...deeds } = createDeeds(parts);
  const collection = createCollection(parts, assigned);
  /** The ruleset by which the server's decisions were told to last. */
  let lastingBy: string | undefined;
  const use = (): void => {
    if (lastingBy !== undefined && lastingBy !== ruleset()?.version) context.letGo();
    // First: what consent does not cover any more has nothing to say.
    models.follow();
    model.use(ruleset(), consent().grants);
    keeper.touch();
    pushes.follow();
  };
  const assumed = context.assumed();
  if (assumed) model.assume(assumed);
  use();
  return {
    visitor: identity.visitor,
    session() {
      const { session } = model.state();
      if (!session || host.clock.now() - session.lastAt > SESSION_GAP) return null;
      const { id, startedAt, lastAt } = session;
      return { id, startedAt, lastActivityAt: lastAt, isNew: startedAt >= context.bornAt };
    },
    deliveries: delivery.recent,
    storage: device.status,
    segments: model.segments,
    signals: model.signals,
    attributes: model.attributes,
    assignments: model.assignments,
    lasts() {
      lastingBy = ruleset()?.version;
      return lastsBy(ruleset());
    },
    // A ruleset that took more than the first load explains itself.
    explain: (compiled, slot, visitor) =>
      "explain" in compiled
        ? (compiled as CompiledRuleset).explain(slot, visitor)
        : explain(compiled, [slot, visitor]),
    async begin(known) {
      const asked = parts.overriding.ask();
      if (known) await collection.begin();
      else {
        changed();
        context.release();
      }
      await asked;
    },
    async consented(before, after, erase) {
      const known = collecting(after.grants);
      // No model is asked about what is about to be forgotten.
      models.follow();
      if (before.grants.personalization && !after.grants.personalization) parts.unlearn();
      if (!known && !memoryAllowed(after)) model.reset();
      use();
      await (known ? collection.begin() : collection.end(erase));
    },
    use,
    ...deeds,
    async forget() {
      await collection.end(true);
      if (collecting(consent().grants)) await collection.begin();
      changed();
      void parts.following.tell();
    },
    async flush() {
      assigned();
      await Promise.all([keeper.save(), delivery.flush()]);
    },
    export: () => exportVisitor(parts),
    import: (data) => importVisitor(parts, data),
    async close() {
      await collection.close();
      models.close();
    },
  };
};

/** What the visitor does, and who that is. */
function createDeeds(parts: RecordingParts): Pick<Recording, "record"> & {
  /** Tells of what was assigned since. */
  assigned(): void;
} {
  const { host, options, identity, consent, ruleset, model, exposures, changed } = parts;
  const record = createRecorder(parts);
  const known = (): boolean => collecting(consent().grants);
  const renew = (): Promise<void> => {
    // That was about somebody else.
    parts.letGo();
    identity.become(null);
    model.reset();
    exposures.load([]);
    changed();
    return parts.replace();
  };
  const identify = (
    userId: string,
    { traits, preferences }: JsonObject,
    granted: Grants,
  ): Omit<Visitor, "id"> => {
    const before = identity.visitor()?.userId;
    // Somebody else at the same device is another visitor.
    if (before !== undefined && before !== userId) void renew();
    // What is told of a visitor is for personalization; who it is, is not for that alone.
    const told = granted.personalization && consent().grants.personalization;
    const user = {
      userId,
      traits: told ? (traits as JsonObject) : {},
      preferences: told ? (preferences as JsonObject) : {},
    };
    identity.identify(user);
    model.setTraits(identity.visitor()?.traits ?? {});
    return user;
  };
  /** What there is to tell of a decision; null where it was told. */
  const toldOf = (name: string, decision: Decision, granted: Grants) => {
    const now = consent().grants;
    const purposes = purposesOf(name, options.events?.definitions).filter(
      (purpose) => granted[purpose] && now[purpose],
    );
    const isKnown = identity.visitor()?.userId !== undefined;
    return exposures.see(name, decision, { purposes, isKnown, measured: ruleset()?.ruleset.experiments });
  };
  // Nobody says so, and rendering must not: it is looked for when something else has happened, and last when the page goes.
  const assigned = (): void => {
    const name = "Variant Assigned";
    const { grants } = consent();
    const [made, version] = parts.made();
    // By the inputs of now alone: an older one may be about somebody else.
    const present = known() ? [...made].filter((one) => one.version === version) : [];
    for (const { decision } of present) {
      const told = toldOf(name, decision, grants);
      const draft = told && takeDown(host, { name, properties: told.properties });
      if (draft) void record(readDraft(draft) as Occurrence, grants, { seen: told.seen });
    }
  };
  return {
    assigned,
    async record(draft, granted) {
      assigned();
      const { userId, decision, reset } = draft;
      const occurrence = readDraft(draft);
      if (typeof occurrence === "string") return dropped(occurrence);
      if ((reset || decision || userId !== undefined) && !known()) return dropped("consent");
      if (reset) {
        await renew();
        return { status: parts.device.status() === "device" ? "stored" : "memory" };
      }
      const also = userId === undefined ? {} : { user: identify(userId, occurrence.properties, granted) };
      if (!decision) return record(occurrence, granted, also);
      const told = toldOf(occurrence.name, decision, granted);
      if (!told) return dropped("not-counted");
      return record({ ...occurrence, properties: told.properties }, granted, { seen: told.seen });
    },
  };
}
