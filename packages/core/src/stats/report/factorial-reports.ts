import { requireInput } from "../check.js";
import { sequenceAt } from "../effects/always-valid.js";
import type { Moments } from "../effects/moments.js";
import { fractionalFactorialEffects } from "../factorial.js";
import type { Model } from "../models/model.js";
import { normalCdf } from "../special/normal.js";
import { falseDiscoveryAdjusted } from "./adjusted-p.js";
import type { FactorialInput } from "./input.js";
import type { Modelled } from "./metric-reports.js";
import type { Notes } from "./notes.js";
import { ownOf } from "./own.js";
import { levelReports } from "./level-reports.js";
import type { FactorialReport } from "./report.js";

/** Main effects and interactions of each metric, of a full design of two levels or of a fraction; of one with more levels main effects. */
export function factorialReports(
  design: FactorialInput | undefined,
  modelled: readonly Modelled[],
  names: readonly string[],
  { notes, tightestAt, alpha }: { notes: Notes; tightestAt: number; alpha: number },
): FactorialReport[] {
  if (design === undefined || names.length === 0) return [];
  if (design.levels !== undefined)
    return levelReports({ ...design, levels: design.levels }, modelled, names, { notes, tightestAt, alpha });
  const runs = notes.attempt("warning", "factorial-unusable", {}, () => runsOf(design, names));
  if (runs === null) return [];
  return modelled.flatMap(({ input: { name: metric }, model }) => {
    if (model === null) return [];
    const effects = notes.attempt("warning", "factorial-unusable", { metric }, () =>
      effectsOf(design, momentsOf(model, runs), { tightestAt, alpha }),
    );
    return effects === null ? [] : [{ metric, effects }];
  });
}

const basicOf = ({ factors, generators = [] }: FactorialInput): number => factors.length - generators.length;

/** By run, the first factor alternating fastest, which arm it is. */
function runsOf(design: FactorialInput, names: readonly string[]): number[] {
  const { factors, generators = [], cells } = design;
  const basic = basicOf(design);
  requireInput(
    basic >= 1 && basic <= 10,
    "/factorial/factors",
    "Give from one to ten factors that vary freely.",
  );
  const runs = new Array<number>(2 ** basic).fill(-1);
  for (const [arm, name] of names.entries()) {
    const levels = ownOf(cells, name);
    const path = `/factorial/cells/${name}`;
    requireInput(
      levels !== undefined &&
        levels.length === factors.length &&
        levels.every((level) => Math.abs(level) === 1),
      path,
      `Give −1 or 1 for each factor of the variant ${name}.`,
    );
    let run = 0;
    for (let i = 0; i < basic; i++) if (levels[i] === 1) run |= 1 << i;
    for (const [i, generator] of generators.entries()) {
      const product = generator.reduce((sign, factor) => sign * (levels[factor] ?? Number.NaN), 1);
      requireInput(
        product === levels[basic + i],
        path,
        `The factor ${factors[basic + i]} of the variant ${name} is not the product that its generator says.`,
      );
    }
    requireInput(runs[run] === -1, path, `The combination of the variant ${name} is there twice.`);
    runs[run] = arm;
  }
  requireInput(
    runs.every((arm) => arm >= 0),
    "/factorial/cells",
    `Give all ${2 ** basic} combinations, each as one variant; effects cannot be told apart without them.`,
  );
  return runs;
}

const momentsOf = (model: Model, runs: readonly number[]): Moments[] =>
  runs.map((arm) => model.contrast(0, arm).treatment);

function effectsOf(
  design: FactorialInput,
  runs: readonly Moments[],
  { tightestAt, alpha }: { tightestAt: number; alpha: number },
): FactorialReport["effects"] {
  const { factors, generators = [] } = design;
  const effects = fractionalFactorialEffects(
    { basic: basicOf(design), generators },
    runs.map(({ mean }) => mean),
  );
  // Each effect is half of the runs against the other half, so all are equally sure.
  const variance = runs.reduce((sum, run) => sum + run.variance / run.n, 0);
  const se = (2 * Math.sqrt(variance)) / runs.length;
  requireInput(se > 0, "/factorial", "Units do not vary at all, so it cannot be told how sure this is.");
  const units = runs.reduce((sum, { n }) => sum + n, 0);
  const { pOf } = sequenceAt(units, alpha, tightestAt);
  const adjusted = falseDiscoveryAdjusted(effects.map(({ effect }) => pOf(effect / se)));
  const named = (list: readonly number[]): string[] => list.map((factor) => factors[factor] as string);
  return effects.map(({ factors: list, aliases, effect }, i) => {
    const z = effect / se;
    return {
      ...{ factors: named(list), aliases: aliases.map(named), effect, se, z },
      p: 2 * normalCdf(-Math.abs(z)),
      adjustedP: adjusted[i] as number,
    };
  });
}
