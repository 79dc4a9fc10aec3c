import type { CommonProvider, EvaluationContext, ServerProviderStatus } from "@openfeature/core";
import { grantsOf } from "../consent/grants.js";
import type { Purpose } from "../consent/types.js";
import type { DecidingRuleset, Decision, Ruleset } from "../decisions/types.js";
import type { PersonalizationService } from "../service/types.js";
import { type Flag, flagOf } from "./flag.js";
import { asyncResolvers } from "./resolution.js";

export interface ServerProviderOptions {
  /**
   * What the visitor of this context has consented to, as the host knows it. Over a service, what the service has stored can only narrow it, and
   * left out that alone holds (else the policy's default). Over a compiled ruleset, left out, nothing is granted.
   */
  purposes?(context: EvaluationContext): readonly Purpose[];
  /** Of a service (default `default`). */
  site?: string;
}

type Source = Pick<PersonalizationService, "decide" | "ruleset"> | DecidingRuleset;
type Decided = { decision: Decision; ruleset: Ruleset | undefined };
type Asked = {
  slot: string;
  id: string | null;
  facts: Record<string, unknown>;
  purposes: readonly Purpose[] | null;
};

const isRuleset = (source: Source): source is DecidingRuleset => "version" in source;

async function byService(
  service: Exclude<Source, DecidingRuleset>,
  { slot, id, facts, purposes }: Asked,
  site: string | undefined,
): Promise<Decided> {
  const where = site === undefined ? {} : { site };
  const visitor = { id, consent: purposes && grantsOf(purposes) };
  // The site is the host's to say, whatever an application's context calls so.
  const { site: _, ...context } = facts;
  const { decisions } = await service.decide(visitor, [slot], { ...context, ...where });
  return { decision: decisions[slot] as Decision, ruleset: (await service.ruleset(site))?.ruleset };
}

function byRuleset(compiled: DecidingRuleset, { slot, id, facts, purposes }: Asked): Decided {
  const about = { id, attributes: { ...facts, context: facts }, consent: grantsOf(purposes ?? []) };
  return { decision: compiled.decide(slot, about), ruleset: compiled.ruleset };
}

/**
 * A provider for OpenFeature's server SDK (`@openfeature/server-sdk`) in this process: over a service, which knows its visitors, or over a compiled
 * ruleset. A flag is a slot, `targetingKey` the visitor's id. The rest of the context is what conditions read as `context.*`; over a ruleset,
 * where nothing else is known of the visitor, by its own names too. Without consent a flag has its slot's fallback, with the reason
 * `DISABLED`. Evaluating exposes nothing: what a visitor saw is told by the page, or as a `Variant Exposed` event.
 */
export function attuneServerProvider(source: Source, { purposes, site }: ServerProviderOptions = {}) {
  const read = async (slot: string, context: EvaluationContext): Promise<Flag> => {
    const { targetingKey, ...facts } = context;
    const id = targetingKey === undefined || targetingKey === "" ? null : targetingKey;
    const asked: Asked = { slot, id, facts, purposes: purposes?.(context) ?? null };
    const { decision, ruleset } = isRuleset(source)
      ? byRuleset(source, asked)
      : await byService(source, asked, site);
    return flagOf(decision, { definition: ruleset?.slots[slot], isNobody: id === null });
  };
  return {
    metadata: { name: "attune" },
    runsOn: "server",
    ...asyncResolvers(read),
  } satisfies CommonProvider<ServerProviderStatus> & ReturnType<typeof asyncResolvers<EvaluationContext>>;
}
