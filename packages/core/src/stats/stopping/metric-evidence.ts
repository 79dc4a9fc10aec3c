import { type MetricPriors, modelOf } from "../models/model-of.js";
import type { Model } from "../models/model.js";
import type { MetricSums } from "../models/sums.js";
import type { Direction, MetricEvidence } from "./types.js";

/** How a metric is to be read. */
export interface MetricReading {
  readonly metric: string;
  readonly direction?: Direction;
  readonly margin?: number;
}

/** Evidence from the sums of two variants. @throws AttuneError `ATTUNE_STATS_INPUT` for sums that cannot be */
export const metricEvidence = (
  reading: MetricReading & { readonly priors?: MetricPriors },
  control: MetricSums,
  treatment: MetricSums,
): MetricEvidence => evidenceOf(reading, modelOf([control, treatment], reading.priors), 0, 1);

/** Evidence from a model that has both variants among its arms. */
export function evidenceOf(
  { metric, direction = "increase", margin }: MetricReading,
  model: Model,
  control: number,
  treatment: number,
): MetricEvidence {
  return {
    ...{ metric, direction, contrast: model.contrast(control, treatment) },
    ...(margin !== undefined && { margin }),
    expectedLoss() {
      const { lossOfA, lossOfB } = model.compare(control, treatment);
      return direction === "increase" ? lossOfB : lossOfA;
    },
  };
}
