import type { ConsentRecord } from "../../consent/types.js";
import type { AtomicStore, RecordKey, StoreRecord } from "../../ports/store.js";
import type { Traits } from "../fold/fold-visitor.js";
import { SORT, visitorPartition } from "../layout/partitions.js";
import type { ConsentEntry, TombstoneRecord, VisitorRecord } from "../layout/records.js";

/** What the door, decisions and the fold go by, with the versions of the records it was read from. Never changed: it is shared. */
export interface KnownVisitor {
  consent: ConsentRecord | null;
  /** 0: there is none. */
  consentVersion: number;
  record: VisitorRecord | null;
  /** The state's, and the traits' with it, since they change in the same commit; 0: there is none. */
  version: number;
  /** Null where there are none. */
  traits: Traits | null;
  /** Null unless the visitor was erased. */
  tombstone: TombstoneRecord | null;
  /** When state and traits are gone, epoch ms. */
  expiresAt: number;
}

/** Of somebody new; shared by all of them. */
export const NOBODY: KnownVisitor = {
  consent: null,
  tombstone: null,
  consentVersion: 0,
  record: null,
  version: 0,
  traits: null,
  expiresAt: Number.POSITIVE_INFINITY,
};

const SORTS = [SORT.state, SORT.consent, SORT.traits, SORT.tombstone];

/** What is to be read of a visitor. */
export const knownKeys = (partition: string): RecordKey[] => SORTS.map((sort) => ({ partition, sort }));

type Found = readonly (StoreRecord<never> | null | undefined)[];

/** From the records of {@link knownKeys}. */
export function knownFrom([state, consent, traits, tombstone]: Found): KnownVisitor {
  if (state == null && consent == null && traits == null && tombstone == null) return NOBODY;
  return {
    consent: (consent?.value as ConsentEntry | undefined)?.current ?? null,
    consentVersion: consent?.version ?? 0,
    tombstone: tombstone?.value ?? null,
    record: (state?.value as VisitorRecord | undefined) ?? null,
    version: state?.version ?? 0,
    // Those of an erased visitor may stand there until the erasure has come to them.
    traits: tombstone != null ? null : ((traits?.value as Traits | undefined) ?? null),
    expiresAt: Math.min(
      state?.expiresAt ?? Number.POSITIVE_INFINITY,
      traits?.expiresAt ?? Number.POSITIVE_INFINITY,
    ),
  };
}

/** Reads visitors in one round trip; in their order. */
export async function readKnown(
  hot: AtomicStore,
  site: string,
  visitors: readonly string[],
): Promise<KnownVisitor[]> {
  const keys = visitors.flatMap((visitor) => {
    return knownKeys(visitorPartition(site, visitor));
  });
  const records = await hot.getMany<never>(keys);
  return visitors.map((_, i) => knownFrom(records.slice(i * SORTS.length, (i + 1) * SORTS.length)));
}
