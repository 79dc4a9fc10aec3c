import { reportingFailures } from "../../decisions/decision-failure.js";
import { compileRuleset, lintRuleset, validateRuleset } from "../../decisions/index.js";
import type { CompiledRuleset, Ruleset } from "../../decisions/types.js";
import { engagementScore, intentScore } from "../../engagement/index.js";
import { AttuneError } from "../../kernel/errors.js";
import { fail, type Issue, ok, type Result } from "../../kernel/result.js";
import type { StoreRecord } from "../../ports/store.js";
import { compileAssessment } from "../../segments/index.js";
import { features } from "../../state/index.js";
import type { VisitorState } from "../../state/types.js";
import { type CacheCounts, count, type Lookup, noCounts, snapshot } from "../cache/cache-counts.js";
import type { ServiceContext } from "../context.js";
import { sensitiveConditions } from "../door/sensitive.js";
import type { Evaluate } from "../fold/fold-visitor.js";
import { checkSite, metaPartition, SORT } from "../layout/partitions.js";
import { publish } from "../live/frames.js";
import { notify } from "../live/notices.js";
import type { ActOptions } from "../options.js";
import { untilWritten } from "../tools/retry.js";
import type { LoadedRuleset } from "../types.js";
import { asStored } from "./as-stored.js";

/** A site's rules, ready to be used. */
export interface SiteRules {
  compiled: CompiledRuleset | null;
  evaluate: Evaluate;
}

export interface LoadHow extends ActOptions {
  /** Whatever the revision; it gets the one after the stored one's where it is not higher by itself. */
  replace?: boolean | undefined;
  /** What the version of the ruleset that it replaces must fulfil; null: there is none. */
  over?: ((version: string | null) => boolean) | undefined;
}

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
  /** Look into the store again at the next use; null: for every site. */
  stale(site: string | null): void;
}

/** How long a site's rules are used without looking whether another process has published newer ones, ms. */
const FRESH_MS = 5_000;
const LONG_AGO = Number.NEGATIVE_INFINITY;

/** What conditions can read of a visitor beyond the state's own attributes. */
export function extraAttributes(
  state: VisitorState,
  traits: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const vector = features(state);
  return { scores: { engagement: engagementScore(vector).value, intent: intentScore(vector).value }, traits };
}

function rulesOf(compiled: CompiledRuleset | null): SiteRules {
  const { segments = [], groups } = compiled?.ruleset ?? {};
  const { assess } = compileAssessment(segments, groups === undefined ? {} : { groups });
  return {
    compiled,
    evaluate: (state, previous, traits, purposes) =>
      assess({ state, previous, purposes, extra: () => extraAttributes(state, traits) }),
  };
}

/** `ruleset`, and under `r/{revision}` each one that was published before. As text: the order of keys means something, and not every store keeps it. */
interface StoredRuleset {
  v: 1;
  revision: number;
  version: string;
  text: string;
  /** When it was published, epoch ms. */
  at: number;
  /** Who published it, for as long as that is not in the audit log. */
  unaudited?: string;
}

type Noted = Pick<StoreRecord<StoredRuleset>, "value" | "version">;

const historyKey = (revision: number): string => SORT.rulesetHistory + String(revision).padStart(16, "0");

/** A site's rules as they were: of each moment those that were in force. */
export async function rulesTimeline(
  { durable, report }: Pick<ServiceContext, "durable" | "report">,
  site: string,
): Promise<(at: number) => SiteRules> {
  const partition = metaPartition(site);
  const published = new Map<number, StoredRuleset>();
  const present = await durable.get<StoredRuleset>(partition, SORT.ruleset);
  if (present !== null) published.set(present.value.revision, present.value);
  // Last, so that what is replaced meanwhile is found in the one place or the other.
  for await (const { value } of durable.scan<StoredRuleset>(partition, { prefix: SORT.rulesetHistory }))
    published.set(value.revision, value);
  const inOrder = [...published.values()].sort((a, b) => a.at - b.at || a.revision - b.revision);
  const past: { at: number; rules: SiteRules }[] = [];
  for (const { at, text } of inOrder) {
    try {
      past.push({ at, rules: rulesOf(compileRuleset(JSON.parse(text) as Ruleset)) });
    } catch (error) {
      report(error);
    }
  }
  const none = rulesOf(null);
  return (at) => {
    let [after, to] = [0, past.length];
    while (after < to) {
      const middle = (after + to) >>> 1;
      if ((past[middle] as { at: number }).at <= at) after = middle + 1;
      else to = middle;
    }
    return past[after - 1]?.rules ?? none;
  };
}

interface Entry {
  rules: SiteRules;
  /** The stored one's, also where that cannot be compiled. */
  version: string | null;
  checkedAt: number;
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

function missOf(known: Entry | undefined): Lookup {
  if (known === undefined) return "compulsory";
  return known.checkedAt === LONG_AGO ? "invalidated" : "expired";
}

/** Rulesets by site: stored as documents, compiled once per version, looked at again when announced or after some seconds. */
export function createRulesets(context: ServiceContext): Rulesets {
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
    entries.set(site, { rules, version, checkedAt: began === epoch ? clock.now() : LONG_AGO });
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

  /** As it would be stored over what is there: null where that is the same already. */
  const over = (present: StoredRuleset | undefined, ruleset: Ruleset, replace: boolean): Ruleset | null => {
    if (!present) return ruleset;
    const { version, revision } = present;
    const same = replace ? { ...ruleset, revision } : ruleset;
    if (compileRuleset(same).version === version) return null;
    return replace && ruleset.revision <= revision ? { ...ruleset, revision: revision + 1 } : ruleset;
  };

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

  async function store(
    site: string,
    given: Ruleset,
    { actor = "system", replace = false, over: mayReplace = () => true }: LoadHow,
  ): Promise<Result<LoadedRuleset, Issue[]>> {
    const partition = metaPartition(site);
    const warnings = lintRuleset(given);
    const attempt = async (): Promise<Result<LoadedRuleset, Issue[]> | null> => {
      const began = epoch;
      const present = await durable.get<StoredRuleset>(partition, SORT.ruleset);
      if (present?.value.unaudited !== undefined) {
        await note(site, present);
        return null;
      }
      if (!mayReplace(present?.value.version ?? null)) return fail([CHANGED]);
      const ruleset = over(present?.value, given, replace);
      if (present && ruleset === null) {
        const { version, revision } = present.value;
        remember(site, { compiled: compiledOf(present.value), version }, began);
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
      remember(site, { compiled, version }, began);
      overtake(site);
      await notify(context, { about: "ruleset", site });
      await publish(context, site, [{ type: "ruleset", site, version }]);
      await note(site, { value, version: put.version });
      return ok({ version, revision, changed: true, warnings });
    };
    return untilWritten(attempt, context.random);
  }

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
      return context.queue(metaPartition(site), () => store(site, checked.value, how));
    },
    stale(site) {
      overtake(site);
      for (const [name, entry] of entries) if (site === null || site === name) entry.checkedAt = LONG_AGO;
    },
  };
}
