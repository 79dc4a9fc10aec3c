import { validateConsentPolicy } from "../consent/validate-policy.js";
import { AttuneError } from "../kernel/errors.js";
import { pointer } from "../kernel/result.js";
import type { AttuneOptions } from "./types.js";

/** The keys of each group; null where it is no group. */
const KNOWN: { readonly [K in keyof Required<AttuneOptions>]: readonly string[] | null } = {
  site: null,
  environment: null,
  consent: ["policy"],
  events: ["definitions", "minimise"],
  decisions: ["ruleset", "overrides"],
  models: null,
  delivery: ["batchSize", "intervalMs"],
  initial: null,
};

const unknownKeys = (given: object, known: readonly string[], path: string): AttuneError[] =>
  Object.keys(given)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const at = pointer(path, key);
      return new AttuneError(
        "ATTUNE_ENGINE_OPTIONS",
        `There is no option ${at}, so it does nothing. There are: ${known.join(", ")}.`,
        { path: at },
      );
    });

/** What would do nothing, or not what it says, in options of hosts that no type checker has looked at. For development. */
export function checkOptions(options: AttuneOptions): AttuneError[] {
  const found = unknownKeys(options, Object.keys(KNOWN), "");
  for (const [group, known] of Object.entries(KNOWN)) {
    const given: unknown = options[group as keyof AttuneOptions];
    if (known && typeof given === "object" && given !== null)
      found.push(...unknownKeys(given, known, pointer("", group)));
  }
  const { policy } = options.consent ?? {};
  const checked = policy === undefined ? null : validateConsentPolicy(policy);
  if (checked?.ok !== false) return found;
  return found.concat(
    checked.error.map(
      ({ path, message }) =>
        new AttuneError("ATTUNE_ENGINE_OPTIONS", `The option /consent/policy${path}: ${message}`, {
          path: `/consent/policy${path}`,
        }),
    ),
  );
}
