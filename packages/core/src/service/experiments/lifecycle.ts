import { variantsOf } from "../../decisions/index.js";
import type { AssignmentPolicy, Gates, Ruleset, SlotDefinition } from "../../decisions/types.js";
import type { JsonValue } from "../../kernel/json.js";
import { fail, type Issue, ok, pointer, type Result } from "../../kernel/result.js";
import type { Experiment, ExperimentAction, ExperimentDefinition, ExperimentStatus } from "./types.js";

/** What an action comes to. The ruleset is null where it stays as it is. */
export interface Step {
  experiment: Experiment;
  ruleset: Ruleset | null;
}

const issue = (path: string, code: string, message: string): Issue => ({
  path,
  code: `ATTUNE_EXPERIMENT_${code}`,
  message,
});

export const draftOf = (definition: ExperimentDefinition): Experiment => ({
  ...{ definition, status: "draft", revision: 1, run: 0 },
  ...{ startedAt: null, stoppedAt: null, shipped: null, proposal: null, before: null },
});

const GATES = ["targeting", "holdouts", "exclusion", "prerequisites"] as const;

function ownOf(slot: SlotDefinition): NonNullable<Experiment["before"]> {
  const gates = GATES.filter((gate) => slot[gate] !== undefined).map((gate) => [gate, slot[gate]]);
  return { ...Object.fromEntries(gates), policy: slot.policy };
}

/** The policy as a ruleset has it. */
export const policyOf = ({ policy, id }: ExperimentDefinition): AssignmentPolicy =>
  ({ ...policy, experiment: id }) as AssignmentPolicy;

type Own = NonNullable<Experiment["before"]> & { variants?: SlotDefinition["variants"] };

/** The slot with other gates and another policy. */
function withOwn(slot: SlotDefinition, own: Own): SlotDefinition {
  const rest = Object.fromEntries(
    Object.entries(slot).filter(
      ([field]) => field !== "policy" && !(GATES as readonly string[]).includes(field),
    ),
  ) as unknown as Omit<SlotDefinition, keyof Gates | "policy">;
  return { ...rest, ...own };
}

const withSlot = (ruleset: Ruleset, name: string, slot: SlotDefinition): Ruleset => ({
  ...ruleset,
  revision: ruleset.revision + 1,
  slots: { ...ruleset.slots, [name]: slot },
});

const slotOf = ({ slots }: Ruleset, name: string): SlotDefinition | undefined =>
  Object.hasOwn(slots, name) ? slots[name] : undefined;

/** The experiment that decides a slot by itself; undefined where none does. */
const experimentOf = ({ policy }: SlotDefinition): string | undefined =>
  "experiment" in policy ? policy.experiment : undefined;

/** Whether the ruleset's slot is decided by this experiment. */
const isDecidedBy = (slot: SlotDefinition | undefined, id: string): boolean =>
  slot !== undefined && experimentOf(slot) === id;

const wrongStatus = (status: ExperimentStatus, message: string): Result<never, Issue[]> =>
  fail([issue("/status", "STATUS", `It is ${status}. ${message}`)]);

const unknownSlot = (): Result<never, Issue[]> =>
  fail([issue("/slot", "SLOT", "The ruleset has no such slot; publish one with this slot first.")]);

function start(experiment: Experiment, ruleset: Ruleset, now: number): Result<Step, Issue[]> {
  const { definition, status } = experiment;
  if (status === "shipped") return wrongStatus(status, "Define a new experiment for another question.");
  const slot = slotOf(ruleset, definition.slot);
  if (slot === undefined) return unknownSlot();
  if (isDecidedBy(slot, definition.id)) {
    // A start that was cut off before it was noted, or one that is repeated.
    if (status === "running") return ok({ experiment, ruleset: null });
  } else if (ruleset.experiments?.[experimentOf(slot) ?? ""] !== undefined)
    return fail([
      issue(
        "/slot",
        "SLOT_TAKEN",
        "Another experiment decides this slot; stop or ship it first, or choose another slot.",
      ),
    ]);
  const run = status === "running" ? experiment.run : experiment.run + 1;
  const before = isDecidedBy(slot, definition.id) ? (experiment.before ?? ownOf(slot)) : ownOf(slot);
  const own = { ...before, ...definition.gates, policy: policyOf(definition) };
  return ok({
    experiment: {
      ...experiment,
      ...{ status: "running", revision: experiment.revision + 1, run, before },
      ...{ startedAt: now, stoppedAt: null, proposal: null },
    },
    ruleset: {
      ...withSlot(ruleset, definition.slot, withOwn(slot, own)),
      experiments: { ...ruleset.experiments, [definition.id]: { ...definition.measures, run } },
    },
  });
}

