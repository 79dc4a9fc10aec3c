import { systemClock } from "../kernel/clock.js";
import { cloneJson } from "../memory/clone.js";
import type { Event } from "../events/types.js";
import type { Log } from "../ports/log.js";
import type { AtomicStore } from "../ports/store.js";
import { createPersonalizationService } from "../service/create-service.js";
import { SORT, visitorPartition } from "../service/layout/partitions.js";
import type { ConflictRecord, EventRecord, LoggedRun } from "../service/layout/records.js";
import { openRuns } from "../service/log/runs.js";
import type { PersonalizationService } from "../service/types.js";
import { FOLD_GROUP } from "../service/fold/worker.js";
import type { VisitorState } from "../state/types.js";
import { assert, eventually } from "./assert.js";
import type { TestRunner } from "./conformance.js";
import { crashModel, type EventSummary, summarise } from "./crash-model.js";
import type { Arbitrary, FastCheck } from "./fast-check.js";
import { call, checkHistories } from "./histories.js";
import { readAll } from "./log-cases-record.js";
import { type Burn, type CrashEdge, createLife, mortalAtomicStore, mortalLog } from "./mortal.js";

export interface CrashPorts {
  hot: AtomicStore;
  log: Log;
}

export interface CrashHistoriesOptions {
  /** Shown in the titles: the store and the log. */
  name: string;
  /** A fresh, empty store and log. */
  make(): Promise<CrashPorts>;
  /** Opens again what the last `make` made, after both were closed (default: the second process has the same ports). */
  reopen?(): Promise<CrashPorts>;
  /**
   * The store of the last `make` as the process has it that dies, where it is made of several: each write to each of them goes through `burn`, and
   * can be the last (default: each call of the store is one write).
   */
  mortalHot?(burn: Burn): AtomicStore;
  /** How many writes the process that dies lives to see at most (default 40). */
  writes?: number;
  /**
   * `reopen` gives the store as it was left and an empty log: the log is lost with the process. What the store holds must be counted all the
   * same; what was acknowledged and not folded is lost, and not looked for.
   */
  logIsLost?: boolean;
  /** Cleans up after a history whose ports are already closed. */
  dispose?(): Promise<void>;
  /** How many histories are generated. */
  runs: number;
  /** How long one of them may take on the average, ms (default 1000). */
  historyMs?: number;
  /** Repeats the histories of an earlier run, whose failure named it. */
  seed?: number;
}

/** An event as the client sends it. */
type Sent = Readonly<Record<string, unknown>> & { id: string };

interface CrashHistory {
  batches: Sent[][];
  writes: number;
  edge: CrashEdge;
}

/**
 * T8, T9, T13: a service dies at any of its writes between append, deduplication, fold, counters and the commit of the position; a
 * fresh one on the same store and log catches up. What the dead one acknowledged is in the log, and states and totals are what a pure
 * model makes of the log, also after the clients have sent everything again.
 */
export function crashHistories(runner: TestRunner, fc: FastCheck, options: CrashHistoriesOptions): void {
  const { name, runs, historyMs, seed } = options;
  const property = fc.asyncProperty(histories(fc, options.writes ?? 40), async (history) => {
    let ports = await options.make();
    try {
      const acknowledged = await untilDeath(ports, history, options);
      if (options.reopen !== undefined) {
        await Promise.all([ports.hot.close(), ports.log.close()]);
        ports = await options.reopen();
      }
      await (options.logIsLost ? withoutLog(ports) : afterwards(ports, history, acknowledged));
    } finally {
      await Promise.all([ports.hot.close(), ports.log.close()]);
      await options.dispose?.();
    }
  });
  runner.describe(`crash histories: ${name}`, () => {
    const comesTo = options.logIsLost
      ? "what the events in the store come to"
      : "what the pure model makes of the log";
    const title = `T8 T9 T13 after a crash at any write, in ${runs} generated histories, a fresh service comes to ${comesTo}`;
    checkHistories(runner, fc, { title, property, runs, historyMs, seed });
  });
}

/** The first process: takes batches and folds until it dies or is done. Gives the ids of what it acknowledged. */
async function untilDeath(
  ports: CrashPorts,
  { batches, writes, edge }: CrashHistory,
  { mortalHot }: CrashHistoriesOptions,
): Promise<string[]> {
  const { burn, isDead } = createLife(writes, edge);
  const hot = mortalHot === undefined ? mortalAtomicStore(ports.hot, burn) : mortalHot(burn);
  const log = mortalLog(ports.log, burn);
  // That it dies is no news.
  const service = createPersonalizationService({ stores: { hot }, log, report: () => undefined });
  const acknowledged: string[] = [];
  for (const batch of batches) {
    const taken = await service.ingest(batch).catch(() => null);
    if (taken !== null) acknowledged.push(...batch.map(({ id }) => id));
  }
  const isOver = async (): Promise<boolean> => isDead() || (await log.lag(FOLD_GROUP)) === 0;
  await eventually(isOver, "the first service dies or is done", 20_000, 0);
  await service.close();
  return acknowledged;
}

