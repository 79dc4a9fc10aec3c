import type { Clock, Event } from "@attune/core";
import { SEGMENT_FLOOR, type SiteSummary } from "@attune/core/service";
import { countEvent, newTally, type VisitorTally } from "./visitor-tally.js";

/** Figures of a kind of visitors, as the site's summary has them for all. */
export type TallyFigures = Pick<
  SiteSummary,
  "events" | "sessions" | "visitors" | "conversions" | "segments" | "experiments"
>;

/** Real and simulated visitors apart. Counted by what passes by: the durable totals do not tell them apart. */
export interface ApartFigures {
  /** From when on this is counted: the start of the server, or the latest loss of frames. */
  since: string;
  real: TallyFigures;
  simulated: TallyFigures;
}

export interface Tallies {
  event(event: Event, simulated: boolean): void;
  segments(site: string, visitor: string, segments: readonly string[]): void;
  /** The segments that the visitor was last told to be in; null where nothing was told. */
  segmentsOf(site: string, visitor: string): readonly string[] | null;
  figures(site: string): ApartFigures;
  /** From when on all that happened on the site was heard of, ms: the start of the server, or the latest loss of frames. */
  since(site: string): number;
  /** Takes the visitor out of all figures; null: begins anew, since nobody knows what was missed. */
  forget(site: string, visitor: string | null): void;
}

/** Of each kind; who was seen longest ago is taken out of the figures first. */
const MAX_VISITORS = 20_000;
/** Experiments and segments that are told: each second a frame carries them. */
const MAX_NAMES = 50;

interface SiteTallies {
  since: number;
  real: Map<string, VisitorTally>;
  simulated: Map<string, VisitorTally>;
}

/** Follows the 20,000 real and the 20,000 simulated visitors of a site that were seen last. Reading costs one pass over them. */
export function createTallies(clock: Clock): Tallies {
  const startedAt = clock.now();
  const sites = new Map<string, SiteTallies>();
  const of = (site: string): SiteTallies => {
    const found = sites.get(site) ?? { since: startedAt, real: new Map(), simulated: new Map() };
    sites.set(site, found);
    return found;
  };
  const find = (site: string, visitor: string): VisitorTally | undefined => {
    const { real, simulated } = of(site);
    return real.get(visitor) ?? simulated.get(visitor);
  };

  return {
    event(event, simulated) {
      // As in the durable counts: what is not covered by analytics is not counted.
      if (!event.consent.purposes.includes("analytics")) return;
      const kind = of(event.site)[simulated ? "simulated" : "real"];
      const tally = kind.get(event.visitorId) ?? newTally();
      kind.delete(event.visitorId);
      kind.set(event.visitorId, tally);
      countEvent(tally, event);
      if (kind.size > MAX_VISITORS) kind.delete(kind.keys().next().value as string);
    },
    segments(site, visitor, segments) {
      const tally = find(site, visitor);
      if (tally) tally.segments = segments;
    },
    since: (site) => of(site).since,
    segmentsOf: (site, visitor) => find(site, visitor)?.segments ?? null,
    figures(site) {
      const { since, real, simulated } = of(site);
      const [people, made] = [sumUp(real.values()), sumUp(simulated.values())];
      return {
        since: new Date(since).toISOString(),
        real: { ...people, segments: told(people.segments, people.segments) },
        simulated: { ...made, segments: told(made.segments, people.segments) },
      };
    },
    forget(site, visitor) {
      if (visitor === null) sites.set(site, { since: clock.now(), real: new Map(), simulated: new Map() });
      else for (const kind of ["real", "simulated"] as const) of(site)[kind].delete(visitor);
    },
  };
}

/**
 * The largest, without sizes that are too few to be told. A simulated visitor is nobody, but from how many of a segment are simulated and how many there are in all would follow how many are real:
 * so it is the real ones that decide for both.
 */
function told(
  sizes: Readonly<Record<string, number>>,
  real: Readonly<Record<string, number>>,
): SiteSummary["segments"] {
  const shown = Object.entries(sizes).map(
    ([name, size]) => [name, (real[name] ?? 0) < SEGMENT_FLOOR ? null : size] as const,
  );
  return Object.fromEntries(shown.sort((a, b) => (b[1] ?? 0) - (a[1] ?? 0)).slice(0, MAX_NAMES));
}

function sumUp(
  tallies: Iterable<VisitorTally>,
): TallyFigures & { segments: Readonly<Record<string, number>> } {
  const sum = { events: 0, sessions: 0, visitors: 0, converted: 0, orders: 0, revenue: 0 };
  const segments = new Map<string, number>();
  const experiments = new Map<string, Record<string, { exposures: number; conversions: number }>>();
  for (const tally of tallies) {
    sum.visitors += 1;
    sum.events += tally.events;
    sum.sessions += tally.sessions;
    sum.converted += tally.converted;
    sum.orders += tally.orders;
    sum.revenue += tally.revenue;
    for (const segment of tally.segments ?? []) segments.set(segment, (segments.get(segment) ?? 0) + 1);
    for (const [experiment, { seen, converted }] of tally.arms) {
      const arms = experiments.get(experiment) ?? Object.create(null);
      experiments.set(experiment, arms);
      for (const variant of seen) {
        const arm = (arms[variant] ??= { exposures: 0, conversions: 0 });
        arm.exposures += 1;
        if (variant === converted) arm.conversions += 1;
      }
    }
  }
  return {
    events: sum.events,
    sessions: { given: sum.sessions, derived: 0 },
    visitors: sum.visitors,
    conversions: {
      sessions: sum.converted,
      orders: sum.orders,
      revenue: Math.round(sum.revenue * 100) / 100,
    },
    segments: Object.fromEntries(segments),
    experiments: Object.fromEntries([...experiments].slice(0, MAX_NAMES)),
  };
}
