import type { Event } from "../../events/types.js";
import type { Log, LogEntry } from "../../ports/log.js";
import type { ServiceContext } from "../context.js";
import { type FoldParts, foldBatch } from "../fold/fold-batch.js";
import { checkSite } from "../layout/partitions.js";
import { sealInput } from "../letters/letter-fields.js";
import { subjectsIn } from "../letters/letter-subjects.js";
import { putLetters } from "../letters/letters.js";
import { deadLetter } from "../letters/make-letter.js";
import { publishGaps } from "../live/frames.js";
import type { GrownTeller } from "../live/tell-grown.js";
import { noteBrief } from "../log/brief.js";
import { toEntries } from "../log/runs.js";
import type { IngestOptions } from "../options.js";
import { listening } from "../../kernel/listening.js";
import type { EventOutcome, IngestResult } from "../types.js";
import { type Admission, admit, type DoorParts, type Refused } from "./door.js";
import type { Load } from "./load.js";
import type { Sampling } from "./sampling.js";
import type { Waiting } from "./waiting.js";

export interface IngestParts extends FoldParts, Omit<DoorParts, "pseudonym" | "visitors" | "fields"> {
  waiting: Waiting;
  grown: GrownTeller;
  /** Null where nothing is ever left out. */
  sampling: { sampling: Sampling; load: Load } | null;
}

const stored = <T>({ sampling }: IngestParts, work: () => Promise<T>): Promise<T> =>
  sampling === null ? work() : sampling.load.storing(work);

/**
 * Makes the admitted durable, or folds them at once where there is no log. The outcomes, as far as they are known: those of erased visitors
 * always, the others where they are waited for.
 */
export async function take(
  context: ServiceContext,
  parts: IngestParts,
  events: readonly Event[],
  { waitMs = 0, onStored }: Pick<IngestOptions, "waitMs" | "onStored">,
): Promise<EventOutcome[] | null> {
  const { log } = context;
  const { waiting } = parts;
  if (log === null) {
    try {
      return await stored(parts, () => foldBatch(context, parts, events));
    } catch (error) {
      // Whoever sends them again sends duplicates of what was committed, of which no frame tells.
      await publishGaps(
        context,
        events.map((event) => event.site),
      );
      throw error;
    }
  }
  if (events.length === 0) return [];
  await noteBrief(context, events);
  // What waits for the log holds no event: a batch that lived as long as that would be copied by each collection of garbage meanwhile.
  if (waitMs <= 0) {
    const { entries, erased } = await toEntries({ ...context, log }, events);
    const outcomes = pendingBut(erased, events.length);
    return stored(parts, () => append(log, parts, entries)).then(outcomes);
  }
  const expected = waiting.expect(events.length);
  try {
    const { entries, erased } = await toEntries({ ...context, log }, events, expected.token);
    for (const index of erased) waiting.tell(expected.token(index), "erased");
    await stored(parts, () => append(log, parts, entries));
    onStored?.();
    return await expected.outcomes(waitMs);
  } finally {
    expected.forget();
  }
}

const append = (log: Log, { grown }: IngestParts, entries: readonly LogEntry[]): Promise<void> =>
  log.append(entries).then(grown.of(entries));

/** What is known once they are in the log: nothing of those that are, and null where that is all of them. */
function pendingBut(erased: readonly number[], count: number): () => EventOutcome[] | null {
  return () => {
    if (erased.length === 0) return null;
    const outcomes = new Array<EventOutcome>(count).fill("pending");
    for (const index of erased) outcomes[index] = "erased";
    return outcomes;
  };
}

/**
 * Takes a batch in. Resolves when the admitted are as durable as the log makes them and the refused are in the dead letters; rejects
 * if either cannot be, and then the whole batch can be sent again without any event taking effect twice.
 */
export function ingest(
  context: ServiceContext,
  parts: IngestParts,
  inputs: readonly unknown[],
  options: IngestOptions,
): Promise<IngestResult> {
  const tell = listening(() => options.onStored?.(), context.report);
  if (parts.sampling === null) return takeIn(context, parts, inputs, { ...options, onStored: tell });
  return parts.sampling.load.taking((rest) => {
    const onStored = (): void => {
      rest();
      tell();
    };
    return takeIn(context, parts, inputs, { ...options, onStored });
  });
}

