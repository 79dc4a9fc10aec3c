import { AttuneError } from "../kernel/errors.js";
import { checkOptions } from "./check-options.js";
import { collecting } from "./collecting.js";
import { type Deed, takeDown } from "./draft.js";
import { createFirstLoad, type FirstLoad } from "./first-load.js";
import { createFirstRender } from "./first-render.js";
import { createLifecycle } from "./lifecycle.js";
import type { Recording } from "./recording/types.js";
import type { FetchRecording } from "./recording-gate.js";
import { createSnapshots } from "./snapshots.js";
import type { Attune, AttuneOptions, TrackResult } from "./types.js";

/** Bundlers replace it by its value. */
declare const process: { env: { NODE_ENV?: string } };

type Lifecycle = ReturnType<typeof createLifecycle>;

/**
 * Makes an engine. Making one reads, writes and sends nothing, so it is safe on a server and while rendering; `start()` begins, as far as
 * consent allows. Without an environment there is nothing to touch, and the engine is started at once.
 *
 * The part that records and learns is a chunk of its own, fetched when the engine starts; `ready()` waits for it.
 *
 * @throws AttuneError where a ruleset is handed in that cannot be compiled.
 */
export const createAttune = (options: AttuneOptions = {}): Attune =>
  createEngine(options, async () => (await import("./recording/create-recording.js")).createRecording);

/** {@link createAttune}, whose second part comes from where the caller says. */
export function createEngine(options: AttuneOptions, fetchRecording: FetchRecording): Attune {
  const parts = createFirstLoad(options, fetchRecording, () => attune);
  const { recording } = parts.gate;
  const lifecycle = createLifecycle(parts);
  const snapshot = createSnapshots(() => ({
    status: lifecycle.status(),
    storage: recording()?.storage() ?? "none",
    segments: parts.segments(),
    ...parts.signals(),
    consent: parts.edge.controller.state,
    rulesetVersion:
      parts.ruleset()?.version ?? (lifecycle.isStarted() ? null : (options.initial?.rulesetVersion ?? null)),
  }));
  const first = createFirstRender(parts);
  const firstSnapshot = snapshot();

  const attune: Attune = {
    ...createDeeds(parts, lifecycle),
    consent: parts.edge.controller,
    snapshot,
    initialSnapshot: () => firstSnapshot,
    decide: parts.decider.decide,
    initialDecision: (slot, fallback) => first.decide(slot, { fallback }),
    settled: (slot) =>
      lifecycle.status() !== "starting" ||
      parts.decider.holds(slot) ||
      // Nothing that is still to come can allow it.
      (lifecycle.isStarted() && parts.decider.decide(slot).reason === "consent"),
    initiallySettled: first.holds,
    explain: parts.decider.explain,
    visitor: parts.gate.visitor,
    session: () => recording()?.session() ?? null,
    subscribe: parts.listeners.add,
    loadRuleset: parts.useRuleset,
    force(slot, variant) {
      parts.decider.force(slot, variant);
      parts.changed();
    },
    simulate: parts.simulate,
    ruleset: () => parts.ruleset()?.ruleset ?? null,
    deliveries: () => recording()?.deliveries() ?? [],
    ready: lifecycle.ready,
    start: lifecycle.start,
    close: lifecycle.close,
  };
  if (!options.environment) lifecycle.start();
  try {
    // Not part of a production build.
    if (process.env.NODE_ENV !== "production")
      for (const error of checkOptions(options)) parts.host.report(error);
  } catch {
    // No bundler has said which it is.
  }
  return attune;
}

const dropped = (reason: string): TrackResult => ({ status: "dropped", reason });

/** What is recorded, and what is done with it. */
function createDeeds(
  { host, edge, gate, decider, grants, started, changed }: FirstLoad,
  lifecycle: Lifecycle,
): Pick<
  Attune,
  "track" | "page" | "identify" | "reset" | "rendered" | "expose" | "flush" | "export" | "import" | "forget"
> {
  /** Resolves with what became of it, never rejects; at once where it can, so that an event of a page going away still leaves with it. */
  const deed = async (what: Deed): Promise<TrackResult> => {
    const draft = takeDown(host, what);
    if (!draft) return dropped("not-serialisable");
    try {
      if (!lifecycle.isStarted()) await started;
      if (lifecycle.status() === "closed") return dropped("closed");
      edge.sync();
      const granted = grants();
      return await gate.inTurn(async (recording, valid) => {
        if (recording && valid) return recording.record(draft, granted);
        return dropped(valid && collecting(granted) ? "not-loaded" : "consent");
      });
    } catch (error) {
      host.report(error);
      return dropped("error");
    }
  };
  const came =
    (name: string): Attune["expose"] =>
    (slot, decision = decider.decide(slot)) =>
      void deed({ name, decision });
  const loaded = async (): Promise<Recording> => {
    await started;
    return gate.inTurn(async (recording) => {
      if (recording) return recording;
      throw new AttuneError("ATTUNE_ENGINE_NOT_LOADED", "The part that records did not load.");
    });
  };

  return {
    track: (name, properties, options) => deed({ name, properties, context: options?.context }),
    page: (properties) => deed({ name: "Page Viewed", properties }),
    identify: (userId, traits = {}, preferences = {}) =>
      deed({ name: "Visitor Identified", properties: { traits, preferences }, userId }),
    rendered: came("Variant Rendered"),
    expose: came("Variant Exposed"),
    async reset() {
      const result = await deed({ name: "Visitor Reset", reset: true });
      if (result.reason !== "not-loaded") return result;
      // Whoever comes next must not become who was here, even where what was kept cannot be read.
      await gate.forget();
      return { status: "stored" };
    },
    flush: () => gate.inTurn(async (recording) => recording?.flush()),
    export: async () => (await loaded()).export(),
    import: async (data) => (await loaded()).import(data),
    forget: () => gate.forget().then(changed),
  };
}
