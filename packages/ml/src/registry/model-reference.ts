import type { ModelReference } from "@attune/core";
import type { ModelRecord, ModelVersion } from "./types.js";

/** Where a version's file lies below a server's endpoint. */
export const modelUrl = (name: string, version: string): string =>
  `/api/v1/models/${name}/${version}/model.onnx`;

/**
 * What a ruleset says of a model (`models[name]`), by what is in force; null where nothing is, so that the ruleset names none.
 *
 * @param find Versions by their hash.
 */
export function modelReference(
  { name, champion, canary }: ModelRecord,
  find: (version: string) => ModelVersion | null,
  url: (name: string, version: string) => string = modelUrl,
): ModelReference | null {
  const found = champion === null ? null : find(champion);
  if (found === null) return null;
  const { version, integrity, inputs, featuresVersion, outputs, purposes } = found;
  const trial = canary === null ? null : find(canary.version);
  return {
    ...{ version, url: url(name, version), integrity, inputs, featuresVersion, outputs, purposes },
    ...(canary !== null &&
      trial !== null && {
        canary: {
          ...{ version: trial.version, url: url(name, trial.version), integrity: trial.integrity },
          share: canary.share,
        },
      }),
  };
}
