import { AttuneError } from "@attune/core";
import type { RawScorer } from "./raw-scorer.js";
import type { LinearModel } from "./types.js";

/** Weighted sums of rows: n × outputs log-odds. O(inputs × outputs) a row. @throws AttuneError `ATTUNE_ML_BAD_MODEL`. */
export function compileLinear({ inputs, outputs, weights, intercepts }: LinearModel): RawScorer {
  if (weights.length !== inputs * outputs || intercepts.length !== outputs || outputs < 1) {
    throw new AttuneError(
      "ATTUNE_ML_BAD_MODEL",
      `A linear model of ${inputs} inputs and ${outputs} outputs needs ${inputs * outputs} weights and ${outputs} intercepts.`,
      { path: "/model/weights" },
    );
  }
  return (rows, out) => {
    const count = rows.length / inputs;
    for (let row = 0; row < count; row++) {
      for (let output = 0; output < outputs; output++) {
        let sum = intercepts[output] as number;
        for (let j = 0; j < inputs; j++)
          sum += (weights[output * inputs + j] as number) * (rows[row * inputs + j] as number);
        out[row * outputs + output] = sum;
      }
    }
  };
}
