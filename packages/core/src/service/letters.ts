import type { DeadLetter } from "../ports/log.js";
import type { ServiceContext } from "./context.js";
import { isAbout } from "./letter-subjects.js";
import { SORT, userPartition, visitorPartition } from "./partitions.js";
import type { EventRecord, TombstoneRecord } from "./records.js";
import type { Subject } from "./subjects.js";

const PAGE = 200;

/** All letters, or those of one site, oldest first, as they can be read. */
export async function* allLetters(
  { log, letterSeals }: Pick<ServiceContext, "log" | "letterSeals">,
  { site, after = null }: { site?: string; after?: string | null } = {},
): AsyncIterable<DeadLetter> {
  while (log !== null) {
    const page: DeadLetter[] = await log.deadLetters.read(after, PAGE);
    const own = page.filter((letter) => site === undefined || letter.source.site === site);
    yield* letterSeals === null ? own : await Promise.all(own.map((letter) => letterSeals.open(letter)));
    if (page.length < PAGE) return;
    after = page[PAGE - 1]?.id ?? null;
  }
}

/** What the visitors' events call their sessions, devices and users. */
async function namedBy(
  { hot }: ServiceContext,
  site: string,
  visitors: readonly string[],
): Promise<Set<string>> {
  const named = new Set<string>();
  for (const visitor of visitors) {
    const events = hot.scan<EventRecord>(visitorPartition(site, visitor), { prefix: SORT.event });
    for await (const { value } of events) {
      const { sessionId, deviceId, userId } = value.event;
      if (sessionId !== null) named.add(`s:${sessionId}`);
      if (deviceId !== null) named.add(`d:${deviceId}`);
      if (userId !== null) named.add(`u:${userId}`);
    }
  }
  return named;
}

/** The letters of a subject's site about these visitors of it, about its user, or with its identifier in them: for erasure and export. */
export async function* lettersAbout(
  context: ServiceContext,
  { site, user, id }: Subject,
  visitors: readonly string[],
): AsyncIterable<DeadLetter> {
  if (context.log === null) return;
  const named = await namedBy(context, site, visitors);
  const sought = { visitors: new Set(visitors), user, named, id };
  for await (const letter of allLetters(context, { site })) if (isAbout(letter, sought)) yield letter;
}

/** The letters about nobody who was erased. */
async function ofTheLiving(
  { hot }: ServiceContext,
  letters: readonly DeadLetter[],
): Promise<readonly DeadLetter[]> {
  const keys = letters.flatMap(({ source: { site }, subjects = [] }, i) =>
    subjects.flatMap((name) => {
      const of = name.startsWith("v:") ? visitorPartition : name.startsWith("u:") ? userPartition : null;
      return of === null ? [] : [{ i, key: { partition: of(site, name.slice(2)), sort: SORT.tombstone } }];
    }),
  );
  if (keys.length === 0) return letters;
  const stones = await hot.getMany<TombstoneRecord>(keys.map(({ key }) => key));
  const erased = new Set(keys.flatMap(({ i }, k) => (stones[k] == null ? [] : [i])));
  return letters.filter((_, i) => !erased.has(i));
}

/**
 * Writes letters, but none about somebody who was erased. It looks for tombstones again afterwards: an erasure that began in between
 * may have looked through the letters before these were there.
 */
export async function putLetters(context: ServiceContext, given: readonly DeadLetter[]): Promise<void> {
  const letters = await ofTheLiving(context, given);
  if (context.log === null || letters.length === 0) return;
  const { letterSeals } = context;
  await context.log.deadLetters.put(
    letterSeals === null ? letters : await Promise.all(letters.map((letter) => letterSeals.seal(letter))),
  );
  const left = new Set(await ofTheLiving(context, letters));
  const gone = letters.flatMap((letter) => (left.has(letter) ? [] : [letter.id]));
  if (gone.length > 0) await context.log.deadLetters.remove(gone);
}