/** The slot is given back, or decided by one rule; what is measured stays, so that the result can be read. */
function end(
  experiment: Experiment,
  ruleset: Ruleset,
  {
    status,
    own,
    now,
    shipped,
  }: {
    status: "stopped" | "shipped";
    own: Own | null;
    now: number;
    shipped: string | null;
  },
): Result<Step, Issue[]> {
  const { definition } = experiment;
  const slot = slotOf(ruleset, definition.slot);
  // Somebody may have published a ruleset in which the slot is decided by something else: that is left alone when stopping.
  const isLeftAlone = status === "stopped" && !isDecidedBy(slot, definition.id);
  if (slot === undefined && status === "shipped") return unknownSlot();
  return ok({
    experiment: {
      ...experiment,
      ...{ status, revision: experiment.revision + 1, shipped },
      stoppedAt: experiment.stoppedAt ?? now,
    },
    ruleset:
      slot === undefined || own === null || isLeftAlone
        ? null
        : withSlot(ruleset, definition.slot, withOwn(slot, own)),
  });
}

function ship(
  experiment: Experiment,
  ruleset: Ruleset,
  { variant, now }: { variant: string; now: number },
): Result<Step, Issue[]> {
  const { status, definition, before } = experiment;
  const isRepeated = status === "shipped" && experiment.shipped === variant;
  if (status !== "running" && status !== "stopped" && !isRepeated)
    return wrongStatus(status, "Only what has run can be shipped, and once.");
  const slot = slotOf(ruleset, definition.slot);
  if (slot === undefined) return unknownSlot();
  // A combination of a design is a variant of its policy alone; shipped, it becomes one of the slot's own.
  const variants = variantsOf({ ...slot, policy: policyOf(definition) });
  if (!Object.hasOwn(variants, variant))
    return fail([issue("/variant", "VARIANT", "The slot has no such variant.")]);
  const rule = { id: `shipped-${definition.id}`, variant };
  const own = {
    ...before,
    variants: { ...slot.variants, [variant]: variants[variant] as JsonValue },
    policy: { type: "rules" as const, rules: [rule] },
  };
  return end(experiment, ruleset, { status: "shipped", own, now, shipped: variant });
}

/** What no longer changes of a definition: from its start on who gets what, and what that is measured by. */
const FIXED: Readonly<Record<ExperimentStatus, readonly (keyof ExperimentDefinition)[]>> = {
  draft: ["id"],
  running: ["id", "slot", "gates", "policy", "measures"],
  stopped: ["id", "slot"],
  shipped: ["id", "slot", "gates", "policy", "measures"],
};

function define(experiment: Experiment, definition: ExperimentDefinition): Result<Step, Issue[]> {
  const { status, definition: known, revision } = experiment;
  const same = (field: keyof ExperimentDefinition): boolean =>
    JSON.stringify(known[field]) === JSON.stringify(definition[field]);
  const changed = FIXED[status].filter((field) => !same(field));
  if (changed.length > 0)
    return fail(
      changed.map((field) =>
        issue(
          pointer("", field),
          "FIXED",
          "This cannot change while it runs, since visitors before and after would not be comparable. Stop it, change it and start it again: that is a new run.",
        ),
      ),
    );
  return ok({ experiment: { ...experiment, definition, revision: revision + 1 }, ruleset: null });
}

/**
 * What becomes of an experiment and of the ruleset in force: draft → running → stopped (→ running: a new run) → shipped. Pure; the same action twice comes to the same, so that one that was cut off
 * between its two writes can be repeated.
 *
 * @param now epoch ms
 */
export function step(
  experiment: Experiment,
  action: ExperimentAction,
  { ruleset, now }: { ruleset: Ruleset; now: number },
): Result<Step, Issue[]> {
  switch (action.type) {
    case "define":
      return define(experiment, action.definition);
    case "start":
      return start(experiment, ruleset, now);
    case "stop":
      return experiment.status === "running" || experiment.status === "stopped"
        ? end(experiment, ruleset, { status: "stopped", own: experiment.before, now, shipped: null })
        : wrongStatus(experiment.status, "Only what runs can be stopped.");
    case "ship":
      return ship(experiment, ruleset, { variant: action.variant, now });
  }
}
