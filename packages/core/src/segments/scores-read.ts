import { isObject } from "../kernel/json.js";
import type { Groups } from "../targeting/types.js";
import { own } from "../targeting/path.js";
import type { Purpose } from "../consent/types.js";
import type { SegmentDefinition } from "./types.js";

/** What is to be known of models, by name. */
export type Models = Readonly<
  Record<string, { readonly purposes: readonly Purpose[]; readonly outputs: readonly string[] }>
>;

/** Of one segment: the scores of models that its conditions read, and whose they are. */
interface Read {
  paths: readonly string[];
  models: readonly string[];
}

/** Names of attributes, and of groups that are conditions themselves, wherever they stand. */
function follow(condition: unknown, groups: Groups, seen: Set<string>): string[] {
  if (Array.isArray(condition)) return condition.flatMap((one) => follow(one, groups, seen));
  if (!isObject(condition)) return [];
  return Object.entries(condition).flatMap(([key, value]) => {
    if (key === "$savedGroup" && typeof value === "string") {
      const group = seen.has(value) ? null : own(groups, value);
      seen.add(value);
      return isObject(group) && "condition" in group ? follow(group["condition"], groups, seen) : [];
    }
    return [key, ...follow(value, groups, seen)];
  });
}

/**
 * Which scores of the ruleset's models each segment reads; segments that read none are not named. Names are taken for such wherever they stand, so at worst a segment waits for a score that
 * it would not have asked for. Linear in the size of the conditions.
 */
export function scoresRead(
  definitions: readonly SegmentDefinition[],
  groups: Groups = {},
  models: Models = {},
): Readonly<Record<string, Read>> {
  const known = Object.entries(models).flatMap(([name, { outputs }]) =>
    outputs.length > 1
      ? outputs.map((output) => ({ name, path: `scores.${name}.${output}` }))
      : [{ name, path: `scores.${name}` }],
  );
  if (known.length === 0) return {};
  const read = definitions.flatMap(({ name, enter, exit }): [string, Read][] => {
    const keys = new Set(follow([enter, exit], groups, new Set()));
    const found = known.filter(({ path }) => keys.has(path));
    if (found.length === 0) return [];
    return [
      [name, { paths: found.map(({ path }) => path), models: [...new Set(found.map((one) => one.name))] }],
    ];
  });
  return Object.fromEntries(read);
}
