import type * as Stats from "../../packages/core/src/stats/index.js";

type Random = () => number;
export interface Kind {
  empty(): Record<string, unknown>;
  add(sums: Record<string, unknown>, random: Random, units: number, lift: number): void;
}
export function randomOf(seed: number): Random;
export function binomial(random: Random, n: number, rate: number): number;
export function normal(random: Random): number;
export function gamma(random: Random, shape: number): number;
export function beta(random: Random, a: number, b: number): number;
export function rate(base: number): Kind;
export function revenue(share: number, sigma: number): Kind;
export function lookingBack(share: number, sigma: number, returning: number): Kind;
export function adjusted(mean: number, sd: number): Kind;
export function runExperiments(
  stats: typeof Stats,
  simulation: {
    runs: number;
    looks: number;
    perLook: readonly number[];
    primary: Kind;
    guardrails?: readonly Kind[];
    lift?: number;
    rule?: Stats.StoppingOptions;
    seed?: number;
  },
): {
  runs: number;
  looks: number;
  winner: number;
  harm: number;
  noDifference: number;
  medianLook: number | null;
};
export function plainRule(
  stats: typeof Stats,
  simulation: { runs: number; looks: number; perLook: number; base: number; seed?: number },
): number;
export function sampleRatios(
  stats: typeof Stats,
  simulation: {
    runs: number;
    looks: number;
    perLook: number;
    shares: readonly number[];
    rendered?: number;
    delivered?: number;
    broken?: number;
    seed?: number;
  },
): { alarms: number; at: Record<string, number> };
export function coverage(
  stats: typeof Stats,
  simulation: { runs: number; seed?: number },
): Record<string, number>;
