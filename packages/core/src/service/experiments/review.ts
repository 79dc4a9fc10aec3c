import type { ConsentPolicy } from "../../consent/types.js";
import type { ServiceContext } from "../context.js";
import type { Rulesets } from "../rules/ruleset.js";
import { experimentResults } from "./experiment-results.js";
import type { Experiments } from "./experiments.js";
import { learn } from "./learn.js";
import type { Proposal, Review } from "./types.js";

interface ReviewParts {
  rulesets: Pick<Rulesets, "of" | "load">;
  /** By which visitors' decisions hold. */
  consent: ConsentPolicy | null;
  experiments: Pick<Experiments, "get" | "list" | "propose">;
}

/** What a person should hear of: all but that it goes on as it should. */
const isNews = ({ state }: Pick<Proposal, "state">): boolean => state !== "collecting" && state !== "invalid";

/**
 * Looks at all running experiments of a site, for a timer: bandits and contextual policies whose time it is learn, and what the decision rule has come to is noted with the experiment, for a person to act on. The rule bears any
 * number of looks, so looking costs no error. One that fails is reported and keeps no other waiting.
 */
export async function review(
  context: ServiceContext,
  { rulesets, experiments, consent }: ReviewParts,
  site: string,
): Promise<Review[]> {
  const done: Review[] = [];
  for (const experiment of await experiments.list(site)) {
    if (experiment.status !== "running") continue;
    const { id } = experiment.definition;
    try {
      const found = await experimentResults(context, { rulesets, experiments }, { site, id });
      const compiled = (await rulesets.of(site)).compiled;
      if (found === null || compiled === null || found.sums.run !== experiment.run) continue;
      const { ruleset, version } = compiled;
      const learned = await learn(context, rulesets, {
        site,
        experiment,
        ruleset,
        version,
        sums: found.sums,
        consent,
      });
      const { state, code, variant, metric } = found.report.decision;
      const before = experiment.proposal;
      const isSame = before?.state === state && before.code === code && before.variant === variant;
      const proposal: Proposal = { state, code, variant, metric, at: found.at };
      const isNew = isNews(proposal) && !isSame;
      if (isNew && (await experiments.propose(site, experiment, proposal)))
        await context.audit.append(site, {
          type: "experiment-proposal",
          detail: { id, run: experiment.run, state, code, ...(variant !== null && { variant }) },
        });
      done.push({ id, proposal: isNew ? proposal : before, learned });
    } catch (error) {
      context.report(error);
    }
  }
  return done;
}
