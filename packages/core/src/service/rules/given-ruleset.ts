import { validateRuleset } from "../../decisions/index.js";
import type { Ruleset } from "../../decisions/types.js";
import { AttuneError } from "../../kernel/errors.js";
import type { Issue, Result } from "../../kernel/result.js";
import type { ServiceContext } from "../context.js";
import { sensitiveConditions } from "../door/sensitive.js";
import { checkSite } from "../layout/partitions.js";
import type { ActOptions, ServiceOptions } from "../options.js";
import type { LoadedRuleset } from "../results.js";
import type { AuditFact } from "../upkeep/audit.js";
import { asStored } from "./as-stored.js";
import type { LoadHow, Rulesets } from "./ruleset.js";

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

/** Publishes a ruleset of a site. */
export type Publish = (
  given: unknown,
  asked?: ActOptions & LoadHow,
) => Promise<Result<LoadedRuleset, Issue[]>>;

/**
 * Publishes, and notes in the audit log what was changed. Where that fails the call rejects, though the ruleset is in force: whoever tries again
 * changes nothing any more, so what is owed to the audit log is written with the site's next call.
 */
export function createPublish({ audit }: ServiceContext, rulesets: Rulesets): Publish {
  const owed = new Map<string, AuditFact[]>();
  return async (given, { site: name, actor, ...how } = {}) => {
    const site = checkSite(name);
    const loaded = await rulesets.load(site, given, how);
    const facts = owed.get(site) ?? [];
    if (loaded.ok && loaded.value.changed) {
      const { version, revision } = loaded.value;
      facts.push({ type: "ruleset", actor, detail: { version, revision } });
      owed.set(site, facts);
    }
    for (let fact = facts.shift(); fact !== undefined; fact = facts.shift()) {
      try {
        await audit.append(site, fact);
      } catch (error) {
        facts.unshift(fact);
        throw error;
      }
    }
    return loaded;
  };
}

/** Stores the host's ruleset as far as what is stored gives way, and reports what it should know. */
export async function loadGiven(
  { report }: ServiceContext,
  publish: Publish,
  given: Ruleset,
  replace: boolean,
): Promise<void> {
  const loaded = await publish(given, { replace });
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
