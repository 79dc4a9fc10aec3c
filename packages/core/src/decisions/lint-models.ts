import { pointer } from "../kernel/result.js";
import type { AttributeDefinition } from "../state/attribute-definitions.js";
import { FEATURES_VERSION } from "../state/features.js";
import type { Report } from "./report.js";
import type { Ruleset } from "./types.js";

/** What conditions can read of the ruleset's models. */
export const scoresOf = ({ models = {} }: Pick<Ruleset, "models">): AttributeDefinition[] =>
  Object.entries(models).flatMap(([name, { outputs }]) => {
    const paths = outputs.length > 1 ? outputs.map((output) => `${name}.${output}`) : [name];
    return paths.map(
      (path): AttributeDefinition => ({
        name: `scores.${path}`,
        type: "number",
        unit: "share",
        range: [0, 1],
        description: `What the model ${name} says.`,
      }),
    );
  });

/** Models of a valid ruleset that nobody will ever ask, or whose score nobody reads. */
export function lintModels(report: Report, { models = {}, ...rest }: Ruleset): void {
  const read = JSON.stringify(rest);
  for (const [name, { featuresVersion }] of Object.entries(models)) {
    const at = pointer("/models", name);
    if (featuresVersion === null)
      report.add(
        `${at}/featuresVersion`,
        "NO_FEATURES",
        "It reads none of the features, which are all that pages and servers hand to a model: it is never asked. Train it on features to have it score visitors.",
      );
    else if (featuresVersion !== FEATURES_VERSION)
      report.add(
        `${at}/featuresVersion`,
        "OTHER_FEATURES",
        `It was trained on features of the version ${featuresVersion}, and this library reads ${FEATURES_VERSION}: it is never asked. Train it again with this version of the library.`,
      );
    if (!read.includes(`"scores.${name}`) && !read.includes('"scores":'))
      report.add(
        at,
        "UNREAD_MODEL",
        `No condition reads scores.${name}, and each page fetches the model all the same.`,
      );
  }
}
