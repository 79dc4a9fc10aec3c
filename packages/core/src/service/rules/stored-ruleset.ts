import { compileRuleset } from "../../decisions/index.js";
import type { Ruleset } from "../../decisions/types.js";
import type { ServiceContext } from "../context.js";
import { metaPartition, SORT } from "../layout/partitions.js";
import { segmentationKey } from "./segmentation-key.js";
import { rulesOf, type SiteRules } from "./site-rules.js";

/** `ruleset`, and under `r/{revision}` each one that was published before. As text: the order of keys means something, and not every store keeps it. */
export interface StoredRuleset {
  v: 1;
  revision: number;
  version: string;
  text: string;
  /** When it was published, epoch ms. */
  at: number;
  /** Who published it, for as long as that is not in the audit log. */
  unaudited?: string;
}

export const historyKey = (revision: number): string =>
  SORT.rulesetHistory + String(revision).padStart(16, "0");

/** A site's rules as they were: of each moment those that were in force. */
export async function rulesTimeline(
  { durable, report }: Pick<ServiceContext, "durable" | "report">,
  site: string,
): Promise<(at: number) => SiteRules> {
  const partition = metaPartition(site);
  const published = new Map<number, StoredRuleset>();
  const present = await durable.get<StoredRuleset>(partition, SORT.ruleset);
  if (present !== null) published.set(present.value.revision, present.value);
  // Last, so that what is replaced meanwhile is found in the one place or the other.
  for await (const { value } of durable.scan<StoredRuleset>(partition, { prefix: SORT.rulesetHistory }))
    published.set(value.revision, value);
  const inOrder = [...published.values()].sort((a, b) => a.at - b.at || a.revision - b.revision);
  const past: { at: number; rules: SiteRules }[] = [];
  for (const { at, text } of inOrder) {
    try {
      past.push({ at, rules: rulesOf(compileRuleset(JSON.parse(text) as Ruleset)) });
    } catch (error) {
      report(error);
    }
  }
  const none = rulesOf(null);
  const isSegmented = (await durable.get(partition, SORT.segmentation)) !== null;
  const keys = past.map(({ rules }) => segmentationKey(rules.compiled?.ruleset ?? {}));
  /** Each knows those before it, where everybody's memberships were found by each of them that finds others than the one before. */
  const known = !isSegmented
    ? past
    : past.map(({ at, rules }, index) => ({
        at,
        rules: {
          ...rules,
          since(version: string) {
            const from = past.findIndex((one) => one.rules.version === version);
            // By none there was none to be in.
            if (from < 0 && version !== none.version) return [];
            return past.flatMap((one, i) =>
              i > from && i <= index && keys[i] !== keys[i - 1]
                ? [{ at: one.at, evaluate: one.rules.evaluate }]
                : [],
            );
          },
        },
      }));
  return (at) => {
    let [after, to] = [0, past.length];
    while (after < to) {
      const middle = (after + to) >>> 1;
      if ((known[middle] as { at: number }).at <= at) after = middle + 1;
      else to = middle;
    }
    return known[after - 1]?.rules ?? none;
  };
}
