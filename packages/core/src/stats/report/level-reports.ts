import { requireInput } from "../check.js";
import { sequenceAt } from "../effects/always-valid.js";
import type { Moments } from "../effects/moments.js";
import { normalCdf } from "../special/normal.js";
import { falseDiscoveryAdjusted } from "./adjusted-p.js";
import type { FactorialInput } from "./input.js";
import type { Modelled } from "./metric-reports.js";
import type { Notes } from "./notes.js";
import { ownOf } from "./own.js";
import type { FactorialReport } from "./report.js";

type Design = FactorialInput & { readonly levels: readonly (readonly string[])[] };
type Effect = FactorialReport["effects"][number];

/**
 * Main effects of a full design in which factors have any number of levels: each level less the first of its factor, both as the mean over all combinations of the other factors, each counted alike (Montgomery
 * 2017, chapter 5). That is balanced whatever visitors came to each, so no other factor's effect leaks in. Interactions are not worked out, which a note says.
 *
 * @returns one report for each metric that has a model; none, with a note, where the design is not one
 */
export function levelReports(
  design: Design,
  modelled: readonly Modelled[],
  names: readonly string[],
  { notes, tightestAt, alpha }: { notes: Notes; tightestAt: number; alpha: number },
): FactorialReport[] {
  const cells = notes.attempt("warning", "factorial-unusable", {}, () => cellsOf(design, names));
  if (cells === null) return [];
  notes.info("factorial-main-effects");
  return modelled.flatMap(({ input: { name: metric }, model }) => {
    if (model === null) return [];
    const arms = names.map((_, arm) => model.contrast(0, arm).treatment);
    const effects = notes.attempt("warning", "factorial-unusable", { metric }, () =>
      effectsOf(design, [cells, arms], { tightestAt, alpha }),
    );
    return effects === null ? [] : [{ metric, effects }];
  });
}

/** By arm, the index of each factor's level; all combinations are there, each once. */
function cellsOf({ factors, levels, cells }: Design, names: readonly string[]): (readonly number[])[] {
  requireInput(
    factors.length > 0 && levels.length === factors.length && levels.every((list) => list.length >= 2),
    "/factorial/levels",
    "Give the names of two levels or more for each factor.",
  );
  const seen = new Set<string>();
  const found = names.map((name) => {
    const own = ownOf(cells, name);
    const path = `/factorial/cells/${name}`;
    requireInput(
      own !== undefined &&
        own.length === factors.length &&
        own.every((level, i) => (levels[i] as readonly string[])[level] !== undefined),
      path,
      `Say for each factor which of its levels the variant ${name} has, counted from 0.`,
    );
    requireInput(!seen.has(own.join()), path, `The combination of the variant ${name} is there twice.`);
    seen.add(own.join());
    return own;
  });
  const count = levels.reduce((product, list) => product * list.length, 1);
  requireInput(
    seen.size === count,
    "/factorial/cells",
    `Give all ${count} combinations, each as one variant; effects cannot be told apart without them.`,
  );
  return found;
}

function effectsOf(
  { factors, levels }: Design,
  [cells, arms]: readonly [readonly (readonly number[])[], readonly Moments[]],
  { tightestAt, alpha }: { tightestAt: number; alpha: number },
): FactorialReport["effects"] {
  const drafts = factors.flatMap((factor, i) => {
    const [first, ...others] = (levels[i] as readonly string[]).map((name, level) => ({
      ...pooled(arms.filter((_, arm) => cells[arm]?.[i] === level)),
      name,
    }));
    if (first === undefined) return [];
    return others.map(({ name, mean, variance, n }) => {
      const [effect, se] = [mean - first.mean, Math.sqrt(variance + first.variance)];
      requireInput(se > 0, "/factorial", "Units do not vary at all, so it cannot be told how sure this is.");
      const z = effect / se;
      const { pOf } = sequenceAt(n + first.n, alpha, tightestAt);
      const level = { name, against: first.name };
      return {
        factors: [factor],
        level,
        aliases: [],
        effect,
        se,
        z,
        p: 2 * normalCdf(-Math.abs(z)),
        own: pOf(z),
      };
    });
  });
  const adjusted = falseDiscoveryAdjusted(drafts.map(({ own }) => own));
  return drafts.map(({ own: _, ...draft }, i): Effect => ({ ...draft, adjustedP: adjusted[i] as number }));
}

/** The mean of combinations, each counted alike, and the variance of that mean. */
function pooled(arms: readonly Moments[]): Moments {
  const sum = (of: (arm: Moments) => number): number => arms.reduce((total, arm) => total + of(arm), 0);
  return {
    n: sum(({ n }) => n),
    mean: sum(({ mean }) => mean) / arms.length,
    variance: sum(({ variance, n }) => variance / n) / arms.length ** 2,
  };
}
