import type {
  ClientProviderEvents,
  ClientProviderStatus,
  CommonProvider,
  EvaluationContext,
} from "@openfeature/core";
import type { Decision } from "../decisions/types.js";
import type { Attune } from "../engine/types.js";
import { type Flag, flagOf } from "./flag.js";
import { createProviderEvents } from "./provider-events.js";
import { resolvers } from "./resolution.js";

export interface WebProviderOptions {
  /**
   * Whether a flag that is evaluated counts as seen (default false). What is evaluated need not be shown, so experiments are more exact where
   * the page says what was seen, by `attune.expose(flag)`.
   */
  exposeEvaluated?: boolean;
}

/** Flags whose changes are told of. */
const MAX_FOLLOWED = 500;
/** Its only member that a provider like this one emits; the enum itself would be OpenFeature's code. */
const CHANGED = "PROVIDER_CONFIGURATION_CHANGED" as ClientProviderEvents.ConfigurationChanged;

/** What conditions read as `context.*`; undefined where that is nothing, so that what the server decided may hold. */
function factsIn({ targetingKey: _, ...facts }: EvaluationContext): Record<string, unknown> | undefined {
  return Object.keys(facts).length > 0 ? facts : undefined;
}

/**
 * A provider for OpenFeature's web SDK (`@openfeature/web-sdk`) over the engine of this page: a flag is a slot. Decided here, without a request. The
 * visitor is the engine's, whatever the `targetingKey`; the rest of the context is what conditions read as `context.*`. Without consent a flag
 * has its slot's fallback, with the reason `DISABLED`.
 *
 * The engine is started with the provider and stays the host's to close. `track` of OpenFeature's client records an event.
 */
export function attuneWebProvider(attune: Attune, { exposeEvaluated = false }: WebProviderOptions = {}) {
  const events = createProviderEvents<ClientProviderEvents>();
  const followed = new Map<string, { decision: Decision; facts: ReturnType<typeof factsIn> }>();
  const decide = (slot: string, facts: ReturnType<typeof factsIn>): Decision =>
    attune.decide(slot, facts ? { context: facts } : {});
  const read = (slot: string, context: EvaluationContext): Flag => {
    const facts = factsIn(context);
    const decision = decide(slot, facts);
    if (followed.size < MAX_FOLLOWED || followed.has(slot)) followed.set(slot, { decision, facts });
    if (exposeEvaluated) attune.expose(slot, decision);
    return flagOf(decision, { definition: attune.ruleset()?.slots[slot] });
  };
  const tellChanges = (): void => {
    const flagsChanged = [...followed].flatMap(([slot, { decision, facts }]) => {
      const now = decide(slot, facts);
      if (now === decision) return [];
      followed.set(slot, { decision: now, facts });
      return [slot];
    });
    if (flagsChanged.length > 0) events.emit(CHANGED, { flagsChanged });
  };
  let unsubscribe = (): void => undefined;

  return {
    metadata: { name: "attune" },
    runsOn: "client",
    events,
    async initialize() {
      attune.start();
      await attune.ready();
      unsubscribe();
      unsubscribe = attune.subscribe(tellChanges);
    },
    async onClose() {
      unsubscribe();
    },
    ...resolvers(read),
    track(name, _context, details) {
      void attune.track(name, details);
    },
  } satisfies CommonProvider<ClientProviderStatus> & ReturnType<typeof resolvers<EvaluationContext>>;
}
