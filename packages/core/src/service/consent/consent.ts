import { grantsOf, NO_GRANTS, resolvePolicy } from "../../consent/index.js";
import { modeFor, regionCode, versionKey } from "../../consent/policy.js";
import {
  type ConsentPolicy,
  type ConsentRecord,
  type Grants,
  type Purpose,
  PURPOSES,
} from "../../consent/types.js";
import { fail, ok, type Issue, type Result } from "../../kernel/result.js";
import type { SignedConsentReceipt } from "../../privacy/index.js";
import { parseConsentInput } from "../../wire/consent.js";
import type { ServiceContext } from "../context.js";
import { bothGrant, deniedByGpc, storedGrants } from "../door/narrow.js";
import { SORT, userPartition, visitorOf, visitorPartition } from "../layout/partitions.js";
import type { ConsentEntry, ConsentLine } from "../layout/records.js";
import { notify } from "../live/notices.js";
import { mapBounded } from "../tools/queue.js";
import { untilWritten } from "../tools/retry.js";
import type { ConsentInput, ConsentReceipt, StoredConsent } from "../types.js";
import { isStandIn, STAND_IN } from "../layout/stand-in.js";
import { receiptOf } from "./receipts.js";
import { partitionsOf, resolveSubject, type Subject } from "./subjects.js";

/** Default policy for sites that state none: opt-in, every purpose may be asked for. */
const UNSTATED: ConsentPolicy = { version: "unstated" };

/** Partitions written side by side. */
const WIDTH = 16;
/**
 * So many decisions in one partition have a line each in the history, which is far more than a person makes. From then on the latest has one that the next
 * takes the place of: a public key must not make a history arbitrarily long, and what stands and what came before a flood is told all the same.
 */
const MAX_LINES = 1000;
/** Where that line is, which no receipt is called. */
const LATEST = `${SORT.consentHistory}+`;
const RECEIPT = /^[\w.~-]{1,64}$/;
const BAD_RECEIPT: Issue = {
  path: "/receipt",
  code: "ATTUNE_SERVICE_RECEIPT",
  message: "A receipt is named by 1 to 64 letters, digits and `_ . ~ -`.",
};

/** What became of a decision in one partition. */
interface Written {
  record: ConsentRecord;
  /** What holds in it now. */
  held: ConsentRecord;
  recordedAt: number;
  /** False for an erased visitor. */
  stored: boolean;
  receipt: SignedConsentReceipt | null;
}

/** What a decision leaves as it is where it does not name it: of what was granted before, that which still holds. */
function stillGranted(
  before: ConsentRecord | null,
  policy: ConsentPolicy,
  place: { now: number; region: string | null },
): Grants {
  return before === null ? NO_GRANTS : bothGrant(before.grants, storedGrants(policy, before, place));
}

