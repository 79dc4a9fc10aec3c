import { AttuneError } from "@attune/core";
import { ELEMENT, type OnnxModel, type OnnxValue } from "./format/types.js";

const isScore = ({ element }: OnnxValue): boolean =>
  // 0: a sequence of maps, as converters of scikit-learn write probabilities.
  element === ELEMENT.float || element === ELEMENT.double || element === 0;

/**
 * The output that holds scores: the one asked for, or the only one of fractional numbers; among several, the one named for probabilities.
 *
 * @throws AttuneError `ATTUNE_ML_ONNX_OUTPUT` if there is none, or more than one could be meant.
 */
export function scoresOutput({ outputs }: OnnxModel, name?: string): OnnxValue {
  const named = outputs.find((output) => output.name === name);
  const possible = outputs.filter(isScore);
  const likely = possible.filter((output) => /prob|score/i.test(output.name));
  const found =
    name === undefined
      ? possible.length === 1
        ? possible[0]
        : likely.length === 1
          ? likely[0]
          : undefined
      : named;
  if (found) return found;
  throw new AttuneError(
    "ATTUNE_ML_ONNX_OUTPUT",
    `Which output holds the scores? This model has: ${outputs.map((output) => output.name).join(", ") || "none"}. Name one with \`output\`.`,
  );
}
