import { grantsOf, NO_GRANTS, resolvePolicy } from "../consent/index.js";
import { modeFor, regionCode, versionKey } from "../consent/policy.js";
import {
  type ConsentPolicy,
  type ConsentRecord,
  type Grants,
  type Purpose,
  PURPOSES,
} from "../consent/types.js";
import { fail, ok, type Issue, type Result } from "../kernel/result.js";
import { parseConsentInput } from "../wire/consent.js";
import type { ServiceContext } from "./context.js";
import { deniedByGpc } from "./narrow.js";
import { notify } from "./notices.js";
import { SORT } from "./partitions.js";
import type { ConsentEntry } from "./records.js";
import { untilWritten } from "./retry.js";
import type { Standings } from "./standing.js";
import { isStandIn, partitionsOf, STAND_IN, type Subject } from "./subjects.js";
import type { ConsentInput, ConsentReceipt, StoredConsent } from "./types.js";

/** Default policy for sites that state none: opt-in, every purpose may be asked for. */
const UNSTATED: ConsentPolicy = { version: "unstated" };

interface HistoryEntry {
  v: 1;
  receipt: string;
  recordedAt: number;
  record: ConsentRecord;
}

function nextRecord(
  input: ConsentInput,
  policy: ConsentPolicy | null,
  before: ConsentRecord | null,
  now: number,
): ConsentRecord {
  const resolved = resolvePolicy(policy ?? UNSTATED);
  const region = regionCode(input.region);
  const base: Grants = before?.grants ?? NO_GRANTS;
  const grants: Record<Purpose, boolean> = { ...NO_GRANTS };
  for (const purpose of resolved.purposes) grants[purpose] = input.purposes[purpose] ?? base[purpose];
  return {
    v: 1,
    policyVersion: versionKey(input.policyVersion),
    mode: modeFor(resolved, region),
    region,
    grants,
    // A time in the future would let this decision win over every later one.
    decidedAt: Math.min(input.at ?? now, now),
    source: input.source,
    revision: (before?.revision ?? 0) + 1,
  };
}

/**
 * What holds once a decision has come. One that says it was made before the last one gives nothing any more, but what it refuses is
 * refused from now on: a device whose clock is behind must not lose its withdrawal.
 */
function overtaken(before: ConsentRecord, made: ConsentRecord, input: ConsentInput): ConsentRecord {
  const refused = PURPOSES.filter((purpose) => before.grants[purpose] && input.purposes[purpose] === false);
  if (refused.length === 0) return before;
  const grants = grantsOf(PURPOSES.filter((purpose) => before.grants[purpose] && !refused.includes(purpose)));
  return { ...made, grants, decidedAt: before.decidedAt };
}

/** Writes one partition's decision and its line in the history. */
async function record(
  { hot, clock, random, queue }: ServiceContext,
  partition: string,
  input: ConsentInput,
  using: { policy: ConsentPolicy | null; receipt: string },
): Promise<ConsentRecord> {
  const attempt = async (): Promise<ConsentRecord | null> => {
    const now = clock.now();
    const [stored, tombstone] = await hot.getMany<ConsentEntry>(
      [SORT.consent, SORT.tombstone].map((sort) => ({ partition, sort })),
    );
    const before = stored?.value.current ?? null;
    const made = nextRecord(input, using.policy, before, now);
    // Nothing is kept of someone who was erased, not even this.
    if (tombstone != null && partition.includes("/v/")) return made;
    const entry: HistoryEntry = { v: 1, receipt: using.receipt, recordedAt: now, record: made };
    const late = before !== null && before.decidedAt > made.decidedAt;
    const current = late ? overtaken(before, made, input) : made;
    const { status } = await hot.commit(partition, [
      { op: "check", sort: SORT.tombstone, ifVersion: tombstone?.version ?? 0 },
      { op: "put", sort: SORT.consent, value: { v: 1, current }, ifVersion: stored?.version ?? 0 },
      { op: "put", sort: `${SORT.consentHistory}${using.receipt}`, value: entry },
    ]);
    return status === "committed" ? made : null;
  };
  return queue(partition, () => untilWritten(attempt, random));
}

/** Under the signal its purposes are refused, also those that the decision does not name. */
function underGpc(
  input: ConsentInput,
  { policy, gpc }: { policy: ConsentPolicy | null; gpc: boolean | undefined },
): ConsentInput {
  const refused = deniedByGpc(policy, gpc).map((purpose) => [purpose, false]);
  return { ...input, purposes: { ...input.purposes, ...Object.fromEntries(refused) } };
}

/** Records a decision for the subject: for a user, with the user and every visitor linked to it, so that one read finds it. */
export async function recordConsent(
  context: ServiceContext,
  using: { standings: Standings; policy: ConsentPolicy | null; gpc: boolean | undefined },
  subject: Subject,
  given: ConsentInput,
): Promise<Result<ConsentReceipt, Issue[]>> {
  const parsed = parseConsentInput(given);
  if (!parsed.ok) return parsed;
  const input = underGpc(parsed.value, using);
  // Whoever can name a visitor here must not reach the one that stands for a user or a session.
  if (subject.kind === "visitor" && isStandIn(subject.id)) return fail([STAND_IN]);
  const receipt = context.ids();
  const recordedAt = context.clock.now();
  // A bare text that no user is known by is a visitor's.
  const known =
    subject.kind === "visitor" ? { ...subject, user: null, visitors: subject.visitors.slice(0, 1) } : subject;
  let made: ConsentRecord | null = null;
  for (const partition of partitionsOf(known)) {
    const written = await record(context, partition, input, { policy: using.policy, receipt });
    made ??= written;
  }
  for (const visitor of subject.visitors) {
    using.standings.forget(subject.site, visitor);
    await notify(context, { about: "standing", site: subject.site, visitor });
  }
  return ok({ id: receipt, recordedAt: new Date(recordedAt).toISOString(), record: made as ConsentRecord });
}

/** One partition's decision and all that came before it, oldest first. */
export async function storedConsent(
  { hot }: Pick<ServiceContext, "hot">,
  partition: string,
): Promise<StoredConsent | null> {
  const stored = await hot.get<ConsentEntry>(partition, SORT.consent);
  if (stored === null) return null;
  const history: ConsentRecord[] = [];
  for await (const { value } of hot.scan<HistoryEntry>(partition, { prefix: SORT.consentHistory }))
    history.push(value.record);
  return { current: stored.value.current, history };
}

/** The latest decision of the subject, wherever it was made. */
export async function consentOf(context: ServiceContext, subject: Subject): Promise<StoredConsent | null> {
  let latest: StoredConsent | null = null;
  for (const partition of partitionsOf(subject)) {
    const found = await storedConsent(context, partition);
    if (found !== null && (latest === null || found.current.decidedAt > latest.current.decidedAt))
      latest = found;
  }
  return latest;
}
