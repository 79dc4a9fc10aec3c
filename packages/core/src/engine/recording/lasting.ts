import type { Decision, DecidingRuleset, Ruleset } from "../../decisions/types.js";
import { own } from "../../targeting/path.js";

const CONTEXT = /^context(\.|$)/;
/** Fields whose value is the path of an attribute. */
const PATHS = /^(hashAttribute|fallbackAttribute|attribute)$/;

/**
 * Whether anything that decides a slot reads the context of the call, which no page has of itself: a condition, a draw, or what the slot asks of groups, holdouts and other slots. Names
 * are followed wherever they could be some, so it errs on the side of yes.
 */
function readsContext({ slots, groups, holdouts, exclusionGroups }: Ruleset, slot: string): boolean {
  let found = false;
  const seen = new Set<unknown>();
  const waiting: unknown[] = [own(slots, slot)];
  const follow = (record: unknown, names: unknown): void => {
    for (const name of [names].flat()) waiting.push(own(record, name as string));
  };
  const followed: Readonly<Record<string, unknown>> = {
    slot: slots,
    id: groups,
    holdouts,
    group: exclusionGroups,
  };
  while (waiting.length > 0 && !found) {
    const next = waiting.pop();
    if (seen.has(next)) continue;
    seen.add(next);
    JSON.stringify(next, (key, value: unknown) => {
      if (key === "variants") return undefined;
      // The field of a contextual policy is a list of attributes.
      found ||= PATHS.test(key) ? CONTEXT.test(`${value}`) : CONTEXT.test(key) && !Array.isArray(value);
      if (Object.hasOwn(followed, key)) follow(followed[key], value);
      return value;
    });
  }
  return found;
}

/**
 * Whether the server decided a slot that the page cannot decide by itself: it reads a context that only the server had. Only what
 * was decided by the very ruleset that the page has.
 */
export const lastsBy =
  (rules: DecidingRuleset | null) =>
  ({ slot, rulesetVersion }: Decision): boolean =>
    rules !== null && rulesetVersion === rules.version && readsContext(rules.ruleset, slot);
