import type { DeadLetter } from "../../ports/log.js";
import type { Subject } from "../consent/subjects.js";
import type { ServiceContext } from "../context.js";
import { SORT, userPartition, visitorPartition } from "../layout/partitions.js";
import type { EventRecord, TombstoneRecord } from "../layout/records.js";
import { isAbout } from "./letter-subjects.js";

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

/** Whether what a letter holds is past its own retention: from then on only erasures and the sweep, which removes it, see it. */
export const isOver = ({ keptUntil = Number.POSITIVE_INFINITY }: DeadLetter, now: number): boolean =>
  now >= keptUntil;

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

/**
 * The letters of a subject's site about these visitors of it, about its user, or with its identifier in them: for erasure and export.
 * `own`: as in `SubjectOptions`; what the visitor's events named counts for nothing then, since they may have named anybody.
 */
export async function* lettersAbout(
  context: ServiceContext,
  { site, user, id }: Subject,
  { visitors, own = false }: { visitors: readonly string[]; own?: boolean | undefined },
): AsyncIterable<DeadLetter> {
  if (context.log === null) return;
  const named = own ? new Set<string>() : await namedBy(context, site, visitors);
  const sought = { visitors: new Set(visitors), user, named, id, own };
  for await (const letter of allLetters(context, { site })) if (isAbout(letter, sought)) yield letter;
}

/**
 * Removes the letters of visitors that turned out to be erased. Nobody gave an identifier of theirs, so they are found by pseudonym alone.
 * Looks at every letter.
 */
export async function removeLettersOf(
  { log }: Pick<ServiceContext, "log">,
  visitors: readonly { site: string; visitor: string }[],
): Promise<void> {
  if (log === null || visitors.length === 0) return;
  const erased = new Set(visitors.map(({ site, visitor }) => visitorPartition(site, visitor)));
  const found: string[] = [];
  for await (const { id, source, subject, subjects = [] } of allLetters({ log, letterSeals: null })) {
    const named = subjects.flatMap((name) => (name.startsWith("v:") ? name.slice(2) : []));
    if ([...named, subject ?? ""].some((visitor) => erased.has(visitorPartition(source.site, visitor))))
      found.push(id);
  }
  if (found.length > 0) await log.deadLetters.remove(found);
}

/** Up to when a letter tells of a user, epoch ms; what cannot be read may tell of any time. */
type ToldUntil = (letter: DeadLetter) => number;
const ANY_TIME: ToldUntil = () => Number.NEGATIVE_INFINITY;

/** The letters about nobody who was erased; of a user, who may come back, about nobody who was erased since. */
async function ofTheLiving(
  { hot }: ServiceContext,
  letters: readonly DeadLetter[],
  toldUntil: ToldUntil,
): Promise<readonly DeadLetter[]> {
  const keys = letters.flatMap((letter, i) =>
    (letter.subjects ?? []).flatMap((name) => {
      const isVisitor = name.startsWith("v:");
      if (!isVisitor && !name.startsWith("u:")) return [];
      const partition = (isVisitor ? visitorPartition : userPartition)(letter.source.site, name.slice(2));
      const since = isVisitor ? Number.NEGATIVE_INFINITY : toldUntil(letter);
      return [{ i, since, key: { partition, sort: SORT.tombstone } }];
    }),
  );
  if (keys.length === 0) return letters;
  const stones = await hot.getMany<TombstoneRecord>(keys.map(({ key }) => key));
  const erased = new Set(
    keys.flatMap(({ i, since }, k) => {
      const stone = stones[k];
      return stone != null && stone.value.at >= since ? [i] : [];
    }),
  );
  return letters.filter((_, i) => !erased.has(i));
}

/**
 * Writes letters, but none about somebody who was erased. It looks for tombstones again afterwards: an erasure that began in between
 * may have looked through the letters before these were there.
 */
export async function putLetters(
  context: ServiceContext,
  given: readonly DeadLetter[],
  toldUntil: ToldUntil = ANY_TIME,
): Promise<void> {
  const letters = await ofTheLiving(context, given, toldUntil);
  if (context.log === null || letters.length === 0) return;
  const { letterSeals } = context;
  await context.log.deadLetters.put(
    letterSeals === null ? letters : await Promise.all(letters.map((letter) => letterSeals.seal(letter))),
  );
  const left = new Set(await ofTheLiving(context, letters, toldUntil));
  const gone = letters.flatMap((letter) => (left.has(letter) ? [] : [letter.id]));
  if (gone.length > 0) await context.log.deadLetters.remove(gone);
}
