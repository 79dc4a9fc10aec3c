import { reportingFailures } from "../../decisions/decision-failure.js";
import { compileRuleset, validateRuleset } from "../../decisions/index.js";
import type { CompiledRuleset, Ruleset } from "../../decisions/types.js";
import { AttuneError } from "../../kernel/errors.js";
import { fail, type Issue, type Result } from "../../kernel/result.js";
import { type CacheCounts, count, type Lookup, noCounts, snapshot } from "../cache/cache-counts.js";
import type { ServiceContext } from "../context.js";
import { sensitiveConditions } from "../door/sensitive.js";
import { checkSite, metaPartition, SORT } from "../layout/partitions.js";
import type { LoadedRuleset } from "../types.js";
import { asStored } from "./as-stored.js";
import { createPublisher, type LoadHow } from "./publish-ruleset.js";
import { rulesOf, type SiteRules } from "./site-rules.js";
import type { StoredRuleset } from "./stored-ruleset.js";

export interface Rulesets {
  counts(): CacheCounts;
  of(site: string): Promise<SiteRules>;
  /** What was last in use here, however old; null where nothing was. */
  held(site: string): CompiledRuleset | null;
  /**
   * Publishes, and notes in the audit log what has changed. Where that note fails the call rejects, though the ruleset is in force: the note is then
   * made by the site's next call, of whatever process.
   */
  load(ruleset: unknown, how?: LoadHow): Promise<Result<LoadedRuleset, Issue[]>>;
  /** Looks for newer rules now, where anybody waits to hear of them. */
  look(site: string): void;
  /** Look into the store again at the next use; null: for every site. */
  stale(site: string | null): void;
}

/** How long a site's rules are used without looking whether another process has published newer ones, ms. */
const FRESH_MS = 5_000;
const LONG_AGO = Number.NEGATIVE_INFINITY;

interface Entry {
  rules: SiteRules;
  /** The stored one's, also where that cannot be compiled. */
  version: string | null;
  checkedAt: number;
}

function missOf(known: Entry | undefined): Lookup {
  if (known === undefined) return "compulsory";
  return known.checkedAt === LONG_AGO ? "invalidated" : "expired";
}

/** Rulesets by site: stored as documents, compiled once per version, looked at again when announced or after some seconds. */
/** @param onChange Told of each site whose rules are others than those that were in use here. */
export function createRulesets(context: ServiceContext, onChange?: (site: string) => void): Rulesets {
  const { durable, clock } = context;
  const entries = new Map<string, Entry>();
  const looking = new Map<string, Promise<SiteRules>>();
  const counts = noCounts();
  /** Rises with every load and every word of a newer one, so that what was being read or written meanwhile does not count as fresh. */
  let epoch = 0;

  const remember = (
    site: string,
    { compiled, version }: { compiled: CompiledRuleset | null; version: string | null },
    began: number,
  ): SiteRules => {
    const rules = rulesOf(compiled);
    const isNew = entries.get(site)?.version !== version;
    entries.set(site, { rules, version, checkedAt: began === epoch ? clock.now() : LONG_AGO });
    if (isNew && version !== null) onChange?.(site);
    return rules;
  };

  /** A stored ruleset that cannot be used, of a later version perhaps, costs this site its decisions and nobody anything else. */
  const compiledOf = ({ text }: StoredRuleset): CompiledRuleset | null => {
    try {
      const compiled = compileRuleset(JSON.parse(text) as Ruleset, reportingFailures(context.report));
      const [unreadable] = sensitiveConditions(compiled.ruleset, context.fields?.fields ?? []);
      if (unreadable)
        context.report(new AttuneError("ATTUNE_SERVICE_SENSITIVE", unreadable.message, unreadable));
      return compiled;
    } catch (error) {
      context.report(error);
      return null;
    }
  };

  async function look(site: string): Promise<SiteRules> {
    let began: number;
    let stored: StoredRuleset | null;
    do {
      began = epoch;
      stored = (await durable.get<StoredRuleset>(metaPartition(site), SORT.ruleset))?.value ?? null;
      // What was read may be older than what is known by now.
    } while (began !== epoch);
    const known = entries.get(site);
    const version = stored?.version ?? null;
    if (known?.version === version) {
      known.checkedAt = clock.now();
      return known.rules;
    }
    return remember(site, { compiled: stored === null ? null : compiledOf(stored), version }, began);
  }

  /** The clock may be set back, too. */
  const isFresh = ({ checkedAt }: Entry): boolean => Math.abs(clock.now() - checkedAt) < FRESH_MS;

  function of(site: string): Promise<SiteRules> {
    const known = entries.get(site);
    if (known !== undefined && isFresh(known)) {
      count(counts, "hit");
      return Promise.resolve(known.rules);
    }
    const pending = looking.get(site);
    // One read for all who ask meanwhile.
    count(counts, pending === undefined ? missOf(known) : "hit");
    if (pending !== undefined) return pending;
    const begun = look(site).finally(() => {
      if (looking.get(site) === begun) looking.delete(site);
    });
    looking.set(site, begun);
    return begun;
  }

  /** Whoever asks from now on does not get what is being read. */
  const overtake = (site: string | null): void => {
    epoch++;
    if (site === null) looking.clear();
    else looking.delete(site);
  };

  const publishRuleset = createPublisher(context, { epoch: () => epoch, compiledOf, remember, overtake });

  return {
    of,
    held: (site) => entries.get(site)?.rules.compiled ?? null,
    counts: () => snapshot(counts),
    async load(input, how = {}) {
      const site = checkSite(how.site);
      const copied = asStored(input);
      const checked = copied.ok ? validateRuleset(copied.value) : copied;
      if (!checked.ok) return checked;
      const unreadable = sensitiveConditions(checked.value, context.fields?.fields ?? []);
      if (unreadable.length > 0) return fail(unreadable);
      // One at a time, so that only processes compete.
      return context.queue(metaPartition(site), () => publishRuleset(site, checked.value, how));
    },
    look(site) {
      // What fails is asked again by the next use.
      if (onChange !== undefined) void of(site).catch(() => undefined);
    },
    stale(site) {
      overtake(site);
      for (const [name, entry] of entries) if (site === null || site === name) entry.checkedAt = LONG_AGO;
    },
  };
}
