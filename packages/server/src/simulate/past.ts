import { randomUUID } from "node:crypto";
import type { Clock, RandomSource } from "@attune/core";
import type { PersonalizationService } from "@attune/core/service";
import { madeUpShop } from "./made-up-shop.js";
import { type Shop, type SimulatedShop, shopOf } from "./shop.js";
import { planVisit } from "./visit.js";
import { newVisitor, simulatedEvent, type Visit } from "./visitor.js";

const DAY_MS = 86_400_000;
/** The past ends so long ago: by now it is known of every visit how it ended. */
const SINCE_MS = 3_600_000;
/** Between two visits of somebody who comes back, days. */
const AWAY = { least: 0.5, most: 2.5 };
const BATCH = 500;

export interface PastOptions {
  service: Pick<PersonalizationService, "ingest" | "settled">;
  clock: Clock;
  random: RandomSource;
  site?: string;
  shop?: SimulatedShop | undefined;
  visitors: number;
  /** How far back it goes (default 7). */
  days?: number;
}

type At = readonly [at: number, event: object];

/** One visitor's visits, as far as they end before the present. */
function* visitsOf({
  shop,
  random,
  from,
  until,
}: {
  shop: Shop;
  random: RandomSource;
  from: number;
  until: number;
}) {
  const visitor = newVisitor(random, randomUUID());
  let startedAt = from;
  do {
    const steps = planVisit(visitor.persona, shop, random);
    if (startedAt + (steps.at(-1)?.afterMs ?? 0) >= until) return;
    const campaign = random() < visitor.persona.campaign ? "spring-sale" : null;
    const visit: Visit = {
      ...{ visitor, sessionId: `sim-${randomUUID()}`, startedAt, campaign, steps },
      ...{ next: 0, exposed: false },
    };
    yield visit;
    startedAt += Math.round((AWAY.least + random() * (AWAY.most - AWAY.least)) * DAY_MS);
  } while (random() < visitor.persona.returns);
}

/**
 * Makes up what simulated visitors did within the last days, as if it had been recorded at the time, and folds it: something to look at and to learn from before anybody was there. Each event is marked
 * as simulated, like those of the population that walks about.
 *
 * @returns How many events it came to.
 */
export async function makeUpPast(options: PastOptions): Promise<number> {
  const { service, clock, random, site = "default", visitors, days = 7 } = options;
  const shop = options.shop === undefined ? madeUpShop() : shopOf(options.shop);
  const until = clock.now() - SINCE_MS;
  const events: At[] = [];
  for (let i = 0; i < visitors; i++) {
    const from = Math.round(until - random() * days * DAY_MS);
    for (const visit of visitsOf({ shop, random, from, until }))
      for (const step of visit.steps)
        events.push([visit.startedAt + step.afterMs, simulatedEvent(visit, step, randomUUID())]);
  }
  // As they would have come: whoever trains on them later reads them in the order of their arrival.
  events.sort(([a], [b]) => a - b);
  for (let from = 0; from < events.length; from += BATCH) {
    const batch = events.slice(from, from + BATCH).map(([, event]) => event);
    await service.ingest(batch, { site, route: "simulation", sentAt: clock.now() });
  }
  await service.settled();
  return events.length;
}
