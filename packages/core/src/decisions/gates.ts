import { own } from "../targeting/path.js";
import type { RulesetContext, SlotDecider } from "./decide.js";
import { chooseVariant } from "./bucket.js";
import { drawOf } from "./draw.js";
import type {
  DecisionReason,
  DecisionVisitor,
  Exclusion,
  ExclusionGroup,
  ExplanationStep,
  Gates,
  Holdout,
  Prerequisite,
} from "./types.js";

/** One thing that is asked of a visitor before a policy may decide. */
export interface Gate {
  readonly step: ExplanationStep["step"];
  /** It is asked also of whom an earlier assignment would keep. */
  readonly always: boolean;
  /** Why the visitor takes no part; null where it does. */
  refusal(visitor: DecisionVisitor): DecisionReason | null;
  /** What it saw, for explanations. */
  detail(visitor: DecisionVisitor): ExplanationStep["detail"];
}

/** What the gates of one ruleset share; `deciderOf` gives the decisions of another slot. */
export interface GatesContext extends RulesetContext {
  deciderOf(slot: string): SlotDecider;
}

function holdoutGate(name: string, holdout: Holdout): Gate {
  const draw = drawOf(holdout, name);
  const { share } = holdout;
  return {
    step: "holdout",
    always: true,
    refusal(visitor) {
      const n = draw(visitor);
      return n >= 0 && n < share ? "holdout" : null;
    },
    detail: (visitor) => ({ holdout: name, share, drawn: draw(visitor) }),
  };
}

function exclusionGate({ group, ranges }: Exclusion, definition: ExclusionGroup): Gate {
  const draw = drawOf(definition, group);
  return {
    step: "exclusion",
    always: false,
    refusal(visitor) {
      const n = draw(visitor);
      return n < 0 ? "no-identity" : chooseVariant(n, ranges) < 0 ? "excluded" : null;
    },
    detail: (visitor) => ({ group, ranges, drawn: draw(visitor) }),
  };
}

/** What could not be decided shows nothing: consent that is missing for the other slot is missing here as well. */
const UNDECIDED: readonly DecisionReason[] = ["consent", "error"];

function prerequisiteGate({ slot, variants, condition }: Prerequisite, context: GatesContext): Gate {
  const decide = context.deciderOf(slot);
  const holds = condition && context.compile(condition);
  return {
    step: "prerequisite",
    always: false,
    refusal(visitor) {
      const { variant, value, reason } = decide(visitor);
      const met =
        !UNDECIDED.includes(reason) &&
        (holds ? holds({ value }) : variants?.includes(variant as string) === true);
      return met ? null : "prerequisite";
    },
    detail(visitor) {
      const { variant, value, reason } = decide(visitor);
      return {
        slot,
        variants: variants ?? null,
        condition: condition ?? null,
        shows: variant,
        value,
        reason,
      };
    },
  };
}

/** The definition of this name. @throws RangeError where there is none */
function defined<T>(record: Readonly<Record<string, T>> | undefined, name: string): T {
  const found = own(record, name);
  if (!found) throw new RangeError("undefined name");
  return found as T;
}

/** Holdouts, exclusion groups and prerequisites, in the order in which they are asked. Conditions are asked before them, by whoever has them. */
export function compileGates(
  { holdouts = [], exclusion = [], prerequisites = [] }: Omit<Gates, "targeting">,
  context: GatesContext,
): Gate[] {
  const { ruleset } = context;
  return [
    ...holdouts.map((name) => holdoutGate(name, defined(ruleset.holdouts, name))),
    ...exclusion.map((part) => exclusionGate(part, defined(ruleset.exclusionGroups, part.group))),
    ...prerequisites.map((prerequisite) => prerequisiteGate(prerequisite, context)),
  ];
}

/** A condition, or anything else that holds or not, as a gate; explanations look into it themselves. */
export const conditionGate = (holds: (visitor: DecisionVisitor) => boolean): Gate => ({
  step: "targeting",
  always: false,
  refusal: (visitor) => (holds(visitor) ? null : "not-targeted"),
  detail: () => ({}),
});

/** The first refusal; `kept`: an earlier assignment holds, and few gates are asked. */
export function refusalOf(
  gates: readonly Gate[],
  visitor: DecisionVisitor,
  kept: boolean,
): DecisionReason | null {
  for (const gate of gates) {
    const reason = kept && !gate.always ? null : gate.refusal(visitor);
    if (reason) return reason;
  }
  return null;
}
