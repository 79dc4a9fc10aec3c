import { type RandomSource, seededRandom } from "@attune/core";
import type { ModelMetadata } from "../model/types.js";

/** Metadata of a model of so many inputs and outputs. */
export const metadataOf = (inputs: number, outputs = 1): ModelMetadata => ({
  name: "made-for-a-test",
  features: Array.from({ length: inputs }, (_, j) => `x${j}`),
  featuresVersion: null,
  purposes: ["personalization"],
  label: "what a test asks",
  outputs: Array.from({ length: outputs }, (_, k) => `class-${k}`),
  trainedOn: null,
});

/** A normal number (Box and Muller 1958). */
export const normal = (random: RandomSource): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Rows of d normal numbers with labels drawn by a log-odds of theirs. */
export function drawn(
  rows: number,
  columns: number,
  by: { seed: number; logOdds: (row: readonly number[]) => number },
): { points: number[][]; labels: Uint8Array } {
  const random = seededRandom(by.seed);
  const points = Array.from({ length: rows }, () => Array.from({ length: columns }, () => normal(random)));
  const labels = Uint8Array.from(points, (row) => (random() < 1 / (1 + Math.exp(-by.logOdds(row))) ? 1 : 0));
  return { points, labels };
}
