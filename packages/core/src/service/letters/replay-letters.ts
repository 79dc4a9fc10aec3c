import type { DeadLetter } from "../../ports/log.js";
import type { ServiceContext } from "../context.js";
import { admit } from "../door/door.js";
import { type IngestParts, take } from "../door/ingest.js";
import { PARKED } from "../fold/fold-apart.js";
import type { LoggedRun } from "../layout/records.js";
import { openRuns } from "../log/runs.js";
import { openInput } from "./letter-fields.js";
import { allLetters, isOver } from "./letters.js";

/** The body as it was sent; undefined if it was cut off or never was JSON. */
function bodyOf({ body }: DeadLetter): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/**
 * Sends one letter through the door again, as of the time it first came. True if it was taken, or is withheld for want of consent:
 * in both cases it is no longer a bad one. A letter refused again stays as it is, and makes no second one.
 */
async function resend(context: ServiceContext, parts: IngestParts, letter: DeadLetter): Promise<boolean> {
  const { site } = letter.source;
  const input = bodyOf(letter);
  if (input === undefined) return false;
  if (letter.source.route === PARKED) {
    const opened = await openRuns(context.subjectKeys, [input as LoggedRun]).catch(() => null);
    if (opened === null) return false;
    // As when they were taken, so that events with a retention of their own stand in the log as such. Of who was erased there are none.
    await take(
      context,
      parts,
      opened.flatMap((events) => events ?? []),
      {},
    );
    return true;
  }
  const pseudonym = await context.pseudonyms.of(site);
  const { admitted, refused } = await admit(
    [await openInput(context.subjectKeys, letter, input)],
    { ...letter.source, receivedAt: letter.at },
    { ...parts, pseudonym, visitors: context.visitors, fields: context.fields },
  );
  if (refused.length > 0) return false;
  await take(
    context,
    parts,
    admitted.map(({ event }) => event),
    {},
  );
  return true;
}

/** At most `limit` letters of a site, oldest first, after the one of that id. */
export async function listLetters(
  context: ServiceContext,
  site: string,
  { after, limit }: { after: string | null; limit: number },
): Promise<DeadLetter[]> {
  const found: DeadLetter[] = [];
  if (limit <= 0) return found;
  for await (const letter of allLetters(context, { site, after }))
    if (!isOver(letter, context.clock.now()) && found.push(letter) >= limit) break;
  return found;
}

/** Replays a site's letters of these ids (all, if none are named); those that are taken are removed after they are durable. */
export async function replayLetters(
  context: ServiceContext,
  parts: IngestParts,
  { site, ids }: { site: string; ids: readonly string[] | undefined },
): Promise<{ replayed: number; stillRefused: number }> {
  const wanted = ids && new Set(ids);
  let replayed = 0;
  let stillRefused = 0;
  for await (const letter of allLetters(context, { site })) {
    if ((wanted && !wanted.has(letter.id)) || isOver(letter, context.clock.now())) continue;
    if (await resend(context, parts, letter)) {
      await context.log?.deadLetters.remove([letter.id]);
      replayed++;
    } else stillRefused++;
  }
  return { replayed, stillRefused };
}
