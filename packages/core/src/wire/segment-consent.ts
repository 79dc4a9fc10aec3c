import { isFields } from "../events/check.js";
import { PURPOSES, type Purpose } from "../consent/types.js";

/** What a consent platform calls its categories → the purposes that each of them is here. */
export type ConsentCategories = Readonly<Record<string, Purpose | readonly Purpose[]>>;

type Answer = readonly [category: string, allowed: boolean];

/** Segment's form: a yes or no by category. */
function preferences(consent: unknown): Answer[] {
  const given = isFields(consent) ? consent["categoryPreferences"] : undefined;
  return isFields(given)
    ? Object.entries(given).map(([category, allowed]): Answer => [category, allowed === true])
    : [];
}

/** RudderStack's form: categories that are allowed, and those that are denied. */
function lists(management: unknown): Answer[] {
  if (!isFields(management)) return [];
  const named = (key: string, allowed: boolean): Answer[] => {
    const given = management[key];
    return Array.isArray(given)
      ? given.filter((id) => typeof id === "string").map((id): Answer => [id, allowed])
      : [];
  };
  return [...named("allowedConsentIds", true), ...named("deniedConsentIds", false)];
}

function purposesIn(category: string, categories: ConsentCategories): readonly Purpose[] {
  const mapped = Object.hasOwn(categories, category) ? categories[category] : undefined;
  if (mapped !== undefined) return typeof mapped === "string" ? [mapped] : mapped;
  const own = category.trim().toLowerCase();
  return PURPOSES.filter((purpose) => purpose === own);
}

/**
 * The snapshot that a message's context states, as a list of purposes; undefined where it states none, so that the stored decision or the
 * site's policy holds.
 *
 * - Categories that are purposes here, by name or by the host's mapping: those allowed are granted, all else is not. A purpose that one
 *   category allows and another denies is denied.
 * - Categories none of which is known, and one of them denied: nothing but what is necessary. What was refused cannot be told, so all of it
 *   counts as refused.
 * - Categories none of which is known, all allowed: as if nothing was stated, since nobody said what was agreed to.
 */
export function segmentConsent(
  context: Readonly<Record<string, unknown>>,
  categories: ConsentCategories = {},
): Purpose[] | undefined {
  const answers = [...preferences(context["consent"]), ...lists(context["consentManagement"])];
  const said = new Map<Purpose, boolean>();
  for (const [category, allowed] of answers)
    for (const purpose of purposesIn(category, categories))
      said.set(purpose, allowed && said.get(purpose) !== false);
  if (said.size === 0) return answers.some(([, allowed]) => !allowed) ? ["necessary"] : undefined;
  return PURPOSES.filter((purpose) => purpose === "necessary" || said.get(purpose) === true);
}
