import { isCount } from "../check.js";
import type { ExperimentInput, VariantInput } from "./input.js";
import type { Notes } from "./notes.js";
import { STAGES, type StageUnits, stageUnits } from "./stage-units.js";

/** Shares that were rounded to three digits still sum to 1. */
const ROUNDING = 1e-3;

/** The variants that are compared, the control first. */
export interface Arms {
  readonly names: readonly string[];
  /** Shares among them, of 1. */
  readonly shares: readonly number[];
  readonly units: StageUnits;
}

/** Who takes part, and what is wrong with it. */
export function readArms(input: ExperimentInput, notes: Notes): Arms {
  const { variants } = input;
  if (variants.length === 0) notes.fault("no-variants");
  checkDefinition(variants, notes);
  const units = stageUnits(input);
  checkCounts(input, units, notes);
  const control = input.control ?? variants[0]?.name;
  const isPresent = ({ weight, isRemoved = false }: VariantInput): boolean =>
    !isRemoved && Number.isFinite(weight) && weight > 0;
  const present = variants.filter(isPresent);
  const first = present.find(({ name }) => name === control);
  if (first === undefined) {
    notes.fault("no-control", control === undefined ? {} : { variant: control });
    return { names: [], shares: [], units };
  }
  const arms = [first, ...present.filter(({ name }) => name !== control)];
  if (arms.length < 2) notes.fault("no-treatment");
  const total = arms.reduce((sum, { weight }) => sum + weight, 0);
  return { names: arms.map(({ name }) => name), shares: arms.map(({ weight }) => weight / total), units };
}

function checkDefinition(variants: readonly VariantInput[], notes: Notes): void {
  const names = new Set<string>();
  for (const { name, weight, isRemoved } of variants) {
    if (names.has(name)) notes.fault("names-repeat", { variant: name });
    names.add(name);
    if (!isCount(weight)) notes.fault("weights-bad", { variant: name });
    if (isRemoved) notes.warning("removed-variant", { variant: name });
  }
  const sum = variants.reduce((total, { weight }) => total + weight, 0);
  if (variants.length > 0 && Number.isFinite(sum) && Math.abs(sum - 1) > ROUNDING)
    notes.fault("weights-sum", { facts: { sum } });
}

function checkCounts(input: ExperimentInput, units: StageUnits, notes: Notes): void {
  for (const list of [input.stages ?? {}, ...(input.looks ?? [])])
    for (const stage of STAGES)
      for (const [variant, count] of Object.entries(list[stage] ?? {}))
        if (!isCount(count)) notes.fault("counts-bad", { variant, stage });
  checkNames(input, units, notes);
  let before: ReadonlyMap<string, number> | undefined;
  for (const [stage, counts] of units) {
    for (const [variant, count] of counts) {
      const earlier = before?.get(variant);
      if (earlier !== undefined && count > earlier)
        notes.fault("stages-grow", { variant, stage, facts: { before: earlier, units: count } });
    }
    before = counts;
  }
}

/** Who is counted and not defined, or defined as getting nothing. */
function checkNames({ variants, metrics }: ExperimentInput, units: StageUnits, notes: Notes): void {
  const defined = new Map(variants.map((variant) => [variant.name, variant]));
  const counted = new Map<string, number>();
  const count = (variant: string, many: unknown): void => {
    counted.set(variant, Math.max(counted.get(variant) ?? 0, isCount(many as number) ? (many as number) : 0));
  };
  for (const counts of units.values()) for (const [variant, many] of counts) count(variant, many);
  for (const { sums } of metrics) for (const [variant, { n }] of Object.entries(sums)) count(variant, n);
  for (const [variant, many] of counted) {
    const known = defined.get(variant);
    const about = { variant, facts: { units: many } };
    if (known === undefined) notes.fault("unknown-variant", about);
    else if (known.weight === 0 && !known.isRemoved && many > 0) notes.fault("zero-weight-with-units", about);
  }
}
