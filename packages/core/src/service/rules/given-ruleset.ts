import { validateRuleset } from "../../decisions/index.js";
import type { Ruleset } from "../../decisions/types.js";
import { AttuneError } from "../../kernel/errors.js";
import type { ServiceContext } from "../context.js";
import { sensitiveConditions } from "../door/sensitive.js";
import type { ServiceOptions } from "../options.js";
import { asStored } from "./as-stored.js";
import type { Rulesets } from "./ruleset.js";

/** The given ruleset is stored at the first use, as far as what is stored gives way; after a failure the next use tries again. */
export function onceLoaded(load: () => Promise<unknown>): () => Promise<void> {
  let loading: Promise<void> | null = null;
  return () => {
    loading ??= load().then(
      () => undefined,
      (error: unknown) => {
        loading = null;
        throw error;
      },
    );
    return loading;
  };
}

/** @throws ATTUNE_SERVICE_RULESET with the first issue's path. */
export function checkedRuleset({ fields }: ServiceContext, ruleset: unknown): Ruleset {
  const copied = asStored(ruleset);
  const checked = copied.ok ? validateRuleset(copied.value) : copied;
  const issues = checked.ok ? sensitiveConditions(checked.value, fields?.fields ?? []) : checked.error;
  if (checked.ok && issues.length === 0) return checked.value;
  const { path = "", message = "" } = issues[0] ?? {};
  throw new AttuneError("ATTUNE_SERVICE_RULESET", `The ruleset is not valid: ${message}`, {
    path: `/ruleset${path}`,
  });
}

/** @throws ATTUNE_SERVICE_RULESET for what is neither "keep" nor "replace". */
export function isReplacing({ onStoredRuleset = "keep" }: ServiceOptions): boolean {
  if (onStoredRuleset === "keep" || onStoredRuleset === "replace") return onStoredRuleset === "replace";
  throw new AttuneError("ATTUNE_SERVICE_RULESET", 'onStoredRuleset is "keep" or "replace".', {
    path: "/onStoredRuleset",
  });
}

/** Stores the host's ruleset as far as what is stored gives way, and reports what it should know. */
export async function loadGiven(
  { report }: ServiceContext,
  rulesets: Rulesets,
  given: Ruleset,
  replace: boolean,
): Promise<void> {
  const loaded = await rulesets.load(given, { replace });
  for (const { path, message } of loaded.ok ? loaded.value.warnings : loaded.error)
    report(
      loaded.ok
        ? new AttuneError("ATTUNE_SERVICE_RULESET_WARNING", `The ruleset, ${path}: ${message}`)
        : new AttuneError(
            "ATTUNE_SERVICE_RULESET_KEPT",
            `The given ruleset was ignored. ${message} In createPersonalizationService that is onStoredRuleset: "replace".`,
          ),
    );
}
