import type * as Ml from "../../packages/ml/src/index.js";

export function learnerFunctions(
  ml: Pick<
    typeof Ml,
    | "adwin"
    | "agreementWeight"
    | "attribution"
    | "estimateLinks"
    | "linkProbability"
    | "markovTransitions"
    | "nextAction"
    | "pageHinkley"
    | "probabilityOfWeight"
    | "shapleyOfRates"
    | "shapleyValues"
  >,
  datasets?: Record<string, { digits?: string }>,
): Record<string, (input: Record<string, unknown>) => unknown>;
