import {
  AttuneError,
  compileRuleset,
  type InitialState,
  type Ruleset,
  type RulesetDocument,
  STATE_VERSION,
} from "@attune/core";
import { reachableVariants, variantDecision } from "@attune/core/decisions";
import { decodeVariants, encodeVariants } from "./variants-code.js";

/** Of 255, which file systems take: Next puts an ending to it. */
const MAX_NAME = 230;

export interface PrecomputedOptions {
  /** What was decided by, for the values of the variants. */
  ruleset: Ruleset | RulesetDocument;
  /** As given to `withAttune({ variants })`. */
  secret?: string;
}

/**
 * The initial state of a page that is made once per variant, from the code in its path: for `<PersonalizationHydration initial={…}>`. It
 * holds what was decided and nothing of any visitor, so that the page may lie in a shared cache; consent and behaviour are the device's to
 * tell.
 *
 * @returns Null where the code is none, or not signed with the secret: answer that with `notFound()`.
 */
export async function precomputed(
  code: string,
  { ruleset: document, secret }: PrecomputedOptions,
): Promise<InitialState | null> {
  const read = await decodeVariants(code, secret);
  if (read === null) return null;
  const compiled = compileRuleset(document);
  const { rulesetVersion } = read;
  // Of another version's variants this one knows neither the values nor by what chance they were drawn.
  const shown = (variant: string | null): string | null =>
    rulesetVersion === compiled.version ? variant : null;
  return {
    ruleset: compiled.ruleset,
    rulesetVersion: compiled.version,
    stateVersion: STATE_VERSION,
    decisions: Object.fromEntries(
      Object.entries(read.variants).map(([slot, variant]) => [
        slot,
        // Told as what decided it, so that the device decides by the ruleset that is here as soon as it can.
        { ...variantDecision(compiled, slot, shown(variant)), rulesetVersion },
      ]),
    ),
    segments: {},
    consent: null,
    region: read.region,
    // Of nobody's visit; the device's own clock counts.
    now: 0,
  };
}

/**
 * The codes of all that these slots can show together, for `generateStaticParams`: the product of the variants that their policies give, each
 * slot with its fallback. A host with many of them lists the likely ones itself.
 *
 * @param slots As given to `withAttune({ variants: { pages } })` for the page.
 * @throws AttuneError `ATTUNE_REACT_VARIANT_PAGES` where a code is longer than the name of a file may be, under which Next keeps the page.
 */
export async function precomputedCodes(
  slots: readonly string[],
  { ruleset: document, secret, region = null }: PrecomputedOptions & { region?: string | null },
): Promise<string[]> {
  const { ruleset, version: rulesetVersion } = compileRuleset(document);
  let combinations: Record<string, string | null>[] = [{}];
  for (const slot of slots) {
    const policy = Object.hasOwn(ruleset.slots, slot) ? ruleset.slots[slot]?.policy : undefined;
    const shown = [null, ...(policy ? reachableVariants(policy) : [])];
    combinations = combinations.flatMap((variants) =>
      shown.map((variant) => ({ ...variants, [slot]: variant })),
    );
  }
  const codes = await Promise.all(
    combinations.map((variants) => encodeVariants({ rulesetVersion, region, variants }, secret)),
  );
  const longest = Math.max(...codes.map((code) => code.length));
  if (longest > MAX_NAME)
    throw new AttuneError(
      "ATTUNE_REACT_VARIANT_PAGES",
      `The codes of ${slots.length} slots have up to ${longest} characters, and Next keeps each page in a file of that name, which may have ${MAX_NAME}. Name fewer slots for the page, give slots and variants shorter names, or leave the page out of \`generateStaticParams\`.`,
    );
  return codes;
}