async function takeIn(
  context: ServiceContext,
  parts: IngestParts,
  inputs: readonly unknown[],
  options: IngestOptions,
): Promise<IngestResult> {
  const { log, clock, ids } = context;
  const site = checkSite(options.site);
  const receivedAt = clock.now();
  const pseudonym = await context.pseudonyms.of(site);
  // Without the rules events are taken all the same.
  const rules = await parts.rulesets.of(site).catch(() => null);
  const modelKeys = rules !== null && rules.models !== null;
  const admission = await admit(
    inputs,
    { ...options, site, receivedAt, modelKeys },
    { ...parts, pseudonym, visitors: context.visitors, fields: context.fields },
  );
  const { admitted, refused } = admission;

  if (refused.length > 0 && log !== null) {
    const { route = "ingest", country, region, gpc, sentAt } = options;
    const source = {
      site,
      route,
      ...(country !== undefined && { country }),
      ...(region !== undefined && { region }),
      ...(gpc && { gpc }),
      ...(typeof sentAt === "number" && { sentAt }),
    };
    const { fields } = context;
    const letters = await Promise.all(
      refused.map(async (one) => {
        const { input, subject: visitor, covered } = one;
        const owner = visitor === null ? null : { site, visitor };
        const replaced = fields !== null && covered ? await sealInput(fields, input, owner) : undefined;
        const subjects = subjectsIn(input, pseudonym);
        return deadLetter(one, { id: ids(), now: receivedAt, source, subjects, replaced });
      }),
    );
    await putLetters(context, letters);
  }
  const kept = await sampled(parts, site, admitted);
  const events = kept.map(({ event }) => event);
  return take(context, parts, events, options).then(resultOf(inputs, admission, kept));
}

/** Under load some are left out, but none by which an experiment is measured. Where nobody can tell which these are, none. */
async function sampled(
  { sampling, rulesets }: IngestParts,
  site: string,
  admitted: Admission["admitted"],
): Promise<Admission["admitted"]> {
  if (sampling === null || sampling.sampling.rate() === 1) return admitted;
  const rules = await rulesets.of(site).catch(() => null);
  return rules === null ? admitted : sampling.sampling.keep(admitted, rules.measuring?.reads);
}

function idsMade(inputs: readonly unknown[], { admitted }: Admission): IngestResult["ids"] {
  const made: Record<number, string> = {};
  for (const { index, event } of admitted) {
    const given = inputs[index] as { id?: unknown; eventId?: unknown };
    if (event.id !== given.id && event.id !== given.eventId) made[index] = event.id;
  }
  return made;
}

/** What is answered, once the outcomes are there. Until then it holds what it needs of the batch, and none of its events. */
function resultOf(
  inputs: readonly unknown[],
  admission: Admission,
  kept: Admission["admitted"],
): (folded: readonly EventOutcome[] | null) => IngestResult {
  const { erased, withheld } = admission;
  const ids = idsMade(inputs, admission);
  const rejected = admission.refused.map(rejectedOf);
  const places = kept.map(({ index }) => index);
  const admitted = admission.admitted.length;
  return (folded) => {
    const outcomes: Record<number, EventOutcome> = {};
    for (const index of erased) outcomes[index] = "erased";
    folded?.forEach((outcome, i) => {
      outcomes[places[i] as number] = outcome;
    });
    const count = (...which: EventOutcome[]): number =>
      folded?.filter((outcome) => which.includes(outcome)).length ?? 0;
    const known = folded !== null && !folded.includes("pending");
    const duplicates = known ? count("duplicate", "conflict") : null;
    const late = count("withheld", "erased");
    return {
      accepted: admitted - (duplicates ?? 0) - late,
      duplicates,
      withheld: withheld + erased.length + late,
      rejected,
      sampled: admitted - places.length,
      outcomes,
      ids,
    };
  };
}

function rejectedOf({ index, input, errors }: Refused): IngestResult["rejected"][number] {
  const { id, eventId = id } = (input ?? {}) as { id?: unknown; eventId?: unknown };
  return typeof eventId === "string" ? { index, eventId: eventId.slice(0, 128), errors } : { index, errors };
}
