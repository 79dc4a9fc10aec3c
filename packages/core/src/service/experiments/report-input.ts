import { coveredShares } from "../../decisions/assignment.js";
import { assignmentsIn } from "../../decisions/index.js";
import type {
  AssignmentPolicy,
  ExperimentMeasures,
  MetricDefinition,
  Ruleset,
  SlotDefinition,
} from "../../decisions/types.js";
import type {
  ExperimentInput,
  MetricInput,
  MetricRole,
  Stage,
  StoppingOptions,
  VariantInput,
} from "../../stats/index.js";
import { sumsOf } from "./experiment-sums.js";
import { factorialOf } from "./factorial-input.js";
import type { ExperimentSums } from "./types.js";

const DAY_MS = 86_400_000;
const STAGES: readonly Stage[] = ["assigned", "rendered", "delivered"];

/** What the definition of an experiment says about how it is judged. */
export interface Judging {
  policy: AssignmentPolicy;
  /** What the others are compared with. */
  control: string;
  measures: Omit<ExperimentMeasures, "run">;
  metrics: NonNullable<Ruleset["metrics"]>;
  rule?: StoppingOptions | undefined;
  /** Of the run, epoch ms; null where nobody knows. */
  startedAt: number | null;
  /** When it was stopped, else now. */
  until: number;
}

/** The policy that assigns an experiment, and the slot that has it. */
export function assignmentOf(
  { slots }: Ruleset,
  experiment: string,
): { policy: AssignmentPolicy; slot: SlotDefinition; slotName: string } | null {
  for (const [slotName, slot] of Object.entries(slots)) {
    const { policy } = slot;
    const found = assignmentsIn(policy).find((one) => one.experiment === experiment);
    if (found !== undefined) return { policy: found, slot, slotName };
  }
  return null;
}

/**
 * Shares as defined; of what learns, as they are now. Variants that are counted and not assigned any more, or never were, take no part, and are told of.
 */
function variantsIn(policy: AssignmentPolicy, seen: readonly string[]): VariantInput[] {
  const arms = Object.entries(coveredShares(policy));
  const names = arms.map(([name]) => name);
  return [
    ...arms.map(([name, weight]) => ({ name, weight: weight ?? 1 / arms.length })),
    ...seen.filter((name) => !names.includes(name)).map((name) => ({ name, weight: 0, isRemoved: true })),
  ];
}

function metricOf(
  name: string,
  role: MetricRole,
  {
    definition,
    sums,
    variants,
  }: { definition: MetricDefinition; sums: ExperimentSums; variants: readonly VariantInput[] },
): MetricInput {
  const { direction = "increase" } = definition;
  // Nobody has come to a variant at first: that is early, and no fault.
  const entries = variants.map(({ name: variant }) => {
    const own = sums.variants[variant]?.metrics[name];
    return [variant, own ?? sumsOf(definition, 0, {})] as const;
  });
  return {
    ...{ name, role, direction, sums: Object.fromEntries(entries) },
    ...(definition.type === "conversion" && definition.prior && { priors: { proportion: definition.prior } }),
  };
}

/** What was counted, in the form in which it is analysed. */
export function reportInput(
  sums: ExperimentSums,
  { policy, control, measures, metrics, rule, startedAt, until }: Judging,
): ExperimentInput {
  const { primary, secondary = [], guardrails = [] } = measures;
  const roles = new Map<string, MetricRole>([[primary, "primary"]]);
  for (const name of guardrails) roles.set(name, roles.get(name) ?? "guardrail");
  for (const name of secondary) roles.set(name, roles.get(name) ?? "secondary");
  const seen = Object.keys(sums.variants);
  const variants = variantsIn(policy, seen);
  const unitsAt = (stage: Stage) =>
    Object.fromEntries(variants.map(({ name }) => [name, sums.variants[name]?.stages[stage] ?? 0]));
  const counted = Object.values(sums.variants);
  const told = counted.reduce((sum, one) => sum + one.told, 0);
  const seenBy = counted.reduce((sum, { units }) => sum + units, 0);
  const isTold = told > 0 || counted.some(({ units, stages }) => stages.assigned > units);
  // Of whom only what was seen is known, as of an older page's, nothing can be said of the stages before it.
  const stages: readonly Stage[] = isTold ? STAGES : ["delivered"];
  // Shares that follow what was learned were others before: nothing can be said of how many there should be.
  const isFixed = policy.type === "split" || policy.type === "factorial";
  const factorial = factorialOf(policy);
  // Where they are excluded they are not among those who are counted.
  const of = seenBy + (policy.sticky?.onConflict === "exclude" ? sums.crossed : 0);
  return {
    variants,
    // The fallback need not be among those that are assigned.
    control: variants.some(({ name, isRemoved }) => name === control && !isRemoved)
      ? control
      : (variants[0]?.name ?? control),
    metrics: Array.from(roles, ([name, role]) => {
      const definition = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
      return definition === undefined ? [] : [metricOf(name, role, { definition, sums, variants })];
    }).flat(),
    // All so far as one look is valid whenever it is taken: the evidence is that of one martingale.
    ...((isFixed || isTold) && {
      looks: [Object.fromEntries(stages.map((stage) => [stage, unitsAt(stage)]))],
    }),
    ...(!isFixed && { sharesVary: true }),
    ...(sums.crossed > 0 && { crossed: { units: Math.min(sums.crossed, of), of } }),
    ...(startedAt !== null && { days: Math.max(0, until - startedAt) / DAY_MS }),
    ...(rule !== undefined && { rule }),
    ...(factorial !== undefined && { factorial }),
    ...(isTold && seenBy > told && { untold: seenBy - told }),
    ...(sums.dimensions.length > 0 && { dimensions: sums.dimensions }),
    ...(sums.holdout !== null && { holdout: { metrics: sums.holdout.metrics } }),
  };
}
