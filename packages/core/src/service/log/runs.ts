import type { Event } from "../../events/types.js";
import { AttuneError } from "../../kernel/errors.js";
import type { Log, LogEntry } from "../../ports/log.js";
import type { ServiceContext } from "../context.js";
import { logKeyOf } from "./brief.js";
import type { LoggedRun } from "../layout/records.js";
import { groupBy } from "../tools/group-by.js";
import { type PackedEvent, packEvents, unpackEvents } from "./packed-events.js";
import type { SubjectKeys } from "./subject-keys.js";

const bindingOf = ({ site, visitor }: Pick<LoggedRun, "site" | "visitor">): readonly string[] => [
  "log",
  site,
  visitor,
];

/** Of the entries that are written here, and the only ones that can be read. */
const VERSION: LoggedRun["v"] = 3;

/** Whether this version of the code can read an entry. One that it cannot is for another version, before or after it. */
export const isReadable = ({ v }: Pick<LoggedRun, "v">): boolean => v === VERSION;

function unreadable({ v }: { v: unknown }): AttuneError {
  return new AttuneError(
    "ATTUNE_SERVICE_ENTRY",
    `The log holds an entry of version ${typeof v === "number" ? v : "(none)"}, and this process reads version ${VERSION}. The entry stays in the log, and nothing behind it is folded: end this process and let one of the version that wrote it fold the log.`,
  );
}

/** So many of the largest events (32 KiB each), sealed, stay below 1 MiB, the size of a record that logs take by default. */
const LONGEST = 20;
/** Where fields in them are sealed, too, they have grown by a third before. */
const LONGEST_WITH_FIELDS = 15;

/** Events of one visitor of a batch, and their places in it. */
interface Share {
  key: string;
  indices: readonly number[];
  events: readonly Event[];
  head: Omit<LoggedRun, "events" | "packed" | "sealed">;
}

function sharesOf(
  events: readonly Event[],
  token: ((index: number) => string) | undefined,
  keyOf: (event: Event) => string,
): Share[] {
  const of = (index: number): Event => events[index] as Event;
  const groups = new Map<string, number[]>();
  let last: { site: string; visitorId: string; retentionMs: number | undefined; group: number[] } | null =
    null;
  events.forEach((event, index) => {
    const { site, visitorId, retentionMs } = event;
    // Neighbours mostly are one visitor's.
    if (
      last === null ||
      last.visitorId !== visitorId ||
      last.site !== site ||
      last.retentionMs !== retentionMs
    ) {
      const key = `${keyOf(event)}\n${visitorId}`;
      const group = groups.get(key) ?? [];
      groups.set(key, group);
      last = { site, visitorId, retentionMs, group };
    }
    last.group.push(index);
  });
  return [...groups.values()].flatMap((all) => {
    const first = of(all[0] as number);
    const { site, visitorId: visitor } = first;
    const key = keyOf(first);
    const sealed = all.some((index) => of(index).sealed !== undefined);
    return chunks(all, sealed ? LONGEST_WITH_FIELDS : LONGEST).map((indices): Share => {
      const wait = token && { wait: indices.map(token) };
      return { key, indices, events: indices.map(of), head: { v: VERSION, site, visitor, ...wait } };
    });
  });
}

const chunks = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));

/**
 * What of one visitor came together goes into the log as one entry, in its order: one key, one encryption, one read at the fold. Sealed
 * whole where there are keys; then only site and pseudonym are clear, by which the entry is placed, and erased. A log in memory, which
 * makes no text of them, takes the events as they are.
 *
 * @param token Names the place of an event among these, where somebody waits for its outcome.
 * @returns The entries, and the places of events whose visitor was erased meanwhile: nothing of them goes anywhere.
 */
export async function toEntries(
  context: Pick<ServiceContext, "subjectKeys" | "clock" | "retentionMs"> & {
    log: Pick<Log, "capabilities">;
  },
  events: readonly Event[],
  token?: (index: number) => string,
): Promise<{ entries: LogEntry<LoggedRun>[]; erased: number[] }> {
  const { log, subjectKeys: keys } = context;
  const shares = sharesOf(events, token, (event) => logKeyOf(context, event));
  if (keys === null) {
    const { durable } = log.capabilities;
    const entries = shares.map(({ key, events: own, head }) => ({
      key,
      value: durable ? { ...head, packed: packEvents(own) } : { ...head, events: own },
    }));
    return { entries, erased: [] };
  }
  const erased: number[] = [];
  const entries: LogEntry<LoggedRun>[] = [];
  for (const [site, own] of groupBy(shares, ({ head }) => head.site)) {
    const visitors = own.map(({ head }) => head.visitor);
    const sealing = await keys.forSealing(site, visitors);
    const texts = await Promise.all(
      own.map(async ({ events: mine, head }, i) =>
        sealing[i]?.seal(JSON.stringify(packEvents(mine)), bindingOf(head)),
      ),
    );
    own.forEach(({ key, head, indices }, i) => {
      const sealed = texts[i];
      if (sealed === undefined) erased.push(...indices);
      else entries.push({ key, value: { ...head, sealed } });
    });
  }
  return { entries, erased };
}

/**
 * The events of each run; null where its key is gone, which is what erasure means.
 *
 * @throws AttuneError `ATTUNE_SERVICE_ENTRY` for a run of another version, `ATTUNE_PRIVACY_SEAL` for one that was changed or is somebody
 *   else's, `ATTUNE_PRIVACY_KEY` where the host's key is gone.
 */
export async function openRuns(
  keys: SubjectKeys | null,
  runs: readonly LoggedRun[],
): Promise<(readonly Event[] | null)[]> {
  const strange = runs.find((run) => !isReadable(run));
  if (strange !== undefined) throw unreadable(strange);
  const opened = runs.map((run) =>
    "events" in run ? run.events : "packed" in run ? unpackEvents(run.packed, run) : null,
  );
  const closed = [...runs.keys()].filter((index) => opened[index] === null);
  const of = (index: number): LoggedRun & { sealed: string } => runs[index] as LoggedRun & { sealed: string };
  for (const [site, own] of groupBy(closed, (index) => of(index).site)) {
    const visitors = own.map((index) => of(index).visitor);
    const opening = (await keys?.forOpening(site, visitors)) ?? [];
    const texts = await Promise.all(
      own.map(async (index, i) => opening[i]?.open(of(index).sealed, bindingOf(of(index)))),
    );
    own.forEach((index, i) => {
      const text = texts[i];
      if (text !== undefined) opened[index] = unpackEvents(JSON.parse(text) as PackedEvent[], of(index));
    });
  }
  return opened;
}
