import type { Ruleset } from "../../decisions/types.js";
import { SEGMENT_FLOOR } from "../figures/segment-floor.js";
import { segmentSize } from "../figures/summary.js";
import { fail, type Issue, pointer, type Result } from "../../kernel/result.js";
import type { ServiceContext } from "../context.js";
import { checkSite } from "../layout/partitions.js";
import type { LoadedRuleset, SegmentChangeOptions, SegmentsService } from "../types.js";
import { segmentAll, segmentationOf } from "../upkeep/segmentation.js";
import type { Rulesets } from "./ruleset.js";

/** Publications that may come in between before a change gives up. */
const TRIES = 5;

interface Parts {
  rulesets: Rulesets;
  ready(): Promise<void>;
}

const issue = (path: string, what: string, message: string): Issue => ({
  ...{ path, code: `ATTUNE_SEGMENT_${what}`, message },
});

/** Whether a rule asks for the segment: names of segments stand in rules alone, wherever they are combined. */
function usersOf({ slots }: Ruleset, name: string): string[] {
  const asks = (expression: unknown): boolean =>
    typeof expression === "string"
      ? expression === name
      : typeof expression === "object" && expression !== null && Object.values(expression).some(asks);
  return Object.entries(slots).flatMap(([slot, { policy }]) =>
    policy.type === "rules" && policy.rules.some(({ segment }) => asks(segment)) ? [slot] : [],
  );
}

const EMPTY: Ruleset = { schemaVersion: 1, revision: 0, slots: {} };

/** Segments one by one: each change publishes the ruleset that it makes of the one in force. */
export function createSegments(context: ServiceContext, { rulesets, ready }: Parts): SegmentsService {
  const rulesetOf = async (site: string | undefined): Promise<Ruleset | null> => {
    await ready();
    return (await rulesets.of(checkSite(site))).compiled?.ruleset ?? null;
  };
  /** Publishes what `make` makes of the ruleset in force, unless another one came in between: then again, of that one. */
  const change = async (
    make: (ruleset: Ruleset) => Result<Ruleset, Issue[]>,
    { site: given, actor, over = () => true }: SegmentChangeOptions,
  ): Promise<Result<LoadedRuleset, Issue[]>> => {
    const site = checkSite(given);
    await ready();
    let last: Result<LoadedRuleset, Issue[]> | null = null;
    for (let i = 0; i < TRIES; i++) {
      // What is held here may be some seconds old.
      if (i > 0) rulesets.stale(site);
      const { compiled } = await rulesets.of(site);
      const made = make(compiled?.ruleset ?? EMPTY);
      if (!made.ok) return made;
      const version = compiled?.version ?? null;
      last = await rulesets.load(made.value, {
        ...{ site, replace: true, ...(actor !== undefined && { actor }) },
        over: (present) => present === version && over(present),
      });
      if (last.ok || !last.error.some(({ code }) => code === "ATTUNE_SERVICE_RULESET_CHANGED")) return last;
      const present = (await rulesets.of(site)).compiled?.version ?? null;
      if (present === version && !over(present)) return last;
    }
    return last as Result<LoadedRuleset, Issue[]>;
  };

  return {
    list: async ({ site } = {}) => (await rulesetOf(site))?.segments ?? [],
    get: async (name, { site } = {}) =>
      (await rulesetOf(site))?.segments?.find((one) => one.name === name) ?? null,
    async define(definition, options = {}) {
      const name = (definition as { name?: unknown } | null)?.name;
      let index = 0;
      const done = await change((ruleset) => {
        const { segments = [] } = ruleset;
        const at = segments.findIndex((one) => one.name === name);
        index = at < 0 ? segments.length : at;
        const next = [...segments];
        next[index] = definition as (typeof next)[number];
        return { ok: true, value: { ...ruleset, revision: ruleset.revision + 1, segments: next } };
      }, options);
      if (done.ok) return done;
      // What is wrong is told of what was given, not of where it would stand.
      const prefix = `/segments/${index}`;
      return fail(
        done.error.map((one) =>
          one.path.startsWith(prefix) ? { ...one, path: one.path.slice(prefix.length) } : one,
        ),
      );
    },
    remove: async (name, options = {}) =>
      change((ruleset) => {
        const { segments = [] } = ruleset;
        if (!segments.some((one) => one.name === name))
          return fail([issue("", "UNKNOWN", "There is no segment of this name.")]);
        const [user] = usersOf(ruleset, name);
        if (user !== undefined)
          return fail([
            issue(pointer("/slots", user), "IN_USE", "A rule asks for this segment. Change the rule first."),
          ]);
        const left = segments.filter((one) => one.name !== name);
        return { ok: true, value: { ...ruleset, revision: ruleset.revision + 1, segments: left } };
      }, options),
    async size(name, { site: given, floor = SEGMENT_FLOOR } = {}) {
      const site = checkSite(given);
      const [counted, ruleset] = await Promise.all([segmentSize(context, site, name), rulesetOf(site)]);
      const isKnown = ruleset?.segments?.some((one) => one.name === name) ?? false;
      if (counted === null && !isKnown) return null;
      const size = counted ?? 0;
      return size < floor
        ? { segment: name, size: null, reason: "too-few", floor }
        : { segment: name, size, reason: null, floor };
    },
    evaluate: async ({ site: given, signal, ...options } = {}) => {
      const site = checkSite(given);
      await ready();
      return segmentAll(context, { rulesets }, [
        site,
        { ...options, isWanted: () => signal?.aborted !== true },
      ]);
    },
    progress: async ({ site } = {}) => segmentationOf(context, checkSite(site)),
  };
}
