import { isCount, requireInput } from "./check.js";
import { normalCdf } from "./special/normal.js";

/** One combination of levels. */
export interface Cell {
  /** By factor, −1 for its first level and 1 for its second. */
  readonly levels: readonly (-1 | 1)[];
  readonly successes: number;
  readonly trials: number;
}

/** A main effect or an interaction. */
export interface FactorialEffect {
  /** Indexes of the factors that take part: one for a main effect. */
  readonly factors: readonly number[];
  /** Difference of rates between the two signs of the contrast. */
  readonly effect: number;
  readonly se: number;
  readonly z: number;
  /** Two-sided, for this one effect by itself. */
  readonly p: number;
}

/**
 * Main effects and interactions of all orders of a full two-level design: contrasts of the cells' rates over 2ᵏ⁻¹, with independent binomial variances (Montgomery 2017, chapter 6). Every
 * visitor counts for every effect, which is what a factorial design is for.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT` unless every combination is there once, with trials, and in one of them some succeed and some do not
 */
export function factorialEffects(cells: readonly Cell[]): FactorialEffect[] {
  const factors = cells[0]?.levels.length ?? 0;
  requireInput(factors > 0 && factors <= 10, "/cells", "Give cells with one to ten factors.");
  requireInput(
    cells.length === 2 ** factors,
    "/cells",
    `Give all ${2 ** factors} combinations of the ${factors} factors.`,
  );
  const seen = new Set<string>();
  let variance = 0;
  for (const [i, { levels, successes, trials }] of cells.entries()) {
    const path = `/cells/${i}`;
    requireInput(
      levels.length === factors && levels.every((level) => level === 1 || level === -1),
      `${path}/levels`,
      "Give −1 or 1 for each factor.",
    );
    requireInput(!seen.has(levels.join()), `${path}/levels`, "This combination is there twice.");
    seen.add(levels.join());
    requireInput(isCount(trials) && trials > 0, `${path}/trials`, "Give how many there were: more than 0.");
    requireInput(
      isCount(successes) && successes <= trials,
      `${path}/successes`,
      "Give how many succeeded: not more than there were.",
    );
    const rate = successes / trials;
    variance += (rate * (1 - rate)) / trials;
  }
  requireInput(variance > 0, "/cells", "Units do not vary at all, so it cannot be told how sure this is.");
  const half = 2 ** (factors - 1);
  const se = Math.sqrt(variance) / half;
  return subsetsOf(factors).map((subset) => {
    let contrast = 0;
    for (const { levels, successes, trials } of cells)
      contrast += signOf(levels, subset) * (successes / trials);
    const effect = contrast / half;
    const z = effect / se;
    return { factors: subset, effect, se, z, p: 2 * normalCdf(-Math.abs(z)) };
  });
}

const signOf = (levels: readonly number[], subset: readonly number[]): number =>
  subset.reduce((sign, factor) => sign * (levels[factor] as number), 1);

/** All sets of factors, the small ones first: A, B, AB … */
function subsetsOf(factors: number): number[][] {
  const subsets: number[][] = [];
  for (let mask = 1; mask < 2 ** factors; mask++)
    subsets.push(Array.from({ length: factors }, (_, i) => i).filter((i) => (mask >> i) & 1));
  return subsets.sort((a, b) => a.length - b.length || compareLists(a, b));
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) if (value !== b[i]) return value - (b[i] as number);
  return 0;
}

/** A fraction of a two-level design: some factors are products of others. */
export interface FractionalDesign {
  /** How many factors vary freely; the runs are all their combinations, the first one alternating fastest. */
  readonly basic: number;
  /** By further factor, the indexes of the factors whose product it is: `[[0, 1, 2]]` is D = ABC. */
  readonly generators: readonly (readonly number[])[];
}

export interface AliasedEffect {
  readonly factors: readonly number[];
  /** Effects that this design cannot tell from it. */
  readonly aliases: readonly (readonly number[])[];
  /** The contrast, which is the sum of this effect and its aliases. */
  readonly effect: number;
}

/**
 * Effects of a fraction of a two-level design from the mean of each run. Of each group of effects that the fraction cannot tell apart the one of the fewest factors is named, the others as its aliases.
 *
 * @param runs the mean of each combination, in the order that {@link FractionalDesign.basic} tells
 * @throws AttuneError `ATTUNE_STATS_INPUT` for a generator that is none, or that makes two factors the same
 */
export function fractionalFactorialEffects(
  { basic, generators }: FractionalDesign,
  runs: readonly number[],
): AliasedEffect[] {
  requireInput(
    Number.isInteger(basic) && basic > 0 && basic <= 10,
    "/basic",
    "Give from one to ten factors that vary freely.",
  );
  requireInput(runs.length === 2 ** basic, "/runs", `Give the means of all ${2 ** basic} runs.`);
  const made = generators.map((generator, i) => {
    requireInput(
      generator.length > 1 &&
        generator.every((factor) => Number.isInteger(factor) && factor >= 0 && factor < basic),
      `/generators/${i}`,
      "Name at least two of the factors that vary freely.",
    );
    return generator.reduce((mask, factor) => mask | (1 << factor), 0);
  });
  requireInput(
    new Set(made).size === made.length,
    "/generators",
    "Two factors have the same generator and could not be told apart.",
  );
  // An effect is a product of factors; what it is in terms of those that vary freely says which are the same.
  const columns = [...Array.from({ length: basic }, (_, i) => 1 << i), ...made];
  const groups = new Map<number, number[][]>();
  for (const subset of subsetsOf(columns.length)) {
    const column = subset.reduce((mask, factor) => mask ^ (columns[factor] as number), 0);
    if (column !== 0) groups.set(column, [...(groups.get(column) ?? []), subset]);
  }
  return [...groups]
    .map(([column, [first, ...aliases]]) => ({
      factors: first as number[],
      aliases,
      effect: contrastOf(runs, column),
    }))
    .sort((a, b) => a.factors.length - b.factors.length || compareLists(a.factors, b.factors));
}

function contrastOf(runs: readonly number[], column: number): number {
  let sum = 0;
  for (const [run, mean] of runs.entries()) {
    let minus = 0;
    for (let left = column & ~run; left !== 0; left &= left - 1) minus++;
    sum += minus % 2 === 0 ? mean : -mean;
  }
  return (2 * sum) / runs.length;
}
