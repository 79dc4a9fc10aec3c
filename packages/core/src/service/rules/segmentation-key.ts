import type { Ruleset } from "../../decisions/types.js";
import { contentHash } from "../../kernel/hash.js";
import { canonicalJson } from "../../kernel/json.js";

/** Hash of what memberships hang on: the same of rulesets that find the same memberships, between which nobody has to be brought in line. */
export const segmentationKey = ({ segments = [], groups = {}, models = {} }: Partial<Ruleset>): string =>
  contentHash(canonicalJson([segments, groups, models] as never));
