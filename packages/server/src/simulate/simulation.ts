import { randomUUID } from "node:crypto";
import type { Clock } from "@attune/core";
import type { PersonalizationService } from "@attune/core/service";
import type { RandomSource } from "@attune/core";
import { madeUpShop } from "./made-up-shop.js";
import { type SimulatedShop, shopOf } from "./shop.js";
import { type Step, planVisit } from "./visit.js";
import { exposures, newVisitor, simulatedEvent, type Visit, type Visitor } from "./visitor.js";

export interface SimulationStatus {
  running: boolean;
  visitorsPerMinute: number;
  /** Made since the server started. */
  visitors: number;
  events: number;
}

/** A population of simulated visitors, for a first look without real ones. All they do carries `context.simulated: true`. */
export interface Simulation {
  /** How many visitors arrive each minute (0 to 6,000); 0 makes those inside leave at once. */
  set(site: string, visitorsPerMinute: number): void;
  status(site: string): SimulationStatus;
  close(): void;
}

export interface SimulationOptions {
  service: PersonalizationService;
  clock: Clock;
  random: RandomSource;
  /** Where they shop; default: a made-up shop. */
  shop?: SimulatedShop | undefined;
  report(error: unknown): void;
}

interface Population extends Omit<SimulationStatus, "running"> {
  /** Arrivals owed; whole ones walk in. */
  due: number;
  inside: Visit[];
  /** Those who will come back. */
  known: Visitor[];
}

export const MAX_PER_MINUTE = 6000;
const TICK_MS = 250;
/** After a pause of the process, no more than this is made up for. */
const MAX_STEP_MS = 5000;
const MAX_INSIDE = 5000;
const MAX_KNOWN = 500;
const AGAIN = 0.3;
const MAX_BATCH = 500;

const emptySite = (): Population => ({
  visitorsPerMinute: 0,
  visitors: 0,
  events: 0,
  due: 0,
  inside: [],
  known: [],
});

export function createSimulation(options: SimulationOptions): Simulation {
  const { clock, report } = options;
  const populations = new Map<string, Population>();
  const advance = createAdvance(options);
  let timer: ReturnType<typeof setInterval> | null = null;
  let lastTick = 0;
  let busy = false;

  const failing = new Set<string>();

  async function tick(): Promise<void> {
    const now = clock.now();
    const elapsedMs = Math.min(Math.max(0, now - lastTick), MAX_STEP_MS);
    lastTick = now;
    for (const [site, people] of populations) {
      if (people.visitorsPerMinute === 0) continue;
      const before = people.events;
      try {
        await advance(site, people, elapsedMs);
        // A tick in which nobody did anything tells nothing of whether the site takes events again.
        if (people.events > before) failing.delete(site);
      } catch (error) {
        // Once, not four times a second for as long as the store is away.
        if (!failing.has(site)) report(error);
        failing.add(site);
      }
    }
  }

  const start = (): void => {
    lastTick = clock.now();
    timer ??= setInterval(() => {
      if (busy) return;
      busy = true;
      void tick().finally(() => {
        busy = false;
      });
    }, TICK_MS);
    timer.unref();
  };
  const stop = (): void => {
    if (timer) clearInterval(timer);
    timer = null;
  };

  return {
    set(site, visitorsPerMinute) {
      const people = populations.get(site) ?? emptySite();
      populations.set(site, people);
      people.visitorsPerMinute = visitorsPerMinute;
      if (visitorsPerMinute === 0) people.inside = [];
      if ([...populations.values()].some((each) => each.visitorsPerMinute > 0)) start();
      else stop();
    },
    status(site) {
      const { visitorsPerMinute, visitors, events } = populations.get(site) ?? emptySite();
      return { running: visitorsPerMinute > 0, visitorsPerMinute, visitors, events };
    },
    close: stop,
  };
}

/** One tick of a site: who is due arrives, who is inside does what is due, who is done leaves. */
function createAdvance({ service, clock, random, ...options }: SimulationOptions) {
  const shop = options.shop === undefined ? madeUpShop() : shopOf(options.shop);

  function arrive(people: Population): void {
    const back =
      random() < AGAIN ? people.known.splice(Math.floor(random() * people.known.length), 1)[0] : undefined;
    if (!back) people.visitors += 1;
    const visitor = back ?? newVisitor(random, randomUUID());
    people.inside.push({
      visitor,
      sessionId: `sim-${randomUUID()}`,
      startedAt: clock.now(),
      campaign: random() < visitor.persona.campaign ? "spring-sale" : null,
      steps: planVisit(visitor.persona, shop, random),
      next: 0,
      exposed: false,
    });
  }

  async function doings(site: string, visit: Visit, now: number): Promise<object[]> {
    const events: object[] = [];
    for (; visit.next < visit.steps.length; visit.next++) {
      const step = visit.steps[visit.next] as Step;
      if (visit.startedAt + step.afterMs > now) break;
      events.push(simulatedEvent(visit, step, randomUUID()));
      if (step.name === "Product Viewed" && !visit.exposed) {
        visit.exposed = true;
        events.push(...(await exposures(service, site, { visit, at: step })));
      }
    }
    return events;
  }

  function leave(people: Population): void {
    people.inside = people.inside.filter((visit) => {
      if (visit.next < visit.steps.length) return true;
      if (random() < visit.visitor.persona.returns && people.known.length < MAX_KNOWN)
        people.known.push(visit.visitor);
      return false;
    });
  }

  return async (site: string, people: Population, elapsedMs: number): Promise<void> => {
    people.due += (people.visitorsPerMinute * elapsedMs) / 60_000;
    for (; people.due >= 1; people.due -= 1) if (people.inside.length < MAX_INSIDE) arrive(people);
    const now = clock.now();
    const events: object[] = [];
    for (const visit of people.inside) events.push(...(await doings(site, visit, now)));
    leave(people);
    for (let from = 0; from < events.length; from += MAX_BATCH) {
      const batch = events.slice(from, from + MAX_BATCH);
      await service.ingest(batch, { site, route: "simulation", sentAt: now });
      people.events += batch.length;
    }
  };
}
