import { analyzeExperiment } from "../../stats/index.js";
import type { ServiceContext } from "../context.js";
import type { Rulesets } from "../rules/ruleset.js";
import { experimentSums } from "./experiment-sums.js";
import type { Experiments } from "./experiments.js";
import { policyOf } from "./lifecycle.js";
import { assignmentOf, reportInput } from "./report-input.js";
import type { ExperimentResults } from "./types.js";

/**
 * Analyses one run of an experiment from what is counted: of one that people defined, or that a ruleset measures by itself. Null where nothing measures it.
 */
export async function experimentResults(
  context: ServiceContext,
  { rulesets, experiments }: { rulesets: Pick<Rulesets, "of">; experiments: Pick<Experiments, "get"> },
  { site, id, run: asked }: { site: string; id: string; run?: number | undefined },
): Promise<ExperimentResults | null> {
  const ruleset = (await rulesets.of(site)).compiled?.ruleset;
  if (ruleset === undefined) return null;
  const [experiment, sums] = await Promise.all([
    experiments.get(site, id),
    experimentSums(context, site, { ruleset, experiment: id, run: asked }),
  ]);
  const measures = ruleset.experiments?.[id];
  if (sums === null || measures === undefined) return null;
  const defined = experiment?.definition;
  const assigned = assignmentOf(ruleset, id);
  const policy = defined ? policyOf(defined) : assigned?.policy;
  const slot = assigned?.slot ?? (defined && ruleset.slots[defined.slot]);
  if (policy === undefined || slot === undefined) return null;
  const now = context.clock.now();
  // Of an earlier run nothing but its sums is known.
  const isPresent = experiment !== null && sums.run === experiment.run;
  const input = reportInput(sums, {
    policy,
    control: defined?.control ?? slot.fallback,
    measures,
    metrics: ruleset.metrics ?? {},
    rule: defined?.rule,
    startedAt: isPresent ? experiment.startedAt : null,
    until: (isPresent ? experiment.stoppedAt : null) ?? now,
  });
  return { sums, report: analyzeExperiment(input), at: now };
}
