import { basicFactors, factorialCells } from "../../decisions/factorial.js";
import type { AssignmentPolicy } from "../../decisions/types.js";
import type { FactorialInput } from "../../stats/index.js";

/** Which combination each variant of a factorial policy is, whether or not anybody has come to it yet; undefined of other policies. */
export function factorialOf(policy: AssignmentPolicy): FactorialInput | undefined {
  if (policy.type !== "factorial") return undefined;
  const { generators: made = {} } = policy;
  // Those that vary freely first, as the analysis takes them.
  const free = basicFactors(policy);
  const factors = [...free, ...Object.keys(policy.factors).filter((factor) => Object.hasOwn(made, factor))];
  const levels = factors.map((factor) => Object.keys(policy.factors[factor] as object));
  const isOfTwo = levels.every((names) => names.length === 2);
  const cells = factorialCells(policy).map(({ name, levels: chosen }) => {
    const indexes = factors.map((factor, i) => (levels[i] as string[]).indexOf(chosen[factor] as string));
    return [name, isOfTwo ? indexes.map((index) => 2 * index - 1) : indexes] as const;
  });
  const generators = factors
    .slice(free.length)
    .map((factor) => (made[factor] ?? []).map((name) => factors.indexOf(name)));
  return {
    factors,
    cells: Object.fromEntries(cells),
    ...(!isOfTwo && { levels }),
    ...(generators.length > 0 && { generators }),
  };
}