/** The second process, which lives. */
async function afterwards(
  ports: CrashPorts,
  { batches }: CrashHistory,
  acknowledged: readonly string[],
): Promise<void> {
  const service = createPersonalizationService({ stores: { hot: ports.hot }, log: ports.log });
  await service.settled();
  const ids = new Set((await logged(ports.log)).map(({ id }) => id));
  assert.equal(
    acknowledged.filter((id) => !ids.has(id)),
    [],
    "acknowledged and not in the log",
  );
  await agree(ports, service, "once it has caught up");
  // The clients of the dead process send everything again.
  for (const batch of batches) await service.ingest(batch);
  await service.settled();
  await agree(ports, service, "once everything was sent again");
  await service.close();
}

/** The second process, to which nothing comes again. */
async function withoutLog({ hot, log }: CrashPorts): Promise<void> {
  const service = createPersonalizationService({ stores: { hot }, log });
  const expected = await storedSummary(hot);
  let problem: unknown = null;
  const isCounted = async (): Promise<boolean> => {
    try {
      assert.equal(await summaryOf(service), expected, "the totals without the log");
      return true;
    } catch (error) {
      problem = error;
      return false;
    }
  };
  await eventually(isCounted, "what is stored is counted", 5000, 0).catch(() => {
    throw problem;
  });
  await service.close();
}

/** What the visitors' own records come to. */
async function storedSummary(hot: AtomicStore): Promise<EventSummary> {
  const events: Event[] = [];
  let visitors = 0;
  let conflicts = 0;
  for await (const partition of hot.partitions("default/v/")) {
    for await (const { sort, value } of hot.scan<never>(partition)) {
      if (sort === SORT.state) visitors++;
      if (sort.startsWith(SORT.event)) events.push((value as EventRecord).event);
      if (sort.startsWith(SORT.conflict)) conflicts += (value as ConflictRecord).hashes.length;
    }
  }
  return summarise(events, visitors, conflicts);
}

async function summaryOf(service: PersonalizationService): Promise<EventSummary> {
  const {
    segments: _segments,
    tooFew: _tooFew,
    experiments: _experiments,
    crossed: _crossed,
    other: _other,
    ...summary
  } = await service.summary();
  return summary;
}

async function agree({ hot, log }: CrashPorts, service: PersonalizationService, when: string): Promise<void> {
  const expected = crashModel(await logged(log));
  assert.equal(await summaryOf(service), expected.summary, `the totals ${when}`);
  for (const [visitor, state] of expected.states) {
    const record = await hot.get<{ state: VisitorState }>(visitorPartition("default", visitor), "state");
    assert.equal(record?.value.state, cloneJson(state), `the state of a visitor ${when}`);
  }
}

/** The histories' services have keys of the store, which seal nothing. */
async function logged(log: Log): Promise<Event[]> {
  const runs = (await readAll<LoggedRun>(log, 500)).map(({ value }) => value);
  return (await openRuns(null, runs)).flatMap((events) => events ?? []);
}

/** Few visitors, sessions and ids, so that they repeat, also with another body. */
function histories(fc: FastCheck, mostWrites: number): Arbitrary<CrashHistory> {
  // Yesterday, so that nothing is too old to be kept, whenever this runs.
  const begin = Math.floor(systemClock.now() / DAY_MS - 1) * DAY_MS;
  const event = fc
    .record<EventInput>({
      visitor: fc.integer({ min: 0, max: 3 }),
      session: fc.integer({ min: 0, max: 3 }),
      id: fc.integer({ min: 0, max: 24 }),
      isOrder: fc.oneof<boolean>(
        { weight: 3, arbitrary: fc.constantFrom(false) },
        { weight: 1, arbitrary: fc.constantFrom(true) },
      ),
      body: fc.oneof<number>(
        { weight: 9, arbitrary: fc.constantFrom(0) },
        { weight: 1, arbitrary: fc.constantFrom(1) },
      ),
    })
    .map((input) => eventOf(input, begin));
  return fc
    .record<CrashHistory>({
      batches: fc.array(fc.array(event, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 8 }),
      writes: fc.integer({ min: 1, max: mostWrites }),
      edge: fc.constantFrom<CrashEdge>("before", "after"),
    })
    .map((history) => ({ ...history, toString: () => describe(history) }));
}

const DAY_MS = 86_400_000;

interface EventInput {
  visitor: number;
  session: number;
  id: number;
  isOrder: boolean;
  body: number;
}

const eventOf = ({ visitor, session, id, isOrder, body }: EventInput, begin: number): Sent => ({
  id: `e-${id}`,
  schemaVersion: 1,
  name: isOrder ? "Order Completed" : "Page Viewed",
  visitorId: `v-${visitor}`,
  sessionId: `s-${session}`,
  occurredAt: begin + id * 60_000,
  properties: isOrder ? { revenue: 0.1, body } : { body },
  context: { page: { url: "https://shop.example/a", path: "/a" }, device: { type: "desktop" } },
  consent: { purposes: ["necessary", "analytics", "personalization"], policyVersion: "1" },
});

/** What tells the events of a history apart, batch by batch. */
function describe({ batches, writes, edge }: CrashHistory): string {
  const text = ({ visitorId, sessionId, id, name, properties }: Sent): string =>
    [
      visitorId,
      sessionId,
      id,
      name === "Order Completed" ? "order" : "view",
      JSON.stringify(properties),
    ].join(" ");
  const ingests = batches.map((batch) => call("ingest", batch.map(text)));
  return `${ingests.join(", ")}; dies ${edge} write ${writes} is done`;
}
