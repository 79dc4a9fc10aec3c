import type { JsonValue } from "../kernel/json.js";
import { standingIn } from "./assignment.js";
import { compileAnySlot } from "./compile-any-slot.js";
import { contextReader, contextualShares } from "./contextual.js";
import { DEFAULT_PURPOSES, PLAIN_SLOTS } from "./decide.js";
import {
  noteEntrance,
  notePlainSlot,
  type Note,
  type NoteSlot,
  ruleDetail,
  type Subject,
} from "./explain.js";
import { compileGates, type Gate, type GatesContext } from "./gates.js";
import { historyReader, rankArms } from "./recommended.js";
import type {
  AssignmentPolicy,
  Decision,
  RecommendedPolicy,
  Rule,
  SlotDefinition,
  SlotPolicy,
} from "./types.js";
import { armsOf, isAssigning } from "./variants-of.js";

type Detail = Readonly<Record<string, JsonValue>>;

/** One slot that is being explained. */
interface Explaining extends Subject {
  definition: SlotDefinition;
  context: GatesContext;
  note: Note;
}

/** What a policy of this slot alone says to the visitor: without consent and gates. */
function saidBy({ decision, definition, context, visitor }: Explaining, policy: SlotPolicy): Decision {
  const { variants, fallback } = definition;
  return compileAnySlot(decision.slot, { variants, fallback, purposes: [], policy }, context)(visitor);
}

const shown = ({ isFallback, variant }: Decision): string[] => (isFallback ? [] : [variant as string]);

/** Notes gates; all of them, since all have to hold. */
function noteGates(
  { note, visitor }: Explaining,
  gates: readonly Gate[],
  [detail, beyond]: readonly [Detail, readonly string[]],
): boolean {
  const refused = gates.filter(
    (gate) =>
      !note(gate.step, gate.refusal(visitor) === null, { ...detail, ...gate.detail(visitor) }, beyond),
  );
  return refused.length === 0;
}

/** Notes what an earlier assignment comes to, where there is one. */
function noteSticky(
  { note, visitor }: Explaining,
  policy: AssignmentPolicy,
  detail: Detail,
): "kept" | "drawn" | "refused" {
  const arms = armsOf(policy);
  const { found, assignment } = standingIn(policy, visitor, (variant) => Object.hasOwn(arms, variant));
  if (!found) return "drawn";
  const { standing } = found;
  const { bucketVersion = 0, minBucketVersion = 0, onConflict = "keep-first" } = policy.sticky ?? {};
  const passed = standing === "kept" || standing === "renewed";
  note("sticky", passed, {
    ...detail,
    ...{ experiment: policy.experiment, standing, bucketVersion, minBucketVersion, onConflict },
    assignment: { ...assignment } as Detail,
  });
  return standing === "kept" ? "kept" : passed ? "drawn" : "refused";
}

/** What a policy draws from, for this visitor. */
function drawnFrom(policy: AssignmentPolicy, { visitor: { attributes } }: Explaining): Detail {
  if (policy.type !== "contextual") return { weights: armsOf(policy) };
  const names = Object.keys(policy.arms);
  const shares = contextualShares(policy)(attributes);
  const context = contextReader(policy.context)(attributes).slice(1);
  return {
    context: Object.fromEntries(policy.context.map(({ attribute }, i) => [attribute, context[i] as number])),
    weights: Object.fromEntries(names.map((name, i) => [name, shares[i] as number])),
  };
}

/** Notes a draw; `reason` is what came of it. */
function noteDraw(
  explaining: Explaining,
  policy: AssignmentPolicy,
  [reason, detail]: readonly [string, Detail],
): void {
  const { type, experiment, coverage = 1 } = policy;
  const facts = { ...detail, experiment, coverage, reason, ...drawnFrom(policy, explaining) };
  explaining.note(type, reason === type, facts, Object.keys(armsOf(policy)));
}

/** Notes what a ranking came to, and by what. */
function noteRanking({ note, decision, visitor }: Explaining, policy: RecommendedPolicy): void {
  const history = historyReader(policy)(visitor.attributes);
  const ranking = rankArms(policy, history).slice(0, decision.ranking?.length ?? 0);
  const { reason } = decision;
  note(
    "recommended",
    reason === "recommended",
    { history, reason, ranking: ranking.map(({ variant, score }) => ({ variant, score })) },
    Object.keys(policy.arms),
  );
}

/** Notes one rule with its gates and its policy; whether it decides. */
function noteRule(explaining: Explaining, rule: Rule, index: number): boolean {
  const { holds, detail } = ruleDetail(rule, index, explaining);
  const name = { rule: detail["rule"] as string };
  const decision = saidBy(explaining, { type: "rules", rules: [rule] });
  const { policy } = rule;
  const kept = policy ? noteSticky(explaining, policy, name) : "drawn";
  const gates = compileGates(rule, explaining.context).filter(({ always }) => always || kept !== "kept");
  if (holds || kept === "kept") {
    const open = noteGates(explaining, gates, [name, []]);
    if (open && policy && kept === "drawn")
      noteDraw(explaining, policy, [saidBy(explaining, policy).reason, name]);
  }
  const variants = policy ? Object.keys(armsOf(policy)) : [rule.variant as string];
  return explaining.note("rule", !decision.isFallback, detail, variants);
}

/** Notes a slot of any kind. Steps of a rule name it. */
export const explainAnySlot: NoteSlot = (subject, definition, note) => {
  const { decision, visitor, decide } = subject;
  if (PLAIN_SLOTS.compileSlot(decision.slot, definition, subject.context))
    return notePlainSlot(subject, definition, note);
  const context: GatesContext = {
    ...subject.context,
    deciderOf: (slot) => (about) => decide(slot, about),
  };
  const explaining: Explaining = { ...subject, definition, context, note };
  const { policy, purposes = DEFAULT_PURPOSES } = definition;
  const beyond = shown(saidBy(explaining, policy));
  const gates = compileGates(definition, context);
  if (isAssigning(policy)) {
    const consented = purposes.every((purpose) => visitor.consent[purpose]);
    const arms = armsOf(policy);
    const { found } = standingIn(policy, visitor, (variant) => Object.hasOwn(arms, variant));
    if (consented && found?.standing === "kept") {
      noteEntrance(subject, { purposes }, [note, beyond]);
      noteSticky(explaining, policy, {});
      noteGates(
        explaining,
        gates.filter(({ always }) => always),
        [{}, beyond],
      );
      return;
    }
  }
  const entered = noteEntrance(subject, definition, [note, beyond]);
  if (!noteGates(explaining, gates, [{}, beyond]) || !entered) return;
  if (policy.type === "rules") policy.rules.some((rule, index) => noteRule(explaining, rule, index));
  else if (policy.type === "recommended") noteRanking(explaining, policy);
  else if (noteSticky(explaining, policy, {}) === "drawn")
    noteDraw(explaining, policy, [decision.reason, {}]);
};
