import type { Event } from "../../events/types.js";
import type { DeadLetter } from "../../ports/log.js";
import { storedConsentOf } from "../consent/consent.js";
import type { Subject } from "../consent/subjects.js";
import type { ServiceContext } from "../context.js";
import { createOpener } from "../door/field-seals.js";
import type { Traits } from "../fold/fold-visitor.js";
import { SORT, userPartition, visitorPartition } from "../layout/partitions.js";
import type { ConsentEntry, ConsentLine, EventRecord, VisitorRecord } from "../layout/records.js";
import { openedLetter } from "../letters/letter-fields.js";
import { isOver, lettersAbout } from "../letters/letters.js";
import type { SubjectOptions } from "../options.js";
import type { VisitorExport } from "../types.js";

type ExportedVisitor = VisitorExport["visitors"][number];

/** Records that are no single kind's: what they are called in `other`. */
const KINDS: Readonly<Record<string, string>> = {
  x: "conflicts",
  user: "users",
  v: "visitors",
  l: "sessionsLeft",
  tombstone: "erasures",
};

/** Whether nothing is held but that it was erased. */
const isErased = ({ state, consent, events, traits, other }: ExportedVisitor): boolean =>
  state === null &&
  consent === null &&
  events.length === 0 &&
  Object.keys(traits).length === 0 &&
  Object.keys(other).every((kind) => kind === KINDS[SORT.tombstone]);

/** An erasure leaves its mark in each of a subject's partitions: those that hold nothing else are one record, with all the marks. */
function erasedAsOne(found: readonly ExportedVisitor[]): ExportedVisitor[] {
  const [first, ...others] = found.filter(isErased);
  if (first === undefined) return [...found];
  const erasures = [first, ...others].flatMap(({ other }) => other.erasures ?? []);
  return [...found.filter((visitor) => !isErased(visitor)), { ...first, other: { erasures } }];
}

/** Everything one partition holds; null if that is nothing. */
async function exportPartition(
  context: ServiceContext,
  partition: string,
  { site, visitor, letters }: { site: string; visitor: string; letters: readonly DeadLetter[] },
): Promise<ExportedVisitor | null> {
  const opener = createOpener(context.subjectKeys, { site, visitor });
  let record: VisitorRecord | null = null;
  let traits: Traits = {};
  const events: Event[] = [];
  const other = new Map<string, unknown[]>();
  let decision: ConsentEntry | null = null;
  const history: ConsentLine[] = [];
  let held = 0;
  for await (const { sort, value } of context.hot.scan<never>(partition)) {
    // A wrapped key says nothing of anybody.
    if (sort !== SORT.key) held++;
    if (sort.startsWith(SORT.event)) events.push(await opener.event((value as EventRecord).event));
    else if (sort === SORT.state) record = value;
    else if (sort === SORT.traits) traits = await opener.traits(value);
    else if (sort === SORT.consent) decision = value;
    else if (sort.startsWith(SORT.consentHistory)) history.push(value);
    else if (sort !== SORT.key) {
      const [kind = "", ...rest] = sort.split("/");
      const name = KINDS[kind] ?? kind;
      const list = other.get(name) ?? [];
      list.push({ id: rest.join("/"), ...(value as object) });
      other.set(name, list);
    }
  }
  if (letters.length > 0) other.set("deadLetters", [...letters]);
  if (record !== null) {
    const { counts, first, counted } = record as VisitorRecord;
    other.set("counted", [{ counts, first, counted }]);
  }
  if (held + letters.length === 0) return null;
  return {
    state: (record as VisitorRecord | null)?.state ?? null,
    segments: (record as VisitorRecord | null)?.segments ?? {},
    traits,
    consent: storedConsentOf(partition, decision, history),
    events,
    other: Object.fromEntries(other),
  };
}

/** What is held of the subject: a range scan of its own partitions and the dead letters that name it, hence nothing of anyone else. Sensitive fields are opened. */
export async function exportSubject(
  context: ServiceContext,
  subject: Subject,
  { actor, own: byItself }: Omit<SubjectOptions, "site"> = {},
): Promise<VisitorExport> {
  const { site, kind, user } = subject;
  const letters = new Map<string, DeadLetter[]>(subject.visitors.map((visitor) => [visitor, []]));
  const first = subject.visitors[0] as string;
  for await (const letter of lettersAbout(context, subject, { visitors: subject.visitors, own: byItself }))
    if (!isOver(letter, context.clock.now()))
      letters
        .get(letters.has(letter.subject ?? "") ? (letter.subject as string) : first)
        ?.push(await openedLetter(context.subjectKeys, letter));
  const held: ExportedVisitor[] = [];
  for (const visitor of subject.visitors) {
    const found = await exportPartition(context, visitorPartition(site, visitor), {
      site,
      visitor,
      letters: letters.get(visitor) ?? [],
    });
    if (found !== null) held.push(found);
  }
  const count = erasedAsOne(held).length;
  const own =
    user === null
      ? null
      : await exportPartition(context, userPartition(site, user), { site, visitor: user, letters: [] });
  if (own !== null) held.push(own);
  const visitors = erasedAsOne(held);
  await context.audit.append(site, { type: "export", actor, detail: { kind, visitors: count } });
  const exportedAt = new Date(context.clock.now()).toISOString();
  return { format: "attune-export", version: 1, exportedAt, subject: { kind, visitors: count }, visitors };
}
