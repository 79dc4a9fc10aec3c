import { reportingFailures } from "../../decisions/decision-failure.js";
import { compileRuleset, lintRuleset } from "../../decisions/index.js";
import type { CompiledRuleset, Ruleset } from "../../decisions/types.js";
import { fail, type Issue, ok, type Result } from "../../kernel/result.js";
import type { StoreRecord } from "../../ports/store.js";
import type { ServiceContext } from "../context.js";
import { metaPartition, SORT } from "../layout/partitions.js";
import { publish } from "../live/frames.js";
import { notify } from "../live/notices.js";
import type { ActOptions } from "../options.js";
import { untilWritten } from "../tools/retry.js";
import type { LoadedRuleset } from "../types.js";
import { historyKey, type StoredRuleset } from "./stored-ruleset.js";

export interface LoadHow extends ActOptions {
  /** Whatever the revision; it gets the one after the stored one's where it is not higher by itself. */
  replace?: boolean | undefined;
  /** What the version of the ruleset that it replaces must fulfil; null: there is none. */
  over?: ((version: string | null) => boolean) | undefined;
}

type Noted = Pick<StoreRecord<StoredRuleset>, "value" | "version">;

/** What this process holds of the rulesets in use, as far as a publication has to do with it. */
export interface HeldRulesets {
  /** Rises whenever what is being read or written may be overtaken. */
  epoch(): number;
  compiledOf(stored: StoredRuleset): CompiledRuleset | null;
  remember(
    site: string,
    held: { compiled: CompiledRuleset | null; version: string | null },
    began: number,
  ): void;
  overtake(site: string): void;
}

const CHANGED: Issue = {
  path: "",
  code: "ATTUNE_SERVICE_RULESET_CHANGED",
  message: "Another ruleset is published than the one that this was to replace; read it and decide anew.",
};

const notNewer = (stored: number, given: number): Issue => ({
  path: "/revision",
  code: "ATTUNE_SERVICE_RULESET_NOT_NEWER",
  message: `The stored ruleset has revision ${stored}, this one ${given}, and they differ. Give it a revision above ${stored}, or publish it whatever its revision (\`loadRuleset(ruleset, { replace: true })\`).`,
});

/** As it would be stored over what is there: null where that is the same already. */
const over = (present: StoredRuleset | undefined, ruleset: Ruleset, replace: boolean): Ruleset | null => {
  if (!present) return ruleset;
  const { version, revision } = present;
  const same = replace ? { ...ruleset, revision } : ruleset;
  if (compileRuleset(same).version === version) return null;
  return replace && ruleset.revision <= revision ? { ...ruleset, revision: revision + 1 } : ruleset;
};

/** Publishes rulesets that are valid: each once, in the order of their revisions, and noted in the audit log. */
export function createPublisher(context: ServiceContext, held: HeldRulesets) {
  const { durable, clock } = context;

  /** Once, though another process may be at it, and whatever ends in between. */
  async function note(site: string, { value, version: ifVersion }: Noted): Promise<void> {
    const { unaudited, ...noted } = value;
    if (unaudited === undefined) return;
    const { version, revision } = value;
    await context.audit.append(
      site,
      { type: "ruleset", actor: unaudited, detail: { version, revision } },
      ({ type, detail }) => type === "ruleset" && detail.version === version && detail.revision === revision,
    );
    await durable.put(metaPartition(site), SORT.ruleset, noted, { ifVersion });
  }

  async function publishRuleset(
    site: string,
    given: Ruleset,
    { actor = "system", replace = false, over: mayReplace = () => true }: LoadHow,
  ): Promise<Result<LoadedRuleset, Issue[]>> {
    const partition = metaPartition(site);
    const warnings = lintRuleset(given);
    const attempt = async (): Promise<Result<LoadedRuleset, Issue[]> | null> => {
      const began = held.epoch();
      const present = await durable.get<StoredRuleset>(partition, SORT.ruleset);
      if (present?.value.unaudited !== undefined) {
        await note(site, present);
        return null;
      }
      if (!mayReplace(present?.value.version ?? null)) return fail([CHANGED]);
      const ruleset = over(present?.value, given, replace);
      if (present && ruleset === null) {
        const { version, revision } = present.value;
        held.remember(site, { compiled: held.compiledOf(present.value), version }, began);
        return ok({ version, revision, changed: false, warnings });
      }
      const text = JSON.stringify(ruleset);
      const compiled = compileRuleset(JSON.parse(text) as Ruleset, reportingFailures(context.report));
      const { version } = compiled;
      const { revision } = compiled.ruleset;
      const stored = present?.value.revision ?? Number.NEGATIVE_INFINITY;
      if (revision <= stored) return fail([notNewer(stored, revision)]);
      // First: whatever dies in between, a rebuild finds each ruleset that was in force.
      if (present) await durable.put(partition, historyKey(stored), present.value, { ifVersion: 0 });
      const value: StoredRuleset = { v: 1, revision, version, text, at: clock.now(), unaudited: actor };
      const put = await durable.put(partition, SORT.ruleset, value, { ifVersion: present?.version ?? 0 });
      if (!put.written) return null;
      held.remember(site, { compiled, version }, began);
      held.overtake(site);
      await notify(context, { about: "ruleset", site });
      await publish(context, site, [{ type: "ruleset", site, version }]);
      await note(site, { value, version: put.version });
      return ok({ version, revision, changed: true, warnings });
    };
    return untilWritten(attempt, context.random);
  }

  return publishRuleset;
}
