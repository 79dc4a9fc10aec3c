import type { EvaluatedPolicy, EvaluateQuery, ExperimentDefinition } from "@attune/core/service";
import type { ExperimentReport } from "@attune/core/stats";
import * as v from "valibot";
import { count, moment, notes, typed } from "./answer-parts.js";
import { arms } from "./answers-site.js";

const text = () => v.pipe(v.string(), v.nonEmpty());

const definition = {
  id: v.pipe(v.string(), v.maxLength(64)),
  name: text(),
  hypothesis: v.optional(v.string()),
  slot: v.pipe(text(), v.description("It decides this slot while it runs.")),
  gates: v.optional(
    v.pipe(
      v.looseObject({}),
      v.description("Who takes part: targeting, holdouts, exclusion, prerequisites, as in a ruleset."),
    ),
  ),
  policy: v.pipe(
    v.looseObject({ type: v.picklist(["split", "factorial", "bandit", "contextual"]) }),
    v.description("As in a ruleset, without `experiment`, which is the id."),
  ),
  control: v.optional(v.pipe(v.string(), v.description("Default: the slot's fallback."))),
  rule: v.optional(
    v.pipe(v.looseObject({}), v.description("When it is decided; default: the rule's own figures.")),
  ),
  learning: v.optional(
    v.pipe(
      v.looseObject({}),
      v.description("How a bandit's shares, or a contextual policy's beliefs, are updated."),
    ),
  ),
  measures: v.looseObject({
    primary: v.pipe(text(), v.description("A metric of the ruleset.")),
    secondary: v.optional(v.array(text())),
    guardrails: v.optional(v.array(text())),
  }),
};

export const experimentDefinition = () => typed<ExperimentDefinition>(v.strictObject(definition));

const state = {
  status: v.picklist(["draft", "running", "stopped", "shipped"]),
  revision: count(),
  run: v.pipe(count(), v.description("Of its starts; 0: never started.")),
  startedAt: v.nullable(moment()),
  stoppedAt: v.nullable(moment()),
  shipped: v.nullable(v.string()),
  proposal: v.pipe(
    v.nullable(
      v.strictObject({
        state: v.string(),
        code: v.string(),
        variant: v.nullable(v.string()),
        metric: v.nullable(v.string()),
        at: moment(),
      }),
    ),
    v.description("What the decision rule says that is to be done; a person does it."),
  ),
};

export const experiment = () => v.strictObject({ ...definition, ...state });
export const experiments = () => v.strictObject({ experiments: v.array(experiment()) });
export const experimentHistory = () =>
  v.strictObject({
    revisions: v.array(v.strictObject({ ...definition, ...state, at: moment(), actor: v.string() })),
  });
export const shipment = () => v.strictObject({ variant: text() });

const report = () =>
  typed<ExperimentReport>(
    v.pipe(
      v.looseObject({
        version: v.literal(1),
        decision: v.looseObject({ state: v.string(), code: v.string() }),
        sampleRatio: v.looseObject({ state: v.string() }),
        variants: v.array(v.looseObject({ name: v.string() })),
        metrics: v.array(v.looseObject({ name: v.string() })),
        notes: v.array(v.looseObject({ code: v.string(), severity: v.string() })),
      }),
      v.description("As `analyzeExperiment` of `@attune/core/stats` gives it."),
    ),
  );

const results = {
  experiment: v.string(),
  variants: arms(),
  at: v.nullable(moment()),
  run: v.nullable(count()),
  units: v.nullable(v.record(v.string(), count())),
  crossed: v.pipe(count(), v.description("Visitors who saw more than one variant.")),
  report: v.nullable(report()),
  notes: notes(),
};
export const experimentResults = () => v.strictObject(results);

export const policyQuestion = () =>
  typed<EvaluateQuery>(
    v.strictObject({
      experiment: text(),
      candidate: v.pipe(
        v.looseObject({ type: text() }),
        v.description("A policy of the experiment's slot, as in a ruleset."),
      ),
      metric: v.optional(v.pipe(text(), v.description("Default: the primary one. No ratio."))),
      estimator: v.optional(v.picklist(["ips", "snips", "dr", "dr-shrinkage", "switch-dr"])),
      visitors: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000))),
    }),
  );

export const policyAnswer = () =>
  typed<EvaluatedPolicy>(
    v.strictObject({
      experiment: v.string(),
      run: count(),
      metric: v.string(),
      value: v.pipe(
        v.looseObject({
          value: v.nullable(v.number()),
          effectiveSampleSize: v.number(),
          refusal: v.nullable(v.looseObject({ code: v.string(), message: v.string() })),
        }),
        v.description("As `evaluatePolicy` of `@attune/core/bandits` gives it."),
      ),
      isPart: v.pipe(v.boolean(), v.description("More visitors are kept than were read.")),
    }),
  );
