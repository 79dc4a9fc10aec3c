import type { JsonValue } from "../kernel/json.js";
import type { FactorialPolicy } from "./types.js";

/** More combinations than visitors could fill; a document must not make any number of them. */
export const MAX_CELLS = 1024;

/** One combination of a design. */
export interface FactorialCell {
  /** `factor:level,factor:level`: the variant's name. */
  readonly name: string;
  /** Factor → level. */
  readonly levels: Readonly<Record<string, string>>;
  /** Factor → value of the level: the variant's value. */
  readonly value: Readonly<Record<string, JsonValue>>;
}

type Design = Pick<FactorialPolicy, "factors" | "generators">;

/** Factors that vary freely; the others are products of them. */
export const basicFactors = ({ factors, generators = {} }: Design): string[] =>
  Object.keys(factors).filter((factor) => !Object.hasOwn(generators, factor));

const levelsOf = ({ factors }: Design, factor: string): number =>
  Object.keys(factors[factor] as object).length;

/** How many combinations a design has: one for each of its freely varying levels. */
export const cellCount = (design: Design): number =>
  basicFactors(design).reduce((count, factor) => count * levelsOf(design, factor), 1);

/**
 * The combinations of a design in standard order, the first factor alternating fastest. A generated factor has its second level where an even number of the factors whose
 * product it is have their first, as the product of −1s and 1s says (Montgomery 2017, chapter 8).
 *
 * @throws RangeError for more than {@link MAX_CELLS}
 */
export function factorialCells(design: Design): FactorialCell[] {
  const { factors, generators = {} } = design;
  const count = cellCount(design);
  if (!(count <= MAX_CELLS)) throw new RangeError("factors");
  const basic = basicFactors(design);
  return Array.from({ length: count }, (_, run) => {
    const chosen: Record<string, number> = {};
    let rest = run;
    for (const factor of basic) {
      const levels = levelsOf(design, factor);
      chosen[factor] = rest % levels;
      rest = Math.floor(rest / levels);
    }
    for (const [factor, parents] of Object.entries(generators))
      chosen[factor] = parents.reduce((sign, parent) => sign * (chosen[parent] ? 1 : -1), 1) > 0 ? 1 : 0;
    const levels = Object.entries(factors).map(
      ([factor, values]) => [factor, Object.keys(values)[chosen[factor] as number] as string] as const,
    );
    return {
      name: levels.map(([factor, level]) => `${factor}:${level}`).join(","),
      levels: Object.fromEntries(levels),
      value: Object.fromEntries(
        levels.map(([factor, level]) => [factor, factors[factor]?.[level] as JsonValue]),
      ),
    };
  });
}

/** What a fraction of a design cannot tell apart. */
export interface Aliasing {
  /** The least number of factors in a word of the defining relation; null for a full design, which confounds nothing. */
  readonly resolution: number | null;
  /** The defining relation: the products of factors that are constant, such as `["a", "b", "c", "d"]` for d = abc. */
  readonly words: readonly (readonly string[])[];
  /** For each main effect and two-factor interaction that has any: the effects of one or two factors that it cannot be told from. */
  readonly aliases: readonly {
    readonly effect: readonly string[];
    readonly with: readonly (readonly string[])[];
  }[];
}

/** Every product of some of the words; a word is a set of factors, as bits, and what occurs twice cancels. */
function products(words: readonly number[]): number[] {
  let all = [0];
  for (const word of words) all = [...all, ...all.map((other) => other ^ word)];
  return all.slice(1);
}

const bitsIn = (mask: number): number => {
  let count = 0;
  for (let left = mask; left !== 0; left &= left - 1) count++;
  return count;
};

/**
 * The defining relation of a fraction and what follows from it (Box and Hunter 1961): in resolution III main effects are aliased with two-factor interactions, in IV these with
 * each other; below III main effects with one another, which no analysis can mend.
 *
 * @param design of at most 30 factors, whose generators name factors that vary freely
 */
export function aliasing({ factors, generators = {} }: Design): Aliasing {
  const names = Object.keys(factors);
  const maskOf = (list: readonly string[]): number =>
    list.reduce((mask, factor) => mask ^ (1 << names.indexOf(factor)), 0);
  const namesOf = (mask: number): string[] => names.filter((_, i) => (mask >> i) & 1);
  const words = products(Object.entries(generators).map(([factor, parents]) => maskOf([factor, ...parents])));
  const effects = names.flatMap((name, i) => [[name], ...names.slice(i + 1).map((other) => [name, other])]);
  effects.sort((a, b) => a.length - b.length);
  return {
    resolution: words.length === 0 ? null : Math.min(...words.map(bitsIn)),
    words: words.map(namesOf),
    aliases: effects.flatMap((effect) => {
      const found = words
        .map((word) => word ^ maskOf(effect))
        .filter((mask) => mask !== 0 && bitsIn(mask) <= 2)
        .map(namesOf);
      return found.length > 0 ? [{ effect, with: found }] : [];
    }),
  };
}
