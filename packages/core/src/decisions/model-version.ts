import { hash } from "./hash.js";
import type { ModelFile, ModelReference } from "./model-types.js";

/**
 * What a visitor's versions of models are chosen by: one of ten thousand, told by the visitor's id. A back end that knows visitors by pseudonyms alone keeps this
 * number beside them, and so comes to the versions that the page comes to, without the id.
 *
 * @param visitorId The id that pages send.
 * @returns The decimal text of a whole number in [0, 9999].
 */
export const modelKeyOf = (visitorId: string): string =>
  // Rounded: a product of decimals is no whole number by itself.
  String(Math.round((hash("models", visitorId, 2) as number) * 10_000));

/**
 * Which version of a model is asked about a visitor: the one on trial for its share of visitors, else the one that everybody has. The same in every process, for as long
 * as the share is; raising the share moves visitors onto the trial alone.
 *
 * @param name The model's name in the ruleset, which seeds the hash: trials of several models are independent of each other.
 * @param key Who it is: what {@link modelKeyOf} says; null for nobody, who gets what everybody has.
 */
export function modelVersionFor(name: string, key: string | null, reference: ModelReference): ModelFile {
  const { canary } = reference;
  if (canary && key !== null && (hash(`model:${name}`, key, 2) as number) < canary.share) return canary;
  return reference;
}