function nextRecord(
  input: ConsentInput,
  policy: ConsentPolicy | null,
  before: ConsentRecord | null,
  now: number,
): ConsentRecord {
  const resolved = resolvePolicy(policy ?? UNSTATED);
  const region = regionCode(input.region);
  const base = stillGranted(before, policy ?? { version: input.policyVersion }, { now, region });
  const grants: Record<Purpose, boolean> = { ...NO_GRANTS };
  for (const purpose of resolved.purposes) grants[purpose] = input.purposes[purpose] ?? base[purpose];
  return {
    v: 1,
    policyVersion: versionKey(input.policyVersion),
    mode: modeFor(resolved, region),
    region,
    grants,
    // A time in the future would let this decision win over every later one.
    decidedAt: Math.min(Math.floor(input.at ?? now), now),
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
  // Counted all the same: it has its line, too.
  if (refused.length === 0) return { ...before, revision: made.revision };
  const grants = grantsOf(PURPOSES.filter((purpose) => before.grants[purpose] && !refused.includes(purpose)));
  return { ...before, grants, source: made.source, revision: made.revision };
}

/** Writes one partition's decision and its line in the history, once per receipt. */
async function record(
  { hot, clock, random, queue, receipts }: ServiceContext,
  partition: string,
  input: ConsentInput,
  using: { policy: ConsentPolicy | null; receipt: string },
): Promise<Written> {
  const own = SORT.consentHistory + using.receipt;
  const attempt = async (): Promise<Written | null> => {
    const now = clock.now();
    const [stored, tombstone, ownLine, latest] = await hot.getMany<never>(
      [SORT.consent, SORT.tombstone, own, LATEST].map((sort) => ({ partition, sort })),
    );
    const before = (stored?.value as ConsentEntry | undefined)?.current ?? null;
    const known = [ownLine, latest]
      .map((found) => found?.value as ConsentLine | undefined)
      .find((line) => line?.receipt === using.receipt);
    if (known !== undefined) {
      const { record: made, recordedAt } = known;
      const receipt = receiptOf(partition, known);
      return { record: made, held: before ?? made, recordedAt, stored: true, receipt };
    }
    const made = nextRecord(input, using.policy, before, now);
    // Nothing is kept of someone who was erased, not even this.
    if (tombstone != null && visitorOf(partition) !== null)
      return { record: made, held: made, recordedAt: now, stored: false, receipt: null };
    const late = before !== null && before.decidedAt > made.decidedAt;
    const current = late ? overtaken(before, made, input) : made;
    const entry = await receipts.sign(
      partition,
      { v: 1, receipt: using.receipt, recordedAt: now, record: made, held: current },
      using.policy,
    );
    const { status } = await hot.commit(partition, [
      { op: "check", sort: SORT.tombstone, ifVersion: tombstone?.version ?? 0 },
      { op: "put", sort: SORT.consent, value: { v: 1, current }, ifVersion: stored?.version ?? 0 },
      current.revision > MAX_LINES
        ? { op: "put", sort: LATEST, value: entry, ifVersion: latest?.version ?? 0 }
        : { op: "put", sort: own, value: entry, ifVersion: 0 },
    ]);
    return status === "committed"
      ? { record: made, held: current, recordedAt: now, stored: true, receipt: receiptOf(partition, entry) }
      : null;
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

/** Tells every service that these visitors' decisions have changed. */
async function announce(
  context: ServiceContext,
  { site, visitors }: Pick<Subject, "site" | "visitors">,
): Promise<void> {
  for (const visitor of visitors) {
    context.visitors.forget(site, visitor);
    await notify(context, { about: "standing", site, visitor });
  }
}

/** What `recordConsent` works with. `receipt` names the decision, so that it is recorded once however often it is sent. */
export interface ConsentParts {
  policy: ConsentPolicy | null;
  gpc: boolean | undefined;
  receipt: string | undefined;
}

/**
 * Records a decision for the subject: for a user, with the user and every visitor linked to it, so that one read finds it. The user's comes
 * first, since events that name the user are narrowed by it from then on. A partition that cannot be written keeps no other one from its
 * refusal; then the call fails, and the same receipt sent again completes it.
 */
export async function recordConsent(
  context: ServiceContext,
  using: ConsentParts,
  subject: Subject,
  given: ConsentInput,
): Promise<Result<ConsentReceipt, Issue[]>> {
  const parsed = parseConsentInput(given);
  if (!parsed.ok) return parsed;
  const input = underGpc(parsed.value, using);
  // Whoever can name a visitor here must not reach the one that stands for a user or a session.
  if (subject.kind === "visitor" && isStandIn(subject.id)) return fail([STAND_IN]);
  if (using.receipt !== undefined && !RECEIPT.test(using.receipt)) return fail([BAD_RECEIPT]);
  const receipt = using.receipt ?? context.ids();
  const write = (partition: string): Promise<Written> =>
    record(context, partition, input, { policy: using.policy, receipt });
  // A bare text that no user is known by is a visitor's.
  const known =
    subject.kind === "visitor" ? { ...subject, user: null, visitors: subject.visitors.slice(0, 1) } : subject;
  const { site, user } = known;
  const own = user === null ? null : await write(userPartition(site, user));
  const done = new Set<string>();
  let first: Written | null = null;
  let stored = own?.stored === true;
  // Whoever was linked to the user meanwhile may not have met its decision yet.
  for (let left = known.visitors; left.length > 0; ) {
    const writing = mapBounded(left, WIDTH, (visitor) => write(visitorPartition(site, visitor)));
    const written = await writing.finally(() => announce(context, { site, visitors: left }));
    first ??= written[0] as Written;
    stored ||= written.some((one) => one.stored);
    for (const visitor of left) done.add(visitor);
    const now = user === null ? known : await resolveSubject(context, site, { userId: subject.id });
    left = now.visitors.filter((visitor) => !done.has(visitor));
  }
  const { record: made, held, recordedAt, receipt: signed } = first as Written;
  const at = new Date(recordedAt).toISOString();
  return ok({
    ...{ id: receipt, recordedAt: at, record: made, held, stored },
    receipt: (own?.receipt ?? signed) || null,
  });
}

/** One partition's decision and all that came before it, oldest first. */
export function storedConsentOf(
  partition: string,
  entry: ConsentEntry | null,
  lines: readonly ConsentLine[],
): StoredConsent | null {
  if (entry === null) return null;
  // Receipts that callers name are in no order.
  const inOrder = [...lines].sort((a, b) => a.recordedAt - b.recordedAt);
  return {
    current: entry.current,
    history: inOrder.map(({ record: made }) => made),
    receipts: inOrder.flatMap((line) => receiptOf(partition, line) ?? []),
  };
}

/** The latest decision of the subject, wherever it was made, and where. */
async function latestOf(
  { hot }: ServiceContext,
  subject: Subject,
): Promise<{ partition: string; entry: ConsentEntry } | null> {
  const partitions = partitionsOf(subject);
  const found = await hot.getMany<ConsentEntry>(
    partitions.map((partition) => ({ partition, sort: SORT.consent })),
  );
  let latest: { partition: string; entry: ConsentEntry } | null = null;
  found.forEach((record, i) => {
    const entry = record?.value;
    if (entry && (latest === null || entry.current.decidedAt > latest.entry.current.decidedAt))
      latest = { partition: partitions[i] as string, entry };
  });
  return latest;
}

/** The subject's latest decision alone: what came before it may be much. */
export const currentConsent = async (
  context: ServiceContext,
  subject: Subject,
): Promise<ConsentRecord | null> => (await latestOf(context, subject))?.entry.current ?? null;

/** The subject's latest decision, and all that came before it where it was made. */
export async function consentOf(context: ServiceContext, subject: Subject): Promise<StoredConsent | null> {
  const latest = await latestOf(context, subject);
  if (latest === null) return null;
  const { partition, entry } = latest;
  const lines: ConsentLine[] = [];
  for await (const { value } of context.hot.scan<ConsentLine>(partition, { prefix: SORT.consentHistory }))
    lines.push(value);
  return storedConsentOf(partition, entry, lines);
}
